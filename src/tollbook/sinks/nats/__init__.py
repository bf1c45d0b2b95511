"""The sink `nats`: calls to ClickHouse by way of a NATS server, where `tollbook load` takes them."""

from tollbook.sinks.contract import SinkKind
from tollbook.sinks.nats.options import Options
from tollbook.sinks.nats.publishing import connect

SINK = SinkKind(
    title="NATS (on to ClickHouse, by tollbook load)",
    options=Options,
    connect=connect,
    mirrors=False,
    overwrites=True,
)
