r"""Signs that a pattern cannot tell apart, so that lines which differ in those alone are matched once.

`^\d\d/\d\d (?P<number>\d+)$` matches `11/30 5550101` as it matches `12/01 5550199`: the same groups at the same places.
Both are `00/00 0000000` when each sign is replaced by one of its class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ESCAPED = r"\\x[0-9A-Fa-f]{2}|\\."
_TOKEN = re.compile(
    rf"\[\^?\]?(?:{_ESCAPED}|[^\]\\])*\]|{_ESCAPED}|\(\?P<\w+>|\(\?:|\{{\d+(?:,\d*)?\}}|.",
    re.DOTALL,
)
_OF_A_CLASS = re.compile(rf"({_ESCAPED}|.)(?:-({_ESCAPED}|.))?", re.DOTALL)
_CATEGORIES = {
    "d": re.compile(r"\d", re.ASCII),
    "w": re.compile(r"\w", re.ASCII),
    "s": re.compile(r"\s", re.ASCII),
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_BETWEEN_SIGNS = frozenset("bBAz")
_ASCII = range(128)
_FIRST_PRINTABLE, _DELETE = 32, 127
_WITH_OPTIONS = re.compile(r"\(\?(?!P<|:)")


class TooMuch(ValueError):
    """A pattern has something of which it is not known here what signs it tells apart."""


def sign_classes(pattern: str) -> bytes | None:
    r"""Return for each byte the one that stands for its class; None for a pattern that cannot be looked through.

    The pattern is one that RE2 understands, and not a verbose one. Two bytes of ASCII have one class only if every line
    of ASCII is matched alike with either; bytes beyond ASCII stand for themselves.

    >>> classes = sign_classes(r"^\d\d:\d\d (?P<kind>[A-F]) ")
    >>> b"23:59 B x9".translate(classes), b"07:00 F q1".translate(classes)
    (b'00:00 A G0', b'00:00 A G0')
    """
    try:
        told = [frozenset(signs) for signs in _told_apart(pattern)]
    except TooMuch:
        return None
    first: dict[tuple[bool, ...], int] = {}
    classes = [first.setdefault(tuple(sign in signs for signs in told), sign) for sign in _ASCII]
    return bytes([*classes, *range(128, 256)])


def _told_apart(pattern: str) -> Iterator[set[int]]:
    """Yield sets of signs: those of one set are told from all others."""
    if _WITH_OPTIONS.search(pattern):
        raise TooMuch
    yield from ({control} for control in (*range(_FIRST_PRINTABLE), _DELETE))
    yield from map(_in_category, _CATEGORIES)
    for token in _TOKEN.findall(pattern):
        if token[0] == "[":
            yield _in_brackets(token)
        elif len(token) == 1 or token[0] == "\\":
            yield _signs(token)


def _in_brackets(token: str) -> set[int]:
    """Return the signs that are told from others by a class in brackets: those in it, or those it bars."""
    if "[:" in token:
        raise TooMuch
    found: set[int] = set()
    for first, last in _OF_A_CLASS.findall(token[1:-1].removeprefix("^")):
        low, high = _signs(first), _signs(last) if last else set[int]()
        if last and not len(low) == len(high) == 1:
            raise TooMuch
        found |= set(range(min(low), max(high) + 1)) if last else low
    return found


def _signs(token: str) -> set[int]:
    """Return the signs of one that stands for itself or of an escape; a sign that is an operator, too."""
    if len(token) == 1:
        return {ord(token)}
    sign = token[1]
    if sign.lower() in _CATEGORIES:
        return _in_category(sign.lower())
    if sign in _CONTROLS:
        return {ord(_CONTROLS[sign])}
    if sign == "x":
        return {int("0" + token[1:], 0)}
    if sign.isalnum() and sign not in _BETWEEN_SIGNS:
        raise TooMuch
    return {ord(sign)}


def _in_category(category: str) -> set[int]:
    return {sign for sign in _ASCII if _CATEGORIES[category].match(chr(sign))}
