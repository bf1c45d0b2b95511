"""The report all-trunks-busy."""
