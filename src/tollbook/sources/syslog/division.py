r"""Messages in a TCP stream (RFC 6587): each behind its length, or each ended by a line feed.

Which it is, is decided anew for each message, as records begin with digits too: a number is a length only if a blank
and a priority stand behind it (`123 <134>`), and if it is within limits. So a connection that counts goes on counting
until what comes is no count, and is divided by line feeds from there.

What always holds: any cut of the stream gives the same messages, but for a line that is longer than the limit, which
is handed on in parts as it comes; and no more than a message waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tollbook.model.limits import SYSLOG_MESSAGE

_COUNT = re.compile(rb"([1-9]\d{0,4}) (?=<\d{1,3}>)")
_MAY_BE_COUNT = re.compile(rb"[1-9]\d{0,4}(?: (?:<(?:\d{1,3})?)?)?\Z")
_ENDS = b"\n\r\0"


class MessagePart(msgspec.Struct, frozen=True):
    """Some of a message: whether it is its beginning, and whether it is its end."""

    data: bytes
    begins: bool = True
    ends: bool = True


class MessageDivision:
    r"""Divides one connection's stream.

    >>> [part.data for part in MessageDivision().feed(b"8 <134>ab\n<134>cd\n15 063\n")]
    [b'<134>ab\n', b'<134>cd', b'15 063']
    """

    def __init__(self) -> None:
        self._held = b""
        self._within = False
        """Whether the beginning of a line that is too long has been handed on."""

    @property
    def counted(self) -> bool:
        """Whether a message of a known length has come in part."""
        return bool(not self._within and _COUNT.match(self._held))

    def feed(self, data: bytes) -> Iterator[MessagePart]:
        """Yield the messages that `data` completes."""
        held, place = self._held + data, 0
        while (found := self._next(held, place)) is not None:
            part, place = found
            if part.data or not part.begins:
                yield part
        self._held = held[place:]

    def end(self) -> Iterator[MessagePart]:
        """Yield what is left, which nothing ended."""
        held, self._held = self._held, b""
        count = _COUNT.match(held) if not self._within else None
        held = held[count.end() :] if count else held
        if held:
            yield MessagePart(held, begins=not self._within, ends=False)

    def _next(self, held: bytes, place: int) -> tuple[MessagePart, int] | None:
        """Return the next part and where it ends, None while it has not come to its end."""
        if not self._within:
            while place < len(held) and held[place] in _ENDS:
                place += 1
            head = held[place : place + 16]
            count = _COUNT.match(head)
            if count and int(count[1]) <= SYSLOG_MESSAGE:
                start = place + count.end()
                end = start + int(count[1])
                return (MessagePart(held[start:end]), end) if end <= len(held) else None
            if not head or (_MAY_BE_COUNT.match(head) and place + len(head) == len(held)):
                return None
        return self._line(held, place)

    def _line(self, held: bytes, place: int) -> tuple[MessagePart, int] | None:
        begins, end = not self._within, held.find(b"\n", place)
        if end >= 0:
            self._within = False
            return MessagePart(held[place:end], begins=begins), end + 1
        if place < len(held) and (self._within or len(held) - place > SYSLOG_MESSAGE):
            self._within = True
            return MessagePart(held[place:], begins=begins, ends=False), len(held)
        return None
