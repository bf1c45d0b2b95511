"""Texts with places for what a call is: `{end:%m/%d/%y} {extension:<5} {talk:hh:mm'ss}`.

They look like Python's format strings and are not run as such: a place is one of the documented names, with a form
that its kind of value knows, and nothing else can be reached. What would be wrong with one call is found when the text
is read.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from tollbook.simulator.formats.calls import OfficeCall
from tollbook.simulator.formats.durations import duration_writer

Fill = Callable[[OfficeCall], str]
_Value = TypeVar("_Value")

_PIECE = re.compile(r"\{\{|\}\}|\{(?P<name>\w*)(?::(?P<form>[^{}]*))?\}|[^{}]+|.", re.DOTALL)
_WIDTH = re.compile(r"(?:.?[<>^])?0?\d{0,3}(?:\.\d{1,3})?", re.DOTALL)
_DIGITS = re.compile(r"0?\d{0,2}d?")
_PLAIN_MOMENT = "%Y-%m-%d %H:%M:%S"


def template(text: str) -> Fill:
    """Return what fills a text for a call.

    Raises:
        ValueError: it names something that a call has not, in a form that it cannot be written in, or has a brace
            that is neither doubled nor around a name.
    """
    pieces = [_piece(found) for found in _PIECE.finditer(text)]
    return lambda call: "".join([piece(call) for piece in pieces])


def _piece(found: re.Match[str]) -> Fill:
    text, name = found[0], found["name"]
    if text in ("{{", "}}"):
        return lambda _call: text[0]
    if name is None:
        if text in ("{", "}"):
            raise ValueError(f"a brace at character {found.start() + 1} is neither doubled nor around a name")
        return lambda _call: text
    if name not in _NAMES:
        raise ValueError(f"{text} names nothing that a call has; there are {', '.join(_NAMES)}")
    kind = _NAMES[name]
    try:
        return kind(name, found["form"] or "")
    except ValueError as fault:
        raise ValueError(f"{text} cannot be written: {fault}") from None


def _moment(name: str, form: str) -> Fill:
    """A moment by the form of strftime; nothing where it did not come to that moment."""
    form, widen = _widened(form)
    shown = form or _PLAIN_MOMENT
    datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC).strftime(shown)
    get = _getter(name, datetime)

    def fill(call: OfficeCall) -> str:
        at = get(call)
        # `strftime` takes %s for the machine's own zone, whatever the moment's is.
        return widen(at.strftime(shown.replace("%s", str(int(at.timestamp())))) if at else "")

    return fill


def _duration(name: str, form: str) -> Fill:
    form, widen = _widened(form)
    write, get = duration_writer(form or "s"), _getter(name, int)
    return lambda call: widen(write(get(call) or 0))


def _text(name: str, form: str) -> Fill:
    get = _getter(name, str)
    if not _WIDTH.fullmatch(form):
        raise ValueError(f"{form!r} is no width, such as >10, 0>2 or 22")
    return lambda call: format(get(call) or "", form)


def _number(name: str, form: str) -> Fill:
    """Digits by their width, `08d`, or by that of a text, `>8`."""
    get = _getter(name, int)
    if _DIGITS.fullmatch(form):
        return lambda call: format(get(call) or 0, form)
    if not _WIDTH.fullmatch(form):
        raise ValueError(f"{form!r} is no width, such as 08d or >8")
    return lambda call: format(str(get(call) or 0), form)


def _widened(form: str) -> tuple[str, Callable[[str], str]]:
    """Divide a form from the width behind its last bar, as in `m'ss|>8`."""
    before, bar, width = form.rpartition("|")
    if not bar:
        return form, lambda text: text
    if not _WIDTH.fullmatch(width):
        raise ValueError(f"{width!r} is no width, such as >8")
    return before, lambda text: format(text, width)


def _getter(name: str, _kind: type[_Value]) -> Callable[[OfficeCall], _Value | None]:
    def get(call: OfficeCall) -> _Value | None:
        value: _Value | None = getattr(call, name)
        return value

    return get


_KINDS: Mapping[Callable[[str, str], Fill], tuple[str, ...]] = {
    _moment: ("start", "answer", "end"),
    _duration: ("ring", "talk", "total"),
    _text: ("extension", "extension2", "trunk", "number", "caller", "called", "account", "name"),
    _number: ("id", "epoch"),
}
_NAMES: Mapping[str, Callable[[str, str], Fill]] = {name: kind for kind, names in _KINDS.items() for name in names}
