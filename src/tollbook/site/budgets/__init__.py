"""Budgets of a site, and which of their states were reached when."""
