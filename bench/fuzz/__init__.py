"""Hostile lines for every dialect of the catalogue: nothing raises, and time and memory are bounded."""
