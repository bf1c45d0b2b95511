"""The delivery `teams`: messages to a channel of Microsoft Teams, by a workflow of Power Automate.

The workflow "Post to a channel when a webhook request is received" takes an adaptive card; a message has 28 KB:
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
"""

from __future__ import annotations

import re

import msgspec

from tollbook.delivery.contract import DeliveryKind
from tollbook.delivery.posting import Poster, cut, shown
from tollbook.delivery.texts import HookAddress, Timeout, in_short
from tollbook.model.fence import Fence
from tollbook.model.message import DeliveryMessage

_LONGEST = 6_000
"""Letters of a card's text: what JSON and UTF-8 make of them stays below 28 KB."""
_LINK = re.compile(r"[\[\]]")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The channel."""

    url: HookAddress
    timeout: Timeout = 30.0


class TeamsChannel:
    """A channel at work."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._url = options.url
        self._poster = Poster("Teams", options.timeout, fence)

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
    """Return a message as an adaptive card; square brackets, which make links of texts, become round ones."""
    bare = msgspec.structs.replace(message, link="")
    text = cut(in_short(bare), _LONGEST)
    body: list[dict[str, object]] = [
        {"type": "TextBlock", "text": _inert(message.subject), "weight": "Bolder", "size": "Medium", "wrap": True},
        *(
            {"type": "TextBlock", "text": _inert(part), "wrap": True, "fontType": "Monospace", "spacing": "Small"}
            for part in text.split("\n\n")
            if part.strip()
        ),
    ]
    actions = [{"type": "Action.OpenUrl", "title": "Open in Tollbook", "url": message.link}] if message.link else []
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _inert(text: str) -> str:
    return _LINK.sub(lambda found: "(" if found.group() == "[" else ")", text).replace("\n", "\n\n")


DELIVERY = DeliveryKind(title="Microsoft Teams (workflow)", options=Options, open=TeamsChannel)
