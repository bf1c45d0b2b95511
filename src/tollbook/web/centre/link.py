"""The link of this site to its centre: the file that keeps it, and requests that stay within bounds.

The file holds the token that this place has at its centre, so it is its owner's alone, as `secret-key` is. The token
goes nowhere but to the address that it is of, encrypted unless that is this machine, and follows no redirect.
"""

from __future__ import annotations

import ssl
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from tollbook.gate import barred, web_address
from tollbook.model.fence import Fence, Reach
from tollbook.model.limits import SMALL_FILE
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.sinks.bounded_http import BoundedHttp, HttpAnswer, HttpSetup
from tollbook.tls import is_this_machine
from tollbook.web.serving import secret_files

FILE = "centre.json"
_TIMEOUT_S = 15.0
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_SHOWN = 300
Answer = TypeVar("Answer", bound=msgspec.Struct)


class CentreLink(msgspec.Struct, frozen=True, kw_only=True):
    """The address of the centre, what this place is called there, and its token.

    `authority` is the certificate (PEM) that the centre's is signed by, where the system does not trust it anyhow.
    `takes_set_up` says whether this site takes over what the centre hands down.
    """

    url: str
    place: str
    token: str
    authority: str = ""
    takes_set_up: bool = True


class NoLonger(Unavailable):
    """The centre does not know the token of this place: it was removed there, or has joined from elsewhere since."""


class CentreRefused(Unavailable):
    """The centre has understood what was asked, and says no."""


def read(site: Path) -> CentreLink | None:
    """Return the link that a site has; None where it has none, or its file cannot be used."""
    try:
        with (site / FILE).open("rb") as file:
            return msgspec.json.decode(file.read(4 * SMALL_FILE), type=CentreLink)
    except (OSError, msgspec.DecodeError):
        return None


def write(site: Path, link: CentreLink) -> None:
    """Keep a link; never readable by others, not for a moment."""
    secret_files.write(site / FILE, msgspec.json.encode(link))


def remove(site: Path) -> None:
    """Keep no link any more."""
    (site / FILE).unlink(missing_ok=True)


def address_of_centre(fence: Fence, text: str) -> str:
    """Return the address of a centre as it is kept; raises `Misconfigured` for one that a token may not go to."""
    what = f"{text[:100]!r} cannot be the address of a centre"
    try:
        parts = urlsplit(web_address(text.strip()))
    except ValueError as fault:
        raise Misconfigured(Problem(what, f"it must be {fault}", help="such as https://tollbook.example")) from fault
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise Misconfigured(Problem(what, "it goes on behind the host", help="such as https://tollbook.example"))
    if parts.scheme != "https" and not is_this_machine(parts.hostname or ""):
        reason = "without encryption the network could read the token of this place, and what is told with it"
        help_ = "serve the centre with --tls-certificate and --tls-key, and say https://"
        raise Misconfigured(Problem(what, reason, help=help_))
    found = f"{parts.scheme}://{parts.netloc}"
    if outside := barred(fence, Reach.CONNECT, found):
        raise Misconfigured(Problem(what, outside.reason, help=outside.help))
    return found


def trusted(authority: str) -> ssl.SSLContext | None:
    """Return what a centre's certificate is checked by; raises `Misconfigured` for an authority that is none."""
    if not authority:
        return None
    try:
        return ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError) as fault:
        raise Misconfigured(Problem("'ca-file' cannot be used", "it holds no certificate (PEM)")) from fault


class Nothing(msgspec.Struct, frozen=True):
    """An answer in which nothing stands."""


class Centre:
    """The centre as it is asked by this place. Not for two threads at once; `close` it."""

    def __init__(self, fence: Fence, link: CentreLink) -> None:
        self._link = link
        setup = HttpSetup(whom="the centre", timeout_s=_TIMEOUT_S, fence=fence, tls=trusted(link.authority))
        self._http = BoundedHttp(setup)

    def ask(self, path: str, value: object, into: type[Answer]) -> Answer:
        """Send a value and return the answer; raises `Unavailable`, `NoLonger` where the token opens nothing."""
        said = {"Content-Type": "application/json", "User-Agent": f"tollbook/{version('tollbook')}"}
        if self._link.token:
            said["Authorization"] = f"Bearer {self._link.token}"
        answer = self._http.ask("POST", f"{self._link.url}/api/places/{path}", msgspec.json.encode(value), said)
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            try:
                return msgspec.json.decode(answer.beginning, type=into)
            except msgspec.DecodeError as fault:
                raise Unavailable("what answers at the centre's address is no Tollbook", permanent=True) from fault
        raise _refusal(answer)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def _refusal(answer: HttpAnswer) -> Unavailable:
    if answer.status == HTTPStatus.UNAUTHORIZED:
        message = "the centre knows this place no longer; make another code there, and join again"
        return NoLonger(message, permanent=True)
    if answer.status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY) and (said := _said(answer.beginning)):
        return CentreRefused(said.removeprefix(": "), permanent=True)
    told = f"the centre answers {answer.status}{_said(answer.beginning)}"
    return Unavailable(told, permanent=answer.status not in _PASSING)


class Refusal(msgspec.Struct, frozen=True):
    """How a Tollbook says no."""

    problems: list[Problem]


def _said(content: bytes) -> str:
    """Return the words of a refusal, where it is one of a Tollbook."""
    try:
        found = msgspec.json.decode(content, type=Refusal).problems
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    told = "; ".join(f"{each.what}: {each.reason}" for each in found[:3])
    return f": {''.join(each for each in told if each.isprintable())[:_SHOWN]}" if told else ""
