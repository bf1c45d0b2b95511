"""The sink `file`: calls as CSV, JSON lines or Parquet, a file a day or month."""

from tollbook.sinks.file.folder import connect
from tollbook.sinks.file.options import Options

MIRRORS = True
OVERWRITES = True
TITLE = "Files (CSV, JSON lines, Parquet), one a day or month"

__all__ = ["MIRRORS", "OVERWRITES", "TITLE", "Options", "connect"]
