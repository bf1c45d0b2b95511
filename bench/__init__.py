"""Measures Tollbook beside its peers in one run, and prints tables: `make bench`."""
