"""Share of receipts and share of credit (回款份额与用信份额)."""

from decimal import Decimal

from postloan.figures.measure import measure


@measure("ratio", "用信份额", grains=("bank", "unit", "customer"))
def credit_share(used_here: Decimal, used_all_banks: Decimal) -> Decimal:
    """Credit used here out of credit used at all banks, over customers whose inflow at all banks is known too.

    Formula: used_here / used_all_banks
    Source: 资金回笼份额不低于授信份额
    """
    return used_here / used_all_banks


@measure("ratio", "回款份额与用信份额之差", grains=("bank", "unit", "customer"), difference=True)
def share_gap(share_receipts: Decimal, share_inflow: Decimal, used_here: Decimal, used_all_banks: Decimal) -> Decimal:
    """Share of receipts less share of credit, over the same customers; said in percentage points (百分点).

    Formula: share_receipts / share_inflow - used_here / used_all_banks
    Source: 资金回笼份额不低于授信份额
    """
    return share_receipts / share_inflow - used_here / used_all_banks
