"""The values that travel between stages. Imports nothing of ours and touches nothing outside."""
