"""The sink `clickhouse`: calls of one site or of many, in one table of ClickHouse."""

from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.table import connect
from tollbook.sinks.contract import SinkKind

SINK = SinkKind(
    title="ClickHouse (one table for many sites)",
    options=Options,
    connect=connect,
    mirrors=False,
    overwrites=True,
)
