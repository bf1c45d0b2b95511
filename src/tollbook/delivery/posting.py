"""What the kinds have in common that post over HTTP: the client, and what a status means for a message.

Taken is 2xx. Where somebody in between says that nobody is there (408, 425, 429, 502, 503, 504), or the server failed
(500), the message is tried again. Where it does not let us in (401, 403, 404, 405, 407, 3xx), a person is needed. Any
other answer is about this very message.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tollbook.delivery.contract import MessageRefused, NotNow
from tollbook.model.fence import Fence
from tollbook.model.problem import Unavailable
from tollbook.sinks.bounded_http import BoundedHttp, HttpAnswer, HttpSetup

_AWAY = frozenset((408, 425, 429, 500, 502, 503, 504))
_FOR_A_PERSON = frozenset((401, 403, 404, 405, 407, 410))
_FAILED = 500
"""That it failed may be due to this very message: others have their turn."""
_SHOWN = 200
JSON = "application/json"


class Poster:
    """Posts to `whom`; an answer that is no yes is raised as what it means."""

    def __init__(self, whom: str, timeout_s: float, fence: Fence) -> None:
        self._whom = whom
        self._http = BoundedHttp(HttpSetup(whom=whom, timeout_s=timeout_s, fence=fence))

    def ask(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Send a request; return the answer that says yes. Raises `Unavailable`, `NotNow` or `MessageRefused`."""
        answer = self._http.ask(method, url, content, headers)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - as HTTP has it
            return answer
        told = f"{self._whom} answers {shown(answer)}"
        if answer.status in _AWAY:
            raise NotNow(told) if answer.status == _FAILED else Unavailable(told)
        if answer.status in _FOR_A_PERSON or answer.status < 400:  # noqa: PLR2004 - a redirect, or what HTTP knows not
            raise Unavailable(told, permanent=True)
        raise MessageRefused(told)

    def post(self, url: str, value: object, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Post a value as JSON; returns and raises as `ask` does."""
        return self.ask("POST", url, msgspec.json.encode(value), {"Content-Type": JSON, **(headers or {})})

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def shown(answer: HttpAnswer) -> str:
    """Return an answer as it is told: its status, and its beginning on one line."""
    text = answer.beginning[: 4 * _SHOWN].decode("utf-8", "replace")
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return f"{answer.status} {words[:_SHOWN]}".rstrip()


def cut(text: str, most: int, link: str = "") -> str:
    """Return a text of so many letters at most, which says where the rest is if some is left out.

    >>> cut("one two three", 9)
    'one two …'
    """
    if len(text) <= most:
        return text
    end = f"… {link}" if link else "…"
    return text[: max(most - len(end), 0)] + end
