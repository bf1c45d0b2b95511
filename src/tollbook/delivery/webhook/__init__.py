"""The delivery `webhook`: messages as JSON, posted to an address of the user's, signed as calls are."""

from tollbook.delivery.contract import DeliveryKind
from tollbook.delivery.webhook.options import Options
from tollbook.delivery.webhook.posting import open_webhook

DELIVERY = DeliveryKind(
    title="Webhook (JSON over HTTP, signed)",
    options=Options,
    open=open_webhook,
    carries_files=True,
)
