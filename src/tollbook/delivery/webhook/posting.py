"""Posts a message as JSON: `{"message": key, "subject": …, "text": …, "html": …, "link": …, "files": […]}`.

`Idempotency-Key` is the message's key, by which a receiver knows one that comes again. The signature is that of the
sink `webhook`.
"""

from __future__ import annotations

import base64

import msgspec

from tollbook import clock
from tollbook.delivery.posting import JSON, Poster, shown
from tollbook.delivery.webhook.options import Options
from tollbook.model.fence import Fence
from tollbook.model.message import DeliveryMessage
from tollbook.sinks.webhook.post import signature


class WebhookCarrier:
    """An address at work."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options = options
        self._poster = Poster("the webhook", options.timeout, fence)

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Post a message; return what was answered."""
        content = written(message, recipient, with_files=self._options.files == "yes")
        headers = {"Content-Type": JSON, "Idempotency-Key": message.key}
        if self._options.token:
            headers["Authorization"] = f"Bearer {self._options.token}"
        if self._options.key:
            at = clock.now_us() // 1_000_000
            headers["Tollbook-Signature"] = f"t={at},v1={signature(self._options.key, at, content)}"
        return shown(self._poster.ask("POST", self._options.url, content, headers))

    def check(self) -> str:
        """Say nothing: only a message tells."""
        return ""

    def close(self) -> None:
        """Close the connection."""
        self._poster.close()


def written(message: DeliveryMessage, recipient: str, *, with_files: bool) -> bytes:
    """Return a message as it is posted."""
    told: dict[str, object] = {
        "message": message.key,
        "topic": message.topic,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "link": message.link,
        "recipient": recipient,
        "files": [],
    }
    if with_files:
        images = [(f"{each.name}.png", "image/png", each.content) for each in message.images]
        files = [(each.name, each.type, each.content) for each in message.files]
        told["files"] = [
            {"name": name, "type": type_, "content": base64.b64encode(content).decode("ascii")}
            for name, type_, content in (*images, *files)
        ]
    return msgspec.json.encode(told)


def open_webhook(options: Options, fence: Fence) -> WebhookCarrier:
    """Return the address, not connected yet."""
    return WebhookCarrier(options, fence)
