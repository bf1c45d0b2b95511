"""Settings in PostgreSQL, kept as SQLite keeps them: the same texts, the same numbers, one writer at a time."""
