"""The record inside a finished paper: its figures, whose they are, what they were made from, and the paper made again over it."""
