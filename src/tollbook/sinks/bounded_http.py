"""A client of HTTP that stays within bounds: of the fence, of time in all, and of what an answer may be.

An answer is of no use but for its status and its beginning: it is asked for as it is, and neither unpacked nor kept. A
redirect is not followed: what is sent is for one address. What goes wrong is told without the address, which may hold a
secret.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

import httpx2
import msgspec

from tollbook.gate import check_connection
from tollbook.model.fence import Fence
from tollbook.model.limits import SINK_ANSWER, WEBHOOK_ANSWER
from tollbook.model.problem import Unavailable
from tollbook.sinks.bounds import TIMES, AnswerBounds
from tollbook.sources.common import reason_of


class HttpSetup(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to talk to (`whom`, in messages), how long to wait for each part of an answer, and who we say we are.

    `tls` is what the other side's certificate is checked by; without it those whom the system trusts. An answer has
    `most_bytes`, or as many as that of any sink.
    """

    whom: str
    timeout_s: float
    fence: Fence
    auth: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    most_bytes: int = 0


class HttpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The status of an answer, its first bytes, and after how many seconds it asks to be tried again."""

    status: int
    beginning: bytes
    retry_after_s: float = 0.0


class BoundedHttp:
    """One client; its connection is kept for the next request. Not for two threads at once."""

    def __init__(self, setup: HttpSetup) -> None:
        self._setup = setup
        self._http = httpx2.Client(
            timeout=setup.timeout_s,
            auth=setup.auth,
            verify=setup.tls or True,
            follow_redirects=False,
            trust_env=False,
        )
        self._bounds = AnswerBounds(setup.whom, TIMES * setup.timeout_s, setup.most_bytes or SINK_ANSWER)
        self._connection: Any = None

    def ask(self, method: str, url: str, content: bytes | Iterator[bytes], headers: Mapping[str, str]) -> HttpAnswer:
        """Send a request, at once or piece by piece, and return what comes back; raises `Unavailable` for nothing."""
        with self.answered(method, url, content, headers) as answer:
            return HttpAnswer(
                status=answer.status_code,
                beginning=_beginning(answer),
                retry_after_s=_seconds(answer.headers.get("Retry-After", "")),
            )

    @contextmanager
    def answered(
        self, method: str, url: str, content: bytes | Iterator[bytes], headers: Mapping[str, str]
    ) -> Iterator[httpx2.Response]:
        """Send a request and give the answer, of which nothing but the heading is read; raises `Unavailable`."""
        said = {"User-Agent": "tollbook", "Accept-Encoding": "identity", **headers}
        try:
            asked = self._http.build_request(method, url, content=content, headers=said)
            asked.extensions["trace"] = self._traced
            with self._bounds.held():
                self._watch()
                with closing(self._http.send(asked, stream=True)) as answer:
                    yield answer
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            exceeded = self._bounds.exceeded()
            raise exceeded or Unavailable(
                f"{self._setup.whom} does not answer: {reason_of(fault)}",
            ) from fault

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _traced(self, event: str, told: dict[str, Any]) -> None:
        """Have a connection watched and looked at before its first byte, and watched again once it speaks TLS."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._connection = told["return_value"].get_extra_info("socket")
            self._watch()
        if event == "connection.connect_tcp.complete":
            try:
                check_connection(self._setup.fence, self._connection)
            except Unavailable:
                told["return_value"].close()
                raise

    def _watch(self) -> None:
        if self._connection is not None and self._connection.fileno() >= 0:
            self._bounds.watch(self._connection.fileno())


def _beginning(answer: httpx2.Response) -> bytes:
    """Return the first bytes of an answer; the rest is read so that the connection can be used again."""
    content = b""
    with suppress(httpx2.HTTPError):  # what is odd behind the status alters nothing
        for piece in answer.iter_raw():
            content += piece
            if len(content) > WEBHOOK_ANSWER:
                break
    return content[:WEBHOOK_ANSWER]


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) < len("100000") else 0.0
