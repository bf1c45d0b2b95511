"""The report budget-actual."""
