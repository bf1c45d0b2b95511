"""The report trunk-sizing."""
