"""How a question says who asks: the header or the query that each way of logging in needs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import ClassVar

import httpx2

from tollbook.sources.http_poll.options import Options, with_query

Headers = list[tuple[str, str]]


class PollLogin:
    """One PBX's login. Digest keeps the challenge it was given, so that only the first question meets a refusal."""

    def __init__(self, options: Options, password: str) -> None:
        self._options, self._password = options, password
        self._digest = httpx2.DigestAuth(options.username, password)
        self._answer = ""

    def target(self, target: str) -> str:
        """Return the request target, with the name and password where they travel in the query."""
        if self._options.auth != "query":
            return target
        pairs = [(self._options.query_username, self._options.username), (self._options.query_password, self._password)]
        return with_query(target, [pair for pair in pairs if pair[0]])

    def headers(self, url: str) -> Headers:
        """Return the headers that log in at `url`."""
        return self._WAYS[self._options.auth](self, url)

    def answers(self, url: str, headers: Headers) -> bool:
        """Take a refusal's challenge; say whether it is worth asking once more with an answer to it."""
        if self._options.auth != "digest":
            return False
        request = httpx2.Request("GET", url)
        flow = self._digest.sync_auth_flow(request)
        next(flow)
        if request.headers.get("Authorization"):
            self._digest = httpx2.DigestAuth(self._options.username, self._password)  # the old challenge has run out
            flow = self._digest.sync_auth_flow(request)
            next(flow)
        try:
            answered = flow.send(httpx2.Response(401, headers=headers, request=request))
        except (StopIteration, httpx2.ProtocolError):
            return False  # no challenge, or none that can be understood
        self._answer = answered.headers["Authorization"]
        return True

    def _none(self, _url: str) -> Headers:
        return []

    def _basic(self, _url: str) -> Headers:
        if not self._options.username and not self._password:
            return []
        pair = f"{self._options.username}:{self._password}".encode()
        return [("Authorization", f"Basic {base64.b64encode(pair).decode('ascii')}")]

    def _digested(self, url: str) -> Headers:
        header, self._answer = self._answer, ""  # the first answer to a challenge counts as its first use
        if not header:
            request = next(self._digest.sync_auth_flow(httpx2.Request("GET", url)))
            header = request.headers.get("Authorization", "")
        return [("Authorization", header)] if header else []

    _WAYS: ClassVar[dict[str, Callable[[PollLogin, str], Headers]]] = {
        "none": _none,
        "query": _none,
        "basic": _basic,
        "digest": _digested,
    }
