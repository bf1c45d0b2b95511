"""Follows the changes of the ledger for whoever acts on them: a sink; alerts, budgets and missed calls likewise."""
