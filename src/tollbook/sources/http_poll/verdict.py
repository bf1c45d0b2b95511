"""What to make of an answer, once all of it has been taken: records, nothing, or something a person must mend."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from tollbook.model.body import Ending
from tollbook.model.problem import Unavailable
from tollbook.model.shape import Shape, sniff

_HEAD = 1024
_PAGES = (Shape.MARKUP, Shape.XML)
_XML = "the PBX answered with a document of XML, not records: let it write CSV or JSON, where it can."
_A_PAGE = "the PBX answered with a web page, not records: is 'url' its External Application address?"


class PollAnswer:
    """One answer as it comes in."""

    def __init__(self, auth: str = "none") -> None:
        self.auth = auth
        """How the question was logged in."""
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.head = b""
        self.length = 0
        self.complete = False
        self.unparsable = False
        self.reason = ""
        self.took_s = 0.0
        self.message = ""

    def begin(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Note the status line and headers."""
        self.status, self.headers = status, headers

    def note(self, piece: bytes) -> None:
        """Note bytes of the body."""
        self.head = (self.head + piece)[:_HEAD] if len(self.head) < _HEAD else self.head
        self.length += len(piece)

    def stop(self, reason: str) -> None:
        """Note why the answer is not whole; the first reason stands."""
        self.reason = self.reason or reason
        self.complete = False

    def broke(self, fault: Exception) -> None:
        """Note a connection that failed under the answer."""
        slow = isinstance(fault, TimeoutError)
        self.stop("no more bytes came within the time-out" if slow else f"the connection broke ({fault})")

    @property
    def shape(self) -> Shape | None:
        """What the body is, by its first bytes."""
        return sniff(self.head, ended=True) if self.length else None

    @property
    def ending(self) -> Ending:
        """How the journal is told that the body ended."""
        if self.shape in _PAGES:
            return Ending.ODD
        whole = self.complete or (self.status is None and not self.reason)
        return Ending.COMPLETE if whole else Ending.CUT

    def header(self, name: str) -> str:
        """Return a header's value, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def _refused(answer: PollAnswer) -> Unavailable:
    way = answer.header("www-authenticate").partition(" ")[0].lower()
    if way == answer.auth:
        message = "the PBX refused the name or password (401). Check 'username' and 'password'."
        return Unavailable(message, permanent=True)
    hint = f" It asks for {way}: set 'auth={way}'." if way in ("basic", "digest") else ""
    message = f"the PBX refused the name or password (401).{hint} Check 'username', 'password' and 'auth'."
    return Unavailable(message, permanent=True)


def _forbidden(_answer: PollAnswer) -> Unavailable:
    message = "the PBX forbids reading its records (403): may this machine's address ask, is External Application on?"
    return Unavailable(message, permanent=True)


def _missing(_answer: PollAnswer) -> Unavailable:
    return Unavailable(
        "the PBX has nothing at this address (404): the path of 'url' is not the right one",
        permanent=True,
    )


_STATUSES: dict[int, Callable[[PollAnswer], Unavailable]] = {401: _refused, 403: _forbidden, 404: _missing}


def judge(answer: PollAnswer) -> Unavailable | None:
    """Return what is wrong with an answer, or nothing; sets its message for the health page."""
    kept = f" The {answer.length} bytes it sent are kept." if answer.length else ""
    if answer.status in _STATUSES:
        return _STATUSES[answer.status](answer)
    if answer.status and HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        message = (
            f"the PBX sends elsewhere ({answer.status}), as for a login page; its redirect was not followed.{kept}"
        )
        return Unavailable(message, permanent=True)
    if answer.status and answer.status >= HTTPStatus.BAD_REQUEST:
        return Unavailable(f"the PBX answered with error {answer.status}.{kept}")
    if answer.shape in _PAGES:
        return Unavailable(f"{_XML if answer.shape is Shape.XML else _A_PAGE}{kept}", permanent=True)
    if not answer.length and answer.status is None and not answer.reason:
        answer.stop("the PBX closed the connection without an answer")
    if answer.reason:
        return Unavailable(f"{answer.reason}.{kept} What the PBX had cleared and not sent is lost.")
    answer.message = _well(answer)
    return None


def _well(answer: PollAnswer) -> str:
    if not answer.length:
        return "answers; no new calls"
    odd = "" if answer.status is not None else "; it sent no HTTP status line, the text was taken as it came"
    return f"answers; {answer.length} bytes taken{odd}"
