"""The one client of the REST API, over HTTP to a running server or in this process while none runs.

Both ways the same requests reach the same application; a command cannot tell which it was, unless it asks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2
import msgspec

from tollbook.cli import address, hosting, logs
from tollbook.cli.exits import Busy, CommandRefused, Exit, say
from tollbook.cli.options import machine_user
from tollbook.clock import monotonic_s
from tollbook.model.problem import Problem, Unavailable

if TYPE_CHECKING:
    from tollbook.engine.engine import Engine

Kind = TypeVar("Kind")
Words = Mapping[str, Any]
"""What is asked: texts by name, or several of them."""

_LONGEST_ANSWER_S = 900
_SILENCE_S = 1.0
_LOOK_S = 0.02
_CODES = {401: Exit.WRONG, 403: Exit.WRONG, 404: Exit.WRONG, 422: Exit.WRONG, 503: Exit.OUTSIDE}
_timeout = httpx2.Timeout(_LONGEST_ANSWER_S, connect=5)


_JSON: dict[str, Any] = {"headers": {"Content-Type": "application/json"}}


class Client:
    """Asks the API; every refusal is raised as `CommandRefused`, with the API's own words."""

    def __init__(self, http: httpx2.Client, *, in_process: bool) -> None:
        self._http = http
        self.in_process = in_process

    def get(self, path: str, words: Words | None = None, *, into: type[Kind]) -> Kind:
        """Return what the API answers at an address."""
        return self._decoded(self._http.get(path, params=_given(words)), into)

    def send(self, method: str, path: str, value: object = None, words: Words | None = None) -> dict[str, Any]:
        """Ask for a change and return what the API answers."""
        content = None if value is None else msgspec.json.encode(value)
        response = self._http.request(method, path, params=_given(words), content=content, **(_JSON if content else {}))
        return self._decoded(response, dict[str, Any])

    def post(self, path: str, data: bytes, words: Words, *, into: type[Kind]) -> Kind:
        """Send bytes to be looked at and return what the API answers."""
        return self._decoded(self._http.post(path, params=_given(words), content=data), into)

    def answered(self, path: str, data: bytes, words: Words) -> bytes:
        """Send bytes to be looked at and return the answer's own bytes."""
        response = self._http.post(path, params=_given(words), content=data)
        self._check(response)
        return response.content

    def put(self, path: str, data: bytes) -> None:
        """Send bytes."""
        self._decoded(self._http.put(path, content=data), dict[str, Any])

    def pieces(self, path: str, words: Words | None = None, value: object = None) -> Iterator[bytes]:
        """Yield an answer's bytes as they come; with a value that is sent."""
        method, sent = ("GET", {}) if value is None else ("POST", {"content": msgspec.json.encode(value), **_JSON})
        with self._http.stream(method, path, params=_given(words), **sent) as response:
            if response.is_error:
                response.read()
                self._check(response)
            yield from response.iter_bytes()

    def rows(self, path: str, words: Words | None = None) -> Iterator[dict[str, Any]]:
        """Yield a list's rows as they come."""
        with self._http.stream("GET", path, params=_given({**(words or {}), "format": "ndjson"})) as response:
            if response.is_error:
                response.read()
                self._check(response)
            yield from lines(response.iter_bytes())

    def _decoded(self, response: httpx2.Response, into: type[Kind]) -> Kind:
        self._check(response)
        return msgspec.json.decode(response.content, type=into)

    def _check(self, response: httpx2.Response) -> None:
        if not response.is_error:
            return
        code = _CODES.get(response.status_code, Exit.OURS)
        try:
            told = msgspec.json.decode(response.content, type=dict[str, list[Problem]])["problems"]
        except (msgspec.DecodeError, KeyError):
            reason = "its log says why" if not self.in_process else "the lines above say why"
            told = [Problem(f"the API answered {response.status_code}", reason)]
        raise CommandRefused(told, code)


def lines(pieces: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    r"""Yield the values of NDJSON, however its bytes are cut.

    >>> list(lines(iter([b'{"a":1}\n{"a"', b":2}\n"])))
    [{'a': 1}, {'a': 2}]
    """
    decoder = msgspec.json.Decoder(dict[str, Any])
    rest = b""
    for piece in pieces:
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            yield from decoder.decode_lines(whole)
    if rest.strip():
        yield decoder.decode(rest)


@contextmanager
def connect(site: Path, purpose: str) -> Iterator[Client]:
    """Reach a site's API: through its server where one runs, else in this process."""
    hosting.check_site(site)
    try:
        with _reached(site, purpose) as client:
            yield client
    except httpx2.TimeoutException as fault:
        raise Unavailable(f"the server does not answer: {fault}") from fault
    except httpx2.TransportError as fault:
        raise Unavailable(f"the connection to the server broke: {fault}") from fault


@contextmanager
def _reached(site: Path, purpose: str) -> Iterator[Client]:
    with ExitStack() as stack:
        http = stack.enter_context(_server(site))
        if http:
            yield Client(http, in_process=False)
            return
        try:
            http = stack.enter_context(_in_process(site, purpose))
        except Busy:
            # What holds the site may be a server that has only just begun to listen.
            http = stack.enter_context(_server(site))
            if http is None:
                raise
            yield Client(http, in_process=False)
            return
        yield Client(http, in_process=True)


@contextmanager
def _server(site: Path) -> Iterator[httpx2.Client | None]:
    there = address.read(site)
    if there is None:
        yield None
        return
    # A proxy set for the web has no business with this machine's own server.
    with httpx2.Client(base_url=there.url, timeout=_timeout, trust_env=False, verify=there.verified()) as http:
        if not address.answers(http, there):
            yield None
            return
        http.headers.update(_headers(there.token))
        yield http


@contextmanager
def _in_process(site: Path, purpose: str) -> Iterator[httpx2.Client]:
    logs.set_up(quiet=True)
    with hosting.opened(site, purpose) as held, hosting.at_work(held, sources=False) as engine:
        _catch_up(engine)
        from tollbook.web.api import access
        from tollbook.web.serving.wsgi import application

        headers = _headers(access.grant())
        transport = httpx2.WSGITransport(app=application)
        with httpx2.Client(transport=transport, base_url="http://tollbook", headers=headers) as http:
            yield http


def _headers(token: str) -> dict[str, str]:
    """Return what lets a command in, and says who gave it."""
    user = machine_user().encode("ascii", "backslashreplace").decode()
    return {"Authorization": f"Bearer {token}", "Tollbook-User": user}


def _catch_up(engine: Engine) -> None:
    """Let the store take what the journal holds, so that a command sees every call; do not wait for a failing one."""
    begun, told = monotonic_s(), False
    while (lag := engine.lag()).entries and not lag.trouble:
        if not told and monotonic_s() - begun > _SILENCE_S:
            say(f"storing what the journal holds first: {lag.entries} entries")
            told = True
        time.sleep(_LOOK_S)


def _given(words: Words | None) -> dict[str, Any]:
    return {name: text for name, text in (words or {}).items() if text}
