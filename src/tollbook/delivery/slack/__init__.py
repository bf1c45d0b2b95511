"""The delivery `slack`: messages to a channel, by an incoming webhook.

Incoming webhooks take text and no files: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/.
"""

from __future__ import annotations

import msgspec

from tollbook.delivery.contract import DeliveryKind
from tollbook.delivery.posting import Poster, cut, shown
from tollbook.delivery.texts import HookAddress, Timeout, in_short
from tollbook.model.fence import Fence
from tollbook.model.message import DeliveryMessage

_LONGEST_TITLE, _LONGEST_BLOCK = 150, 2900
"""A heading takes 150 letters, a block 3000, markup among them."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The channel."""

    url: HookAddress
    timeout: Timeout = 30.0


class SlackChannel:
    """A channel at work."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._url = options.url
        self._poster = Poster("Slack", options.timeout, fence)

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Write a message into the channel."""
        del recipient  # the address leads to one channel
        return shown(self._poster.post(self._url, written(message)))

    def check(self) -> str:
        """Say nothing: only a message tells."""
        return ""

    def close(self) -> None:
        """Close the connection."""
        self._poster.close()


def written(message: DeliveryMessage) -> dict[str, object]:
    """Return a message as Slack takes it; the three signs of its markup are spelled out, so that nothing is one."""
    text = cut(in_short(message), _LONGEST_BLOCK, message.link)
    return {
        "text": cut(_plain(message.subject), _LONGEST_BLOCK),
        "unfurl_links": False,
        "blocks": [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": cut(message.subject, _LONGEST_TITLE) or "Tollbook"},
            },
            {"type": "section", "text": {"type": "plain_text", "text": text or "Tollbook"}},
        ],
    }


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


DELIVERY = DeliveryKind(title="Slack (incoming webhook)", options=Options, open=SlackChannel)
