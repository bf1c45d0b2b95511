"""What a kind of delivery and the engine say to each other.

The engine hands a kind one message for one recipient at a time and notes it as sent once `send` has returned: so `send`
returns in the moment in which the other side has taken it, and does nothing after that. After a crash in between the
same message comes again with the same key, by which the other side can know it. A kind neither retries nor logs; it
raises `Unavailable` where the outside fails, `MessageRefused` where this message or recipient is not taken at all. It
runs on a thread of its own and may block there, within its own time limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from tollbook.model.fence import Fence
from tollbook.model.message import DeliveryMessage
from tollbook.model.problem import Problem


class MessageRefused(Exception):
    """The other side takes this message, or this recipient, neither now nor later; the text says why."""


class NotNow(Exception):
    """The other side takes this message to this recipient later, and others meanwhile; the text says why."""


class Messenger(Protocol):
    """A destination at work: not connected before it is needed."""

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Hand a message on, whole; return what the other side said to it."""

    def check(self) -> str:
        """Reach the other side without handing it a message that it keeps for people; return what was found."""

    def close(self) -> None:
        """Let everything go."""


class DeliveryKind(msgspec.Struct, frozen=True, kw_only=True):
    """All about a kind of delivery: the value `DELIVERY` of its package.

    One that is `addressed` is told to whom, which `recipient_fault` looks at; others say that in their settings.
    `carries_files` says whether files of a message arrive; where they do not, its text says where they are. `check`
    finds what no single option can say.
    """

    title: str
    options: type[msgspec.Struct]
    open: Opened
    addressed: bool = False
    carries_files: bool = False
    recipient_fault: Callable[[str], str] = lambda _: ""
    check: Callable[[Any], list[Problem]] = lambda _: []


class Opened(Protocol):
    """What a destination of a kind is opened by."""

    def __call__(self, options: Any, fence: Fence) -> Messenger:  # noqa: ANN401 - each kind has its own options
        """Return the destination, not connected yet."""
