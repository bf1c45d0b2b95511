"""The sink `sql`: a table in a database of the user's."""

from tollbook.sinks.contract import SinkKind
from tollbook.sinks.sql.options import Options
from tollbook.sinks.sql.table import connect

SINK = SinkKind(
    title="Database table (PostgreSQL, MariaDB, MySQL, SQLite, SQL Server, Oracle)",
    options=Options,
    connect=connect,
    mirrors=False,
    overwrites=True,
)
