"""The sink `webhook`: calls as JSON, posted to an address of the user's."""

from tollbook.sinks.contract import SinkKind
from tollbook.sinks.webhook.options import Options
from tollbook.sinks.webhook.post import connect

SINK = SinkKind(
    title="Webhook (JSON over HTTP, signed)",
    options=Options,
    connect=connect,
    mirrors=False,
    overwrites=False,
)
