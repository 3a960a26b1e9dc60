"""`python -m postloan`."""

from postloan.cli.main import main

main()
