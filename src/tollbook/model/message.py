"""A message to people or programs, where it goes, and how its way there is.

A message is complete when it is made: whoever sends it asks nobody for anything. Its `key` is the same whenever the
same message is made again, so that it is stored, and sent, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from tollbook.model.health import State


class MessageFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a message carries: its name, its media type such as `text/csv`, and its bytes."""

    name: str
    type: str
    content: bytes


class MessageImage(msgspec.Struct, frozen=True, kw_only=True):
    """A picture (PNG) that the HTML of a message shows as `cid:<name>`; `said` is what it says, in words."""

    name: str
    content: bytes
    said: str = ""


class DeliveryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: `text` always, `html` where it has a nicer form. `link` leads to the same in Tollbook.

    `topic` is what it belongs to, such as a schedule; `unsubscribe` has the address at which a recipient leaves it, by
    recipient.
    """

    key: str
    subject: str
    text: str
    html: str = ""
    images: tuple[MessageImage, ...] = ()
    files: tuple[MessageFile, ...] = ()
    link: str = ""
    topic: str = ""
    unsubscribe: Mapping[str, str] = {}

    @property
    def size(self) -> int:
        """Its bytes, near enough for a limit."""
        contents = [each.content for each in self.images] + [each.content for each in self.files]
        return len(self.text.encode()) + len(self.html.encode()) + sum(map(len, contents))


class MessageDestination(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages go, as it was set up once: `kind` is a folder of `delivery`, `settings` texts by option name."""

    name: str
    kind: str
    settings: dict[str, str] = {}
    paused: bool = False


class MessageState(StrEnum):
    """How the way of a message to one recipient is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given up"
    CANCELLED = "cancelled"


class OutboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way to one recipient. Instants are UTC, ISO 8601 with `Z`, empty where there was none yet.

    `recipient` is empty where the destination says all. `reason` is what was answered last.
    """

    number: int
    message: str
    subject: str
    topic: str
    destination: str
    recipient: str
    state: MessageState
    tries: int
    reason: str
    made_at: str
    next_at: str
    sent_at: str
    size: int


class DestinationHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a destination is doing: since when (UTC, ISO 8601 with `Z`), in a sentence, and what was counted of it."""

    destination: str
    kind: str
    state: State
    message: str
    since: str
    waiting: int = 0
    sent: int = 0
    refused: int = 0
    last_error: str = ""
