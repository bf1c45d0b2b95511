"""Looks after a site: checks, metrics, exports, and files that were damaged or restored."""
