"""Posts calls as JSON, and tells what an answer means.

Taken is what is answered with 2xx. Where nobody answers, or somebody in between says that nobody does (408, 425, 429,
502, 503, 504), the other side is away, and is asked again until it is there. Where it does not let us in or there is no
such address (401, 403, 404, 3xx), a person is needed. Any other error is about this delivery: it is tried some times,
and then put aside so that it does not hold up the rest.

The signature is HMAC-SHA256 over the time, a dot and the bytes of the body, as
`Tollbook-Signature: t=<seconds since 1970>,v1=<hex>`.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from tollbook import clock
from tollbook.model.problem import Problem, Unavailable
from tollbook.model.sink import NO_FILE, Field, FieldType
from tollbook.sinks.bounded_http import BoundedHttp, HttpSetup
from tollbook.sinks.contract import AllCalls, Around, Changes, DeliveryRefused
from tollbook.sinks.webhook.options import Options

_AWAY = frozenset((408, 425, 429, 502, 503, 504))
_FOR_A_PERSON = frozenset((401, 403, 404, 405, 407))
_SHOWN = 200


class WebhookSink:
    """The webhook at work."""

    interval_s = 0.0
    file = NO_FILE

    def __init__(self, options: Options, around: Around) -> None:
        self._options, self._around = options, around
        self.batch, self.tries = options.batch, options.tries
        auth = (options.username, options.password) if options.username else None
        setup = HttpSetup(whom="the webhook", timeout_s=options.timeout, fence=around.fence, auth=auth)
        self._http = BoundedHttp(setup)

    def problems(self) -> list[Problem]:
        """Send a delivery without calls, and say how it was not taken."""
        self._send(msgspec.json.encode({"sink": self._around.name, "test": True, "calls": [], "gone": []}))
        return []

    def prepare(self) -> None:
        """Do nothing: there is nothing to make ready."""

    def left_out(self) -> None:
        """Leave nothing out."""

    def deliver(self, changes: Changes) -> None:
        """Post changes."""
        self._send(_written(self._around, changes))

    def resend(self, content: bytes) -> None:
        """Post what was put aside, once."""
        self._send(content)

    def mirror(self, calls: AllCalls) -> int:
        """Do nothing: a webhook is handed changes."""
        del calls
        return 0

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _send(self, content: bytes) -> None:
        status, shown = self._answered(content)
        if 200 <= status < 300:  # noqa: PLR2004 - as HTTP has it
            return
        told = f"{status} {shown!r}"
        if status in _AWAY:
            raise Unavailable(f"the webhook is away: it answers {told}")
        if status in _FOR_A_PERSON or status < 400:  # noqa: PLR2004 - a redirect, or nothing that HTTP knows
            raise Unavailable(f"the webhook does not let calls in: it answers {told}", permanent=True)
        raise DeliveryRefused(f"it answers {told}", content)

    def _answered(self, content: bytes) -> tuple[int, str]:
        """Post, and return the status of the answer with its beginning."""
        answer = self._http.ask("POST", self._options.url, content, self._headers(content))
        return answer.status, answer.beginning[:_SHOWN].decode("utf-8", "replace")

    def _headers(self, content: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self._options.token:
            headers["Authorization"] = f"Bearer {self._options.token}"
        if self._options.key:
            at = clock.now_us() // 1_000_000
            headers["Tollbook-Signature"] = f"t={at},v1={signature(self._options.key, at, content)}"
        return headers


def signature(key: str, at: int, content: bytes) -> str:
    """Return what proves that a body of a moment (seconds since 1970) comes from a holder of the key.

    >>> signature("key", 1700000000, b"{}")
    '9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae'
    """
    return hmac.digest(key.encode(), f"{at}.".encode() + content, "sha256").hex()


def _written(around: Around, changes: Changes) -> bytes:
    numbers = changes.numbers()
    calls = [
        {**_call(around.fields, row), "change": number} for number, row in zip(numbers, changes.rows(), strict=True)
    ]
    return msgspec.json.encode({"sink": around.name, "calls": calls, "gone": changes.gone})


def _call(fields: list[Field], row: Iterable[Any]) -> dict[str, Any]:
    return {field.name: _plain(field, value) for field, value in zip(fields, row, strict=True)}


def _plain(field: Field, value: Any) -> Any:  # noqa: ANN401 - any field's value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds") + ("Z" if field.type is FieldType.INSTANT else "")
    if isinstance(value, Decimal):
        return str(value)
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


def connect(options: Options, around: Around) -> WebhookSink:
    """Return the sink, not connected yet."""
    return WebhookSink(options, around)
