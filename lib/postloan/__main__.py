"""`python -m postloan`."""

from postloan.cli import main

main()
