"""Reads records by a layout: bytes into cells, cells into values, values into calls."""
