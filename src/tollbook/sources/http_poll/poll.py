"""Asking, and taking what comes: every byte of an answer goes on before it is judged.

The connection is read to its end even past what `Content-Length` says, and an answer without a status line is taken
as text, since the PBX has cleared its file whatever it then sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import h11
from filelock import FileLock, Timeout

from tollbook.clock import monotonic_s
from tollbook.model.body import Ending
from tollbook.model.problem import Unavailable
from tollbook.sources.contract import Answered, Asking, Began, Ended, Event, Surroundings, Took
from tollbook.sources.http_poll.connection import Connection, connect
from tollbook.sources.http_poll.login import Login
from tollbook.sources.http_poll.options import Options
from tollbook.sources.http_poll.verdict import Answer, judge

_SURPLUS_WAIT_S = 0.5
"""How long to wait for bytes after an answer that is complete by its own account."""


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Ask at the interval, for ever."""
    try:
        login = Login(options, await asyncio.to_thread(options.secret))
    except OSError as fault:
        message = f"the password file cannot be read: {fault.strerror}"
        raise Unavailable(message, permanent=True) from fault
    with _only_poller(options):
        while True:
            started = monotonic_s()
            async with aclosing(_ask(options, login)) as events:
                async for event in events:
                    yield event
            await around.pause(max(options.interval - (monotonic_s() - started), 0.0))


@contextmanager
def _only_poller(options: Options) -> Iterator[None]:
    """Lock the PBX's address on this machine: a second reader would take records that the first never sees."""
    place = Path(tempfile.gettempdir()) / "tollbook-pollers"
    place.mkdir(exist_ok=True)
    with suppress(OSError):
        place.chmod(0o1777)
    parts = urlsplit(options.url)
    key = hashlib.sha256(f"{parts.scheme}://{parts.netloc}{parts.path}".encode()).hexdigest()[:32]
    lock = FileLock(place / f"{key}.lock", timeout=0, mode=0o666)
    try:
        lock.acquire()
    except (Timeout, OSError):
        message = "another Tollbook on this machine asks this PBX already; two readers would each lose records"
        raise Unavailable(message, permanent=True) from None
    try:
        yield
    finally:
        lock.release()


async def _ask(options: Options, login: Login) -> AsyncGenerator[Event, None]:
    """Ask once; a digest challenge, which clears nothing, is answered once."""
    yield Asking()
    answer = Answer()
    async with aclosing(_exchange(options, login, answer)) as events:
        async for event in events:
            yield event
    if answer.status == HTTPStatus.UNAUTHORIZED and login.answers(options.url, answer.headers):
        answer = Answer()
        async with aclosing(_exchange(options, login, answer)) as events:
            async for event in events:
                yield event
    fault = judge(answer)
    if fault:
        raise fault
    yield Answered(answer.message, answer.took_s)


async def _exchange(options: Options, login: Login, answer: Answer) -> AsyncGenerator[Event, None]:
    """Send one request and yield what comes back; the page that goes with a digest challenge is no answer."""
    address = urlsplit(options.url)
    started = monotonic_s()
    connection = await connect(address, options)
    began = False
    try:
        await _send(connection, options, login)
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


async def _send(connection: Connection, options: Options, login: Login) -> None:
    address = urlsplit(options.url)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    host = address.netloc.rpartition("@")[2]
    headers = [("Host", host), ("Accept", "*/*"), ("User-Agent", "Tollbook"), ("Connection", "close")]
    request = h11.Request(method="GET", target=login.target(target), headers=headers + login.headers(options.url))
    await connection.send(h11.Connection(h11.CLIENT).send(request) or b"")


async def _pieces(connection: Connection, answer: Answer, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the answer's body as it arrives, to the end of the connection."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("Host", "pbx")]))
    parser.send(h11.EndOfMessage())
    raw = b""
    while True:
        complete = parser.their_state is h11.DONE
        try:
            data = await connection.receive(_SURPLUS_WAIT_S if complete else None)
        except TimeoutError:
            if complete:
                return
            raise
        if complete or answer.unparsable:
            piece = data
        else:
            raw = (raw + data) if answer.status is None else b""
            piece = _parsed(parser, data, answer, raw)
        if piece:
            answer.note(piece)
            yield piece
        if not data:
            return
        if answer.length > most:
            answer.stop(f"the answer is over {most >> 20} MB; what is over was not taken")
            return


def _parsed(parser: h11.Connection, data: bytes, answer: Answer, raw: bytes) -> bytes:
    """Return the body's bytes in `data`. Whatever breaks the protocol is taken as it stands."""
    found = []
    try:
        parser.receive_data(data)
        while True:
            event = parser.next_event()
            if isinstance(event, h11.Response):
                answer.begin(event.status_code, [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers])
            elif isinstance(event, h11.Data):
                found.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                answer.complete = True
                found.append(parser.trailing_data[0])
                break
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                break
    except h11.RemoteProtocolError as fault:
        return b"".join(found) + _beyond_protocol(answer, fault, data, raw)
    return b"".join(found)


def _beyond_protocol(answer: Answer, fault: h11.RemoteProtocolError, data: bytes, raw: bytes) -> bytes:
    answer.unparsable = True
    if not data:
        answer.stop(f"the connection ended in the middle of the answer ({fault})")
        return raw if answer.status is None and not raw.startswith(b"HTTP/") else b""
    if answer.status is None:
        return raw
    answer.stop(f"the answer breaks HTTP ({fault}); everything after that is kept as it came")
    return data
