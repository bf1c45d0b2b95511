"""The delivery `mattermost`: messages to a channel, by an incoming webhook.

A post has 16,383 letters: https://developers.mattermost.com/integrate/webhooks/incoming/.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from tollbook.delivery.contract import DeliveryKind
from tollbook.delivery.posting import Poster, cut, shown
from tollbook.delivery.texts import HookAddress, Timeout, in_short
from tollbook.model.fence import Fence
from tollbook.model.message import DeliveryMessage
from tollbook.plugins import TEXT, Setting

_LONGEST = 16_000
_FENCE = re.compile(r"`{3,}")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~@-])")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The channel."""

    url: HookAddress
    channel: Annotated[
        str,
        Setting("another channel than that of the address, where the server allows it", TEXT, example="telephony"),
    ] = ""
    timeout: Timeout = 30.0


class MattermostChannel:
    """A channel at work."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options = options
        self._poster = Poster("Mattermost", options.timeout, fence)

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Write a message into the channel."""
        del recipient  # the address leads to one channel
        told = {"text": written(message), **({"channel": self._options.channel} if self._options.channel else {})}
        return shown(self._poster.post(self._options.url, told))

    def check(self) -> str:
        """Say nothing: only a message tells."""
        return ""

    def close(self) -> None:
        """Close the connection."""
        self._poster.close()


def written(message: DeliveryMessage) -> str:
    r"""Return a message in Markdown: its text stands in a block of code, where nothing is markup.

    >>> written(DeliveryMessage(key="1", subject="Calls *now*", text="@all ``` 12"))
    '**Calls \\*now\\***\n```\n@all  12\n```'
    """
    link = f"\n{message.link}" if message.link else ""
    bare = msgspec.structs.replace(message, link="")
    text = cut(_FENCE.sub("", in_short(bare)), _LONGEST - len(link) - 300)
    title = _MARKUP.sub(r"\\\1", cut(message.subject, 100))
    return f"**{title}**\n```\n{text}\n```{link}"


DELIVERY = DeliveryKind(title="Mattermost (incoming webhook)", options=Options, open=MattermostChannel)
