"""SQL that people write themselves: looked at as a tree, and asked in a database that holds nothing else."""
