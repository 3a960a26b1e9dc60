"""Papers that come back: what people wrote into them is collected as rows of the input tables."""

SIGN_OFFS = "signoffs.csv"
"""The register of sign-offs in the output folder."""
