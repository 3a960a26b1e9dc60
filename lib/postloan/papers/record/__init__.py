"""The record inside a finished paper, and the rules for making a paper again over an edited one."""
