"""Asking, and taking what comes: every byte of an answer goes on before it is judged.

The connection is read to its end even past what `Content-Length` says, and an answer without a status line is taken
as text, since the PBX has cleared its file whatever it then sent.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from http import HTTPStatus
from socket import AF_UNIX, SOCK_STREAM, socket
from urllib.parse import urlsplit

import h11

from tollbook.clock import monotonic_s
from tollbook.gate import aside
from tollbook.model.fence import Fence
from tollbook.model.problem import Unavailable
from tollbook.sources._http.connection import PollConnection, connect
from tollbook.sources.common import reason_of
from tollbook.sources.contract import Answered, Asking, Began, Ended, Event, Surroundings, Took
from tollbook.sources.http_poll.login import PollLogin
from tollbook.sources.http_poll.options import Options
from tollbook.sources.http_poll.verdict import PollAnswer, judge

_WHOLE = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED)
"""States of the other side in which its answer is over; which one depends on whether it says `Connection: close`."""
_SURPLUS_WAIT_S = 0.5
"""How long to wait for bytes after an answer that is complete by its own account."""
_STATUS_LINE = b"HTTP/"


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Ask at the interval, for ever."""
    login = PollLogin(options, await aside(options.secret, around.fence))
    with _only_poller(options):
        while True:
            started = monotonic_s()
            async with aclosing(_ask(options, login, around.fence)) as events:
                async for event in events:
                    yield event
            await around.pause(max(options.interval - (monotonic_s() - started), 0.0))


@contextmanager
def _only_poller(options: Options) -> Iterator[None]:
    """Hold the PBX's address on this machine: a second reader would take records that the first never sees.

    What is held is a name in the kernel. It goes with its process, and lies in no folder that others may write to.
    """
    try:
        held = _hold(_address(options))
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            message = "another Tollbook on this machine asks this PBX already; two readers would each lose records"
            raise Unavailable(message, permanent=True) from None
        message = f"it cannot be told whether another Tollbook asks this PBX, so it is not asked: {reason_of(fault)}"
        raise Unavailable(message) from fault
    with held:
        yield


def _hold(address: str) -> socket:
    """Return the holder of a name that one socket on this machine may have; raises OSError."""
    held = socket(AF_UNIX, SOCK_STREAM)
    try:
        held.bind(b"\0tollbook-asks-" + hashlib.sha256(address.encode()).hexdigest().encode())
    except OSError:
        held.close()
        raise
    return held


def _address(options: Options) -> str:
    """Return what a PBX is asked at, the same however it is spelled."""
    parts = urlsplit(options.url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}:{port}{parts.path or '/'}"


async def _ask(options: Options, login: PollLogin, fence: Fence) -> AsyncGenerator[Event, None]:
    """Ask once; a digest challenge, which clears nothing, is answered once."""
    yield Asking()
    answer = PollAnswer(options.auth)
    async with aclosing(_exchange(options, login, answer, fence)) as events:
        async for event in events:
            yield event
    if answer.status == HTTPStatus.UNAUTHORIZED and login.answers(options.url, answer.headers):
        answer = PollAnswer(options.auth)
        async with aclosing(_exchange(options, login, answer, fence)) as events:
            async for event in events:
                yield event
    fault = judge(answer)
    if fault:
        raise fault
    yield Answered(answer.message, answer.took_s)


async def _exchange(
    options: Options,
    login: PollLogin,
    answer: PollAnswer,
    fence: Fence,
) -> AsyncGenerator[Event, None]:
    """Send one request and yield what comes back; the page that goes with a digest challenge is no answer."""
    address = urlsplit(options.url)
    started = monotonic_s()
    connection = await connect(address, options, fence)
    began = False
    try:
        _send(connection, options, login)
        async with aclosing(_pieces(connection, answer, options.largest << 20)) as pieces:
            async for data in pieces:
                if options.auth == "digest" and answer.status == HTTPStatus.UNAUTHORIZED:
                    continue
                if not began:
                    began = True
                    yield Began(f"{address.scheme}://{address.hostname}{address.path}")
                yield Took(data)
    except (OSError, TimeoutError) as fault:
        answer.broke(fault)
    finally:
        await connection.close()
    answer.took_s = monotonic_s() - started
    if began:
        yield Ended(answer.ending, answer.reason)


def _send(connection: PollConnection, options: Options, login: PollLogin) -> None:
    address = urlsplit(options.url)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    host = address.netloc.rpartition("@")[2]
    headers = [("Host", host), ("Accept", "*/*"), ("User-Agent", "Tollbook"), ("Connection", "close")]
    request = h11.Request(method="GET", target=login.target(target), headers=headers + login.headers(options.url))
    connection.send(h11.Connection(h11.CLIENT).send(request) or b"")


async def _pieces(connection: PollConnection, answer: PollAnswer, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the answer's body as it arrives, to the end of the connection."""
    reading = _AnswerReading(answer)
    while True:
        try:
            data = await connection.receive(_SURPLUS_WAIT_S if reading.complete else None)
        except (OSError, TimeoutError):
            if reading.held:
                answer.note(reading.held)
                yield reading.held
            if reading.complete:
                return
            raise
        piece = reading.take(data)
        if piece:
            answer.note(piece)
            yield piece
        if not data:
            return
        if answer.length > most:
            answer.stop(f"the answer is over {most >> 20} MB; what is over was not taken")
            return


class _AnswerReading:
    """Takes an answer out of HTTP; what is no HTTP, or breaks it, is taken as it stands. No byte is given twice."""

    def __init__(self, answer: PollAnswer) -> None:
        self._answer = answer
        self._parser = h11.Connection(h11.CLIENT)
        self._parser.send(h11.Request(method="GET", target="/", headers=[("Host", "pbx")]))
        self._parser.send(h11.EndOfMessage())
        self.held = b""
        """What came before a status line and headers were whole."""

    @property
    def complete(self) -> bool:
        """Whether the answer is whole by its own account."""
        return self._parser.their_state in _WHOLE

    def take(self, data: bytes) -> bytes:
        """Return the body's bytes in `data`; no data is the end of the connection."""
        if self.complete or self._answer.unparsable:
            return data
        if self._answer.status is None:
            self.held += data
            if not self.held.startswith(_STATUS_LINE[: len(self.held)]):
                self._answer.unparsable = True
                return self._let_go()
        return self._parsed(data)

    def _parsed(self, data: bytes) -> bytes:
        found: list[bytes] = []
        self._parser.receive_data(data)
        while True:
            rest = self._parser.trailing_data[0]
            try:
                event = self._parser.next_event()
            except h11.RemoteProtocolError as fault:
                return b"".join(found) + self._beyond_protocol(fault, rest, ended=not data)
            if isinstance(event, h11.Response):
                self._begin(event)
            elif isinstance(event, h11.Data):
                found.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._answer.complete = True
                return b"".join([*found, self._parser.trailing_data[0]])
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return b"".join(found)

    def _begin(self, event: h11.Response) -> None:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers]
        self._answer.begin(event.status_code, headers)
        self.held = b""

    def _beyond_protocol(self, fault: h11.RemoteProtocolError, rest: bytes, *, ended: bool) -> bytes:
        self._answer.unparsable = True
        if ended and (self._answer.status is not None or self.held):
            self._answer.stop(f"the connection ended in the middle of the answer ({fault})")
        elif not ended:
            self._answer.stop(f"the answer breaks HTTP ({fault}); everything after that is kept as it came")
        if self._answer.status is None:
            return self._let_go()
        return b"" if ended else rest

    def _let_go(self) -> bytes:
        held, self.held = self.held, b""
        return held
