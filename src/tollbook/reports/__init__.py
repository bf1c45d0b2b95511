"""Reports: dimensions and measures, what is made of them, and the catalogue."""
