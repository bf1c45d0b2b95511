"""The sink `sql`: a table in a database of the user's."""

from tollbook.sinks.sql.options import Options
from tollbook.sinks.sql.table import connect

MIRRORS = False
OVERWRITES = True
TITLE = "Database table (PostgreSQL, MariaDB, MySQL, SQLite, SQL Server, Oracle)"

__all__ = ["MIRRORS", "OVERWRITES", "TITLE", "Options", "connect"]
