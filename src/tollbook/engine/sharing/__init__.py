"""Formats passed on from site to site: a folder as one file, looked through before it leaves and before it comes in."""
