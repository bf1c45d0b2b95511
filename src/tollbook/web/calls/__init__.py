"""Calls: the list, one call, downloads, the live feed."""
