"""The sink `file`: calls as CSV, JSON lines or Parquet, a file a day or month."""

from tollbook.sinks.contract import SinkKind
from tollbook.sinks.file.folder import connect
from tollbook.sinks.file.options import Options

SINK = SinkKind(
    title="Files (CSV, JSON lines, Parquet), one a day or month",
    options=Options,
    connect=connect,
    mirrors=True,
    overwrites=True,
)
