"""Calls, rejects and progress in DuckDB: a pure function of the journal and the site's settings, made again at will."""
