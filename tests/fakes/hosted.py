"""A provider of hosted telephony on a real socket: it gives tokens, pages, throttles and misbehaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, SECRET, JWT = "client-of-tests", "secret-of-tests", "jwt-of-tests"
Fault = Callable[["_Answering"], None]
"""Answers a request in its own way."""


class HostedProvider:
    """RingCentral, as far as its call log goes. `faults` are met by the next requests, one each; None is none."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.faults: list[Fault | None] = []
        self.asked: list[dict[str, str]] = []
        self.tokens: list[str] = []
        self.valid: set[str] = set()
        self.size = 7
        self.url = ""

    def add(self, *records: dict[str, Any]) -> None:
        """Let calls have been."""
        self.records = [*records, *self.records]  # the newest stands first, as with RingCentral

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        """Return one page of the records in a window."""
        found = [each for each in self.records if query["dateFrom"] <= each["startTime"] <= query["dateTo"]]
        number = int(query.get("page", "1"))
        start, navigation = (number - 1) * self.size, {}
        if start + self.size < len(found):
            following = urlencode({**query, "page": str(number + 1)})
            navigation = {"nextPage": {"uri": f"{self.url}/restapi/v1.0/account/~/call-log?{following}"}}
        return {"records": found[start : start + self.size], "navigation": navigation, "paging": {"page": number}}


class _Answering(BaseHTTPRequestHandler):
    provider: HostedProvider

    def do_POST(self) -> None:
        """Give a token."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if form.get("assertion") != [JWT] or not self.headers.get("Authorization", "").startswith("Basic "):
            self.say({"error": "invalid_grant", "echo": JWT}, 400)
            return
        token = f"token-{len(self.provider.tokens)}"
        self.provider.tokens.append(token)
        self.provider.valid.add(token)
        self.say({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        """Give a page, or do what the next fault says."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.provider.valid:
            self.say({"errorCode": "TokenInvalid"}, 401)
            return
        self.provider.asked.append(query)
        fault = self.provider.faults.pop(0) if self.provider.faults else None
        if fault:
            fault(self)
        else:
            self.say(self.provider.page(query))

    def say(self, what: dict[str, Any], status: int = 200, **headers: str) -> None:
        """Answer with JSON."""
        self.raw(json.dumps(what).encode(), status, None, **headers)

    def raw(self, data: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        """Answer with bytes, which may be fewer or more than it says."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def throttles(wait: str) -> Fault:
    """Return the fault by which a provider asks for a wait."""
    return lambda answering: answering.say({}, 429, Retry_After=wait)


def token_runs_out(answering: _Answering) -> None:
    """Take all tokens back and refuse."""
    answering.provider.valid.clear()
    answering.say({}, 401)


def says(data: bytes, status: int = 200, length: int | None = None, **headers: str) -> Fault:
    """Return the fault of an answer that is just these bytes."""
    return lambda answering: answering.raw(data, status, length, **headers)


def cut(answering: _Answering) -> None:
    """Break off in the middle of an answer."""
    whole = json.dumps(answering.provider.page(answering.provider.asked[-1])).encode()
    answering.raw(whole[: len(whole) // 2], length=len(whole))


def says_too_short(answering: _Answering) -> None:
    """Claim fewer bytes than come."""
    whole = json.dumps(answering.provider.page(answering.provider.asked[-1])).encode()
    answering.raw(whole, length=len(whole) // 2)


def call(number: int, ago_s: float = 60, began: datetime | None = None, **changed: object) -> dict[str, Any]:
    """Return the record of a call that began so long ago."""
    began = began or datetime.now(UTC) - timedelta(seconds=ago_s)
    made: dict[str, Any] = {
        "id": f"R{number:06d}",
        "sessionId": f"40476555{number:06d}",
        "startTime": began.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "duration": 10 + number % 50,
        "type": "Voice",
        "direction": "Inbound",
        "action": "Phone Call",
        "result": "Accepted",
        "from": {"phoneNumber": "+12125550142"},
        "to": {"extensionNumber": "101", "phoneNumber": "+16505550145"},
    }
    return made | changed


@contextmanager
def a_provider() -> Iterator[HostedProvider]:
    """Run a provider."""
    provider = HostedProvider()
    handler = type("Answering", (_Answering,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield provider
        server.shutdown()
    thread.join(10)


def settings_for(provider: HostedProvider, **more: str) -> dict[str, str]:
    """Return the settings of a PBX that asks it."""
    own = {"provider": "ringcentral", "client-id": CLIENT, "client-secret": SECRET, "credential": JWT}
    return {
        **own,
        "url": provider.url,
        "interval": "1s",
        **{name.replace("_", "-"): text for name, text in more.items()},
    }
