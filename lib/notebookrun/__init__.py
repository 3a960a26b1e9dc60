"""notebookrun: notebooks with checked parameters, run in workers or kernels, many at a time, with a record that tells the truth."""
