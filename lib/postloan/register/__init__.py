"""Papers that come back: what people wrote into them is collected as rows of the input tables."""
