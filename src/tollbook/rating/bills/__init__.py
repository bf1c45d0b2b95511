"""A carrier's bill of single calls, checked against calls of ours.

Its rows are read (`reading`), where what the file does not say is asked and never guessed. Each billed call is laid
beside the one of ours that it is (`matching`), and what differs is told apart and added up (`checking`).
"""
