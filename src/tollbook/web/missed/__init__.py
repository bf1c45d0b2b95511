"""Missed calls as a list to be worked off: one lost caller is one entry."""
