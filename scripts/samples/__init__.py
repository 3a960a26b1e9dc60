"""The program that makes `data_samples/`: invented packages of tables, the same bytes every time."""
