"""Texts with places for what a call is: `{end:%m/%d/%y} {extension:<5} {talk:hh:mm'ss}`.

They look like Python's format strings and are not run as such: a place is one of the documented names, with a form
that its kind of value knows, and nothing else can be reached. What would be wrong with one call is found when the text
is read.

Durations are written by a form that shows it: `m'ss`, `hh:mm'ss`, `S=s`, `h:mm.t`. The letters are those in which
layouts say how a duration is read: `h m s`, doubled where a leading zero is written, `sssss` for five digits, `t` for
tenths of a minute and `x` for digits of a fraction. Every other sign is itself.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter

from tollbook.simulator.formats.calls import OfficeCall

Fill = Callable[[OfficeCall], str]

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
    get = attrgetter(name)

    def fill(call: OfficeCall) -> str:
        at = get(call)
        # `strftime` takes %s for the machine's own zone, whatever the moment's is.
        return widen(at.strftime(shown.replace("%s", str(int(at.timestamp())))) if at else "")

    return fill


def _duration(name: str, form: str) -> Fill:
    form, widen = _widened(form)
    write, get = duration_writer(form or "s"), attrgetter(name)
    return lambda call: widen(write(get(call) or 0))


def _text(name: str, form: str) -> Fill:
    get = attrgetter(name)
    if not _WIDTH.fullmatch(form):
        raise ValueError(f"{form!r} is no width, such as >10, 0>2 or 22")
    return lambda call: format(get(call) or "", form)


def _number(name: str, form: str) -> Fill:
    """Digits by their width, `08d`, or by that of a text, `>8`."""
    get = attrgetter(name)
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


_KINDS: Mapping[Callable[[str, str], Fill], tuple[str, ...]] = {
    _moment: ("start", "answer", "end"),
    _duration: ("ring", "talk", "total"),
    _text: ("extension", "extension2", "trunk", "number", "caller", "called", "account", "name", "zone"),
    _number: ("id", "epoch"),
}
_NAMES: Mapping[str, Callable[[str, str], Fill]] = {name: kind for kind, names in _KINDS.items() for name in names}


_PARTS = re.compile(r"h+|m+|s+|t|x+|[^hmstx]+", re.DOTALL)
_LONGEST = 9
"""Most digits of a number."""


def duration_writer(form: str) -> Callable[[int], str]:
    """Return what writes seconds in a form; what the largest unit cannot pass on to a larger one stays in it.

    >>> duration_writer("m'ss")(315), duration_writer("hh:mm:ss")(3661), duration_writer("S=s")(226)
    ("5'15", '01:01:01', 'S=226')
    >>> duration_writer("h:mm.t")(3750), duration_writer("sssss")(95), duration_writer("hh:mm:ss.x")(61)
    ('1:02.5', '00095', '00:01:01.0')

    Raises:
        ValueError: the form has no unit, has one twice, or leaves one out between two others.
    """
    parts = _PARTS.findall(form)
    units = [part[0] for part in parts if part[0] in "hmst"]
    if not units:
        raise ValueError(f"{form!r} has none of h, m, s and t")
    if any(len(list(same)) > 1 for _, same in groupby(sorted(units))) or max(map(len, parts)) > _LONGEST * 3:
        raise ValueError(f"{form!r} has a unit twice, or is too long")
    if "h" in units and "m" not in units and {"s", "t"} & set(units):
        raise ValueError(f"{form!r} has hours and no minutes")
    writers = [_writer(part, units) for part in parts]
    return lambda seconds: "".join([write(seconds) for write in writers])


def _writer(part: str, units: list[str]) -> Callable[[int], str]:
    letter, width = part[0], len(part)
    if letter == "x":
        return lambda _seconds: "0" * width
    if letter not in "hmst":
        return lambda _seconds: part
    divisor, modulus = _MEASURES[letter]
    if any(larger in units for larger in _LARGER[letter]):
        return lambda seconds: f"{seconds // divisor % modulus:0{width}d}"
    return lambda seconds: f"{seconds // divisor:0{width}d}"


_MEASURES = {"h": (3600, 24), "m": (60, 60), "s": (1, 60), "t": (6, 10)}
_LARGER = {"h": "", "m": "h", "s": "mh", "t": "mh"}
