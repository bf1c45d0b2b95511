"""The sink `webhook`: calls as JSON, posted to an address of the user's."""

from tollbook.sinks.webhook.options import Options
from tollbook.sinks.webhook.post import connect

MIRRORS = False
OVERWRITES = False
TITLE = "Webhook (JSON over HTTP, signed)"

__all__ = ["MIRRORS", "OVERWRITES", "TITLE", "Options", "connect"]
