"""Budgets: how they stand, and setting them up."""
