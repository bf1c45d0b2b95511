"""Tariffs, to whom they are assigned, and what calls cost by them."""
