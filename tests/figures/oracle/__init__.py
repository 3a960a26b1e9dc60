"""A second, independent reading of the contract, written without sight of the program's own measures and rules."""
