"""The report lines-in-use."""
