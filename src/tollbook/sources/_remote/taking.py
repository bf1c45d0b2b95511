"""Takes one file from a server: whole, from where the journal has it, and verified.

A file that was taken in part is gone on with from there, if its bytes before that place are still those of the journal;
otherwise it is taken anew, and the store knows the records it has. Text is handed on by whole lines, so that a transfer
that breaks off leaves no half record behind and can be gone on with. A file counts as taken when as many bytes came as
the server says it has, and the server says the same before and after.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from tollbook.model.body import Body, Ending
from tollbook.model.naming import shortly
from tollbook.model.problem import Unavailable
from tollbook.model.shape import ENOUGH, Shape, sniff
from tollbook.sources._remote.server import PIECE, ConnectionLost, RemoteFile, RemoteLook, Server
from tollbook.sources.contract import Began, Ended, Event, Past, Took
from tollbook.sources.files import LINE_ENDS, check_size, last_line_end

_COMPARED = 64 << 10
"""Bytes before the place where a file is gone on with that must be those of the journal."""


class _Another(Exception):
    """The file does not begin with what the journal has of it."""


class WantedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to take: its name in the journal, and whether it is `growing`, so that only whole lines are taken."""

    found: RemoteFile
    origin: str
    growing: bool
    largest_mb: int


class Taken:
    """What came of taking a file: `done` when all of it is in the journal, and how it looked last."""

    def __init__(self, found: RemoteFile) -> None:
        self.done = False
        self.look = found.look
        self.length = 0


async def take(wanted: WantedFile, server: Server, past: Past, taken: Taken) -> AsyncGenerator[Event, None]:
    """Yield what is new in a file; raises `Unavailable` when it cannot be had, after telling the journal."""
    body = await past.latest(wanted.origin)
    if _is_whole(body, wanted.found.look) or (body is None and not wanted.found.look.size):
        taken.done = True
        return
    now = await server.look(wanted.found.name)
    if now is None or not (wanted.growing or now.is_like(wanted.found.look)):
        taken.look = now or taken.look  # it is being written, or went: the next listing tells
        return
    check_size(wanted.found.name, now.size, wanted.largest_mb)
    kept = await _goes_on(body, now, past)
    if body and body.state == "open" and kept is None:
        yield Began(wanted.origin, body.id)
        yield Ended(Ending.CUT, "the file became another one before all of it was taken")
    try:
        async for event in _transfer(_Transfer(wanted, now, kept), server, past, taken):
            yield event
    except _Another:
        if kept and kept.state == "open":
            yield Began(wanted.origin, kept.id)
            yield Ended(Ending.CUT, "the file became another one before all of it was taken")
        async for event in _transfer(_Transfer(wanted, now, None), server, past, taken):
            yield event


def _is_whole(body: Body | None, look: RemoteLook) -> bool:
    return body is not None and body.state == Ending.COMPLETE and body.mark == look.mark


async def _goes_on(body: Body | None, look: RemoteLook, past: Past) -> Body | None:
    """Return the body if the file, as long as it is now, may go on where that ends."""
    if body is None or body.length > look.size:
        return None
    if body.state == "open" or (body.state == Ending.COMPLETE and body.length == look.size):
        return body
    head = await past.read(body.id, 0)
    last = await past.read(body.id, max(body.length - 1, 0))
    by_lines = sniff(head[:ENOUGH], ended=True) is Shape.TEXT and last[-1:] in LINE_ENDS
    return body if by_lines else None


class _Transfer:
    """One transfer: what is expected of it, and what has come."""

    def __init__(self, wanted: WantedFile, look: RemoteLook, body: Body | None) -> None:
        self.wanted, self.look, self.body = wanted, look, body
        self.start = body.length if body else 0
        self.overlap = b""
        self.received = self.start
        self.handed_on = self.start
        self.held = b""
        self.shape: Shape | None = None
        self.fault: Unavailable | None = None
        self.began = False

    @property
    def by_lines(self) -> bool:
        """Whether what has come can be cut at line ends."""
        return self.shape is Shape.TEXT

    async def recall(self, past: Past) -> None:
        """Fetch from the journal what the file's bytes are compared with, and what shape they have."""
        if self.body is None or not self.start:
            return
        self.shape = sniff((await past.read(self.body.id, 0))[:ENOUGH], ended=False)
        at = max(self.start - _COMPARED, 0)
        while at + len(self.overlap) < self.start:
            piece = await past.read(self.body.id, at + len(self.overlap))
            if not piece:
                break
            self.overlap += piece
        self.overlap = self.overlap[: self.start - at]

    def feed(self, data: bytes) -> bytes:
        """Return what can be handed on; raises `_Another` where the file is not the one the journal has."""
        if self.overlap:
            common = min(len(self.overlap), len(data))
            if data[:common] != self.overlap[:common]:
                raise _Another
            self.overlap, data = self.overlap[common:], data[common:]
        self.received += len(data)
        self.held += data
        if self.shape is None:
            self.shape = sniff(self.held, ended=False)
        return self._let_go()

    def _let_go(self) -> bytes:
        if self.shape is None or (self.wanted.growing and not self.by_lines):
            return b""
        end = last_line_end(self.held) if self.by_lines else len(self.held)
        if not end and len(self.held) >= PIECE:
            end = len(self.held)  # a line longer than any record
        ready, self.held = self.held[:end], self.held[end:]
        return ready

    @property
    def unfit(self) -> bool:
        """Whether a growing file turns out to be one that can be taken only when whole."""
        return self.wanted.growing and self.shape is not None and not self.by_lines

    def rest(self) -> bytes:
        """Return what was held back, once the file is whole."""
        held, self.held = self.held, b""
        return held

    def said(self, data: bytes) -> list[Event]:
        """Return the events that hand bytes on."""
        self.handed_on += len(data)
        events: list[Event] = [] if self.began else [Began(self.wanted.origin, self.body.id if self.body else None)]
        self.began = True
        return [*events, Took(data)]


async def _transfer(one: _Transfer, server: Server, past: Past, taken: Taken) -> AsyncGenerator[Event, None]:
    """Yield what comes, and the end it comes to."""
    await one.recall(past)
    name = one.wanted.found.name
    if one.look.size or one.start:
        async with aclosing(server.read(name, one.start - len(one.overlap))) as pieces:
            async for event in _pieces(one, pieces):
                yield event
    if one.unfit:
        return
    if one.overlap and one.fault is None:
        raise _Another  # it ends before the place that the journal has come to
    after = await _look_after(one, server)
    whole = after is not None and after.is_like(one.look) and one.received == one.look.size
    rest = one.rest() if whole and not one.wanted.growing else b""
    for event in one.said(rest) if rest else []:
        yield event
    for event in _ended(one, after, whole=whole):
        yield event
    taken.done = whole and not one.wanted.growing
    taken.look = after or one.look
    taken.length = one.handed_on - one.start
    if one.fault:
        raise one.fault


async def _pieces(one: _Transfer, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[Event, None]:
    most = one.wanted.largest_mb << 20
    try:
        async for data in pieces:
            ready = one.feed(data)
            for event in one.said(ready) if ready else []:
                yield event
            if one.unfit:
                return
            if one.received > most:
                message = f"{shortly(one.wanted.found.name)} goes on beyond the {most >> 20} MB of 'largest'"
                one.fault = Unavailable(message, permanent=True)
                return
    except Unavailable as fault:
        one.fault = fault


async def _look_after(one: _Transfer, server: Server) -> RemoteLook | None:
    """Return how the file looks after its transfer; notes what is wrong where nothing has changed meanwhile."""
    if one.fault:
        return None
    try:
        after = await server.look(one.wanted.found.name)
    except ConnectionLost as fault:
        one.fault = fault
        return None
    if after is not None and after.is_like(one.look) and one.received != one.look.size:
        message = (
            f"{one.received} bytes came of {shortly(one.wanted.found.name)}, which has {one.look.size} by the server's "
            "account; it is taken again"
        )
        one.fault = Unavailable(message)
    return after


def _ended(one: _Transfer, after: RemoteLook | None, *, whole: bool) -> list[Event]:
    """Return how the body ends, where one began or an earlier one can be closed."""
    origin, body = one.wanted.origin, one.body
    opening: list[Event] = [] if one.began or body is None else [Began(origin, body.id)]
    if not one.began and not (body and whole):
        return []
    if whole and one.handed_on == one.look.size:
        return [*opening, Ended(Ending.COMPLETE, mark=one.look.mark)]
    if one.fault is None and one.by_lines and after is not None and after.size >= one.received:
        return [*opening, Ended(Ending.COMPLETE, mark=f"{one.handed_on}:growing")]
    reason = str(one.fault) if one.fault else "the file changed while it was being taken"
    return [*opening, Ended(Ending.CUT, reason)]
