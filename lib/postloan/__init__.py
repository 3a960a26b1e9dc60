"""postloan: a bank's post-loan reporting (贷后管理), from the exports of the credit system to papers one can sign."""

__version__ = "0.2.0"
