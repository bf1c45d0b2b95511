"""Requests on one connection, one after another: who asks, what he asks for, and what he is told.

A post is answered with 200 only once its `Ended` is on the disk. The connection stays open only for a peer that asks
for it by name: Yeastar's PBXs say nothing and expect the other side to close.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import ClassVar, Protocol

import h11
import msgspec

from tollbook.model.body import Ending
from tollbook.model.limits import POST_HEAD, POST_HEAD_S, POST_S
from tollbook.sources.http_push.credentials import Shown
from tollbook.sources.http_push.endpoint import Declined, Post, PostEndpoint, not_taken
from tollbook.sources.http_push.line import HttpLine

_SLICE = 16 << 10
"""Bytes read out of HTTP before others have their turn."""
_LINGER_S, _MOST_LINGER = 2.0, 4 << 20
_SHOWN = 60
_RETRY_AFTER_S = "30"
Headers = list[tuple[str, str]]


class Paths(Protocol):
    """What an exchange asks of its listener."""

    def endpoint(self, path: str) -> PostEndpoint | None:
        """Return whose path it is."""

    def refuse(self, peer: str, reason: str) -> None:
        """Note somebody of whom it cannot be said which PBX was meant."""


class PostRequest(msgspec.Struct, frozen=True):
    """A request up to its body."""

    method: str
    path: str
    shown: Shown
    stays: bool
    """Whether the peer wants to go on using the connection."""

    def length(self) -> int:
        """How long the body is by its own account; 0 when it does not say."""
        return max((int(value) for value in self.shown.values(b"content-length")), default=0)


class PostExchange:
    """One connection's requests."""

    def __init__(self, line: HttpLine, paths: Paths) -> None:
        self._line = line
        self._paths = paths
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=POST_HEAD)
        self._unread = b""
        self.idle = True
        """Whether no post is on its way."""

    async def run(self) -> None:
        """Serve until either side has had enough."""
        try:
            while await self._serve():
                self._http.start_next_cycle()
        finally:
            self._line.hang_up()

    async def _serve(self) -> bool:
        """Answer one request; say whether another may follow."""
        endpoint, challenge = None, ""
        try:
            asked = await self._head()
            if not asked:
                return False
            endpoint = self._desk(asked.path)
            challenge = endpoint.credentials.challenge
            self._check(endpoint, asked)
            await self._answer(endpoint, asked)
        except Declined as declined:
            if declined.reason:
                (endpoint.refuse if endpoint else self._paths.refuse)(self._line.peer, declined.reason)
            await self._decline(declined, challenge)
            return False
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE and not self._line.over

    # ------------------------------------------------------------ who asks, and for what

    async def _head(self) -> PostRequest | None:
        """Return the next request up to its body, None when there is none; raises `Declined`."""
        try:
            async with asyncio.timeout(POST_HEAD_S):
                while (event := self._http.next_event()) is h11.NEED_DATA:
                    await self._feed(None)
        except TimeoutError:
            if not self._http.trailing_data[0]:
                return None
            raise _declined(HTTPStatus.REQUEST_TIMEOUT, f"no whole request came within {POST_HEAD_S:g} s") from None
        except h11.RemoteProtocolError as fault:
            if self._line.over:
                return None
            # h11 quotes what it met, which may be a secret.
            status = HTTPStatus(fault.error_status_hint)
            raise _declined(status, "what was sent is no HTTP, or its headers are too long") from None
        return _asked(event) if isinstance(event, h11.Request) else None

    async def _feed(self, timeout_s: float | None) -> None:
        """Give h11 the next bytes, a few at a time: a post in a million chunks must not hold up other PBXs."""
        if self._unread:
            await asyncio.sleep(0)
        else:
            self._unread = await self._line.read(timeout_s)
        self._http.receive_data(self._unread[:_SLICE])
        self._unread = self._unread[_SLICE:]

    def _desk(self, path: str) -> PostEndpoint:
        endpoint = self._paths.endpoint(path)
        if endpoint:
            return endpoint
        raise Declined(HTTPStatus.NOT_FOUND, "no PBX posts here", reason=f"no PBX has the path {_short(path)}")

    def _check(self, endpoint: PostEndpoint, asked: PostRequest) -> None:
        if not endpoint.credentials.lets_in(self._line.peer):
            raise Declined(HTTPStatus.FORBIDDEN, "not from this address", reason="its address is not among 'peers'")
        fault = endpoint.credentials.fault(asked.shown)
        if fault:
            raise Declined(HTTPStatus.UNAUTHORIZED, "not without the right credentials", reason=fault)

    # ------------------------------------------------------------ what becomes of it

    async def _answer(self, endpoint: PostEndpoint, asked: PostRequest) -> None:
        if asked.method not in self._METHODS:
            raise Declined(
                HTTPStatus.METHOD_NOT_ALLOWED,
                "post calls here",
                reason=f"it asked with {_short(asked.method)}",
            )
        await self._METHODS[asked.method](self, endpoint, asked)

    async def _greet(self, _desk: PostEndpoint, asked: PostRequest) -> None:
        """Answer a PBX, or a person, that tries whether somebody is there."""
        with suppress(h11.RemoteProtocolError):
            self._http.next_event()  # the end of a request without a body; with one the connection does not stay
        self._reply(asked, "text/plain; charset=utf-8", b"Tollbook is here\n")

    async def _post(self, endpoint: PostEndpoint, asked: PostRequest) -> None:
        most = endpoint.options.largest << 20
        if asked.length() > most:
            raise _too_large(most)
        if self._http.they_are_waiting_for_100_continue:
            self._say(h11.InformationalResponse(status_code=100, headers=[]))
        post = Post(self._line.peer)
        endpoint.add(post)
        self.idle = False
        try:
            await self._take(endpoint, post, most)
            post.end(Ending.COMPLETE)
            await post.durable()
        finally:
            post.end(Ending.CUT, "Tollbook stopped taking it while it arrived")
            self.idle = True
        self._reply(asked, "application/json", b'{"status": "ok"}\n')

    async def _take(self, endpoint: PostEndpoint, post: Post, most: int) -> None:
        """Hand a body on as it arrives; raises `Declined` when it does not arrive whole, which its end says too."""
        limit = asyncio.timeout(POST_S)
        try:
            async with limit:
                post.interrupted = partial(limit.reschedule, 0.0)
                await self._pieces(endpoint, post, most)
        except TimeoutError:
            if post.closed:
                raise not_taken() from None
            why = f"nothing more came for {endpoint.options.timeout:g} s"
            if limit.expired():
                why = f"the post took more than {POST_S:g} s"
            post.end(Ending.CUT, why)
            raise Declined(HTTPStatus.REQUEST_TIMEOUT, why) from None
        except h11.RemoteProtocolError:
            why = "the connection ended in the middle of the post" if self._line.over else "the post breaks HTTP"
            post.end(Ending.CUT, why)
            raise Declined(HTTPStatus.BAD_REQUEST, why) from None
        finally:
            post.interrupted = _nothing

    async def _pieces(self, endpoint: PostEndpoint, post: Post, most: int) -> None:
        pieces: list[bytes] = []
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                await _hand_on(post, pieces)
                raise
            if isinstance(event, h11.Data):
                pieces.append(bytes(event.data))
            elif event is h11.NEED_DATA:
                if not self._unread:
                    await _hand_on(post, pieces)
                await self._feed(endpoint.options.timeout)
            else:
                await _hand_on(post, pieces)
                return
            if post.size + sum(map(len, pieces)) > most:
                await _hand_on(post, pieces)
                post.end(Ending.CUT, f"the post is over {most >> 20} MB; what is over was not taken")
                raise _too_large(most)

    # ------------------------------------------------------------ what he is told

    def _reply(self, asked: PostRequest, kind: str, body: bytes) -> None:
        headers: Headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        if not asked.stays:
            headers.append(("Connection", "close"))
        self._say(h11.Response(status_code=200, headers=headers))
        if asked.method != "HEAD":
            self._say(h11.Data(data=body))
        self._say(h11.EndOfMessage())

    async def _decline(self, declined: Declined, challenge: str) -> None:
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        body = f"{declined.text}\n".encode()
        headers = [*_error_headers(declined.status, challenge), ("Content-Length", str(len(body)))]
        self._say(h11.Response(status_code=declined.status, headers=headers))
        with suppress(h11.LocalProtocolError):  # the answer to HEAD has no body
            self._say(h11.Data(data=body))
        await self._linger()

    def _say(self, event: h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage) -> None:
        self._line.say(self._http.send(event) or b"")

    async def _linger(self) -> None:
        """Let a peer that still sends read its answer: to close at once would reset the connection under it."""
        if self._is_here():
            return
        self._line.say_no_more()
        passed_over = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while passed_over < _MOST_LINGER and (data := await self._line.read()):
                    passed_over += len(data)

    def _is_here(self) -> bool:
        """Say whether all of the request has come."""
        with suppress(h11.RemoteProtocolError):
            while isinstance(self._http.next_event(), h11.Data):
                pass
        return self._http.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED)

    _METHODS: ClassVar[dict[str, Callable[[PostExchange, PostEndpoint, PostRequest], Awaitable[None]]]] = {
        "POST": _post,
        "PUT": _post,
        "GET": _greet,
        "HEAD": _greet,
    }


def _nothing() -> None:
    return


def turned_away() -> bytes:
    """Return the answer to a connection that is one too many, whatever it would have asked."""
    http = h11.Connection(h11.SERVER)
    body = b"too many connections at once; post it again later\n"
    headers = [*_error_headers(HTTPStatus.SERVICE_UNAVAILABLE, ""), ("Content-Length", str(len(body)))]
    parts = [h11.Response(status_code=503, headers=headers), h11.Data(data=body), h11.EndOfMessage()]
    return b"".join(http.send(part) or b"" for part in parts)


def _error_headers(status: HTTPStatus, challenge: str) -> Headers:
    more = {
        HTTPStatus.UNAUTHORIZED: [("WWW-Authenticate", challenge)],
        HTTPStatus.SERVICE_UNAVAILABLE: [("Retry-After", _RETRY_AFTER_S)],
        HTTPStatus.METHOD_NOT_ALLOWED: [("Allow", "POST, PUT, GET, HEAD")],
    }
    return [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close"), *more.get(status, [])]


def _asked(request: h11.Request) -> PostRequest:
    headers = [(bytes(name), bytes(value)) for name, value in request.headers]
    target = request.target.decode("latin-1")
    path, _, query = target.partition("?")
    if not path.startswith("/"):  # with scheme and host, as to a proxy
        path = "/" + path.partition("://")[2].partition("/")[2]
    words = b",".join(value for name, value in headers if name == b"connection").lower()
    stays = b"keep-alive" in words and b"close" not in words
    return PostRequest(request.method.decode("latin-1"), path, Shown(query, headers), stays)


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


async def _hand_on(post: Post, pieces: list[bytes]) -> None:
    if pieces:
        data = b"".join(pieces)
        pieces.clear()
        await post.hand_on(data)


def _declined(status: HTTPStatus, text: str) -> Declined:
    return Declined(status, text, reason=text)


def _too_large(most: int) -> Declined:
    return _declined(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the post is over {most >> 20} MB")
