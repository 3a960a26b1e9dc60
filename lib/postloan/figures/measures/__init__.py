"""The measures of every bank: the customers in scope, and the score."""
