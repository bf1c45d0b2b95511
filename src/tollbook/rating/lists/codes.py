"""Reads codes as carriers write them: several in a cell, ranges, with prefixes before them, spoiled by a spreadsheet.

A code is the beginning of a number of E.164, without its plus sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from tollbook.model.limits import LIST_CODES
from tollbook.rating.lists.mapping import NOTHING, Hyphen, Joined

_LONGEST = 15
_SHORT = 3
_DAMAGED = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+")
_POINT = re.compile(r"\d+\.\d*")
_PIECES = re.compile(r"(?:[^;,|/\n(]|\([^)]*\)?)+")
"""What stands between separators, those within brackets not counted."""
_INNER = re.compile(r"[;,|/\s]+")
_BRACKETS = re.compile(r"([^()]*)\(([^()]*)\)([^()]*)")
_DASH = re.compile(r"\s*[-\u2010-\u2015]\s*")
_MEANT = re.compile(r"[\d\s+;,|/()#*.eE\u2010-\u2015-]+")
_TWO_DIGITS = frozenset(
    [
        "20",
        "27",
        "30",
        "31",
        "32",
        "33",
        "34",
        "36",
        "39",
        "40",
        "41",
        "43",
        "44",
        "45",
        "46",
        "47",
        "48",
        "49",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "57",
        "58",
        "60",
        "61",
        "62",
        "63",
        "64",
        "65",
        "66",
        "81",
        "82",
        "84",
        "86",
        "90",
        "91",
        "92",
        "93",
        "94",
        "95",
        "98",
    ],
)


class CodeForm(msgspec.Struct, frozen=True):
    """How codes are written: what stands before them, and what a hyphen and a blank within them mean.

    Behind a country code that stands in a column of its own, `head`, zeros may be dialled within the country only.
    """

    strip: tuple[str, ...] = ()
    hyphen: Hyphen = ""
    blank: Joined = ""
    head: str = ""
    zero: Literal["", "strip", "keep"] = ""


class CodeFault(Exception):
    """A cell holds no code: what is wrong, why, and what to do."""

    def __init__(self, what: str, why: str, what_now: str = "") -> None:
        super().__init__(what)
        self.fault = what, why, what_now


class UnclearCode(Exception):
    """It has to be asked how a cell is meant: `setting` is what would say it."""

    def __init__(self, setting: str) -> None:
        super().__init__(setting)
        self.setting = setting


def is_code_cell(cell: str) -> bool:
    """Say whether a cell can be meant as a code: it has digits and no words."""
    return bool(_MEANT.fullmatch(cell)) and any(map(str.isdigit, cell))


def is_plain(cell: str) -> bool:
    """Say whether digits are a code as it stands."""
    return cell[0] != "0" and len(cell) <= _LONGEST and cell.isascii()


def country_code(code: str) -> str:
    """Return the country code with which a code begins, or as much of it as there is.

    >>> country_code("4420"), country_code("12015"), country_code("35315")
    ('44', '1', '353')
    """
    if code[:1] in {"1", "7"}:
        return code[:1]
    return code[:2] if code[:2] in _TWO_DIGITS else code[:3]


def codes_in(cell: str, form: CodeForm) -> list[str]:
    """Return the codes of a cell; raises `CodeFault`, and `UnclearCode` where the form does not say enough.

    >>> codes_in("7400;7401", CodeForm()), codes_in("4420-4422", CodeForm()), codes_in("7(1,2;3)", CodeForm())
    (['7400', '7401'], ['4420', '4421', '4422'], ['71', '72', '73'])
    """
    if cell.isdecimal() and not (form.strip or form.head) and is_plain(cell):
        return [cell]
    found: list[str] = []
    for piece in _PIECES.findall(cell):
        if piece.strip():
            found += _piece(piece.strip(), form)
            if len(found) > LIST_CODES:
                raise CodeFault("a cell has too many codes", f"more than {LIST_CODES}", "write several rows")
    if not found:
        raise CodeFault("the code is empty", f"the cell is {cell!r}")
    return found


def _piece(piece: str, form: CodeForm) -> list[str]:
    if _DAMAGED.fullmatch(piece):
        reason = "a spreadsheet has rounded it, and its last digits are lost"
        raise CodeFault(
            f"the code is a rounded number: {piece!r}",
            reason,
            "format the column as text and export again",
        )
    if _POINT.fullmatch(piece):
        reason = "a program took it for a number, and may have taken zeros away"
        raise CodeFault(
            f"the code has a decimal point: {piece!r}",
            reason,
            "format the column as text and export again",
        )
    whole = _stripped(piece, form.strip)
    if bracket := _BRACKETS.fullmatch(whole):
        return [code for text in _opened(bracket) for code in _flat(text, form)]
    return _flat(whole, form)


def _stripped(piece: str, strip: tuple[str, ...]) -> str:
    """Return a code without what stands before it; one without that has lost it, if it does not begin with a plus."""
    if piece.startswith("+") and "+" not in strip:
        return piece[1:].lstrip()
    for each in sorted(strip, key=len, reverse=True):
        if piece.startswith(each) and each != NOTHING:
            return piece[len(each) :].lstrip(" -.+")
    if strip and NOTHING not in strip:
        reason = f"others begin with {' or '.join(strip)}; a spreadsheet takes zeros away from the beginning"
        help_ = f"mend it, or where that may be missing: --set strip={','.join([*strip, NOTHING])}"
        raise CodeFault(f"the code lacks its prefix: {piece!r}", reason, help_)
    return piece


def _opened(bracket: re.Match[str]) -> Iterator[str]:
    """Yield `71` and `72` of `7(1,2)`; a zero in brackets is not dialled from abroad."""
    head, inner, tail = (part.strip() for part in bracket.groups())
    parts = [part for part in _INNER.split(_DASH.sub("-", inner)) if part]
    if parts == ["0"]:
        yield f"{head} {tail}"
        return
    for part in parts:
        first, dash, last = part.partition("-")
        for each in _range(first, last) if dash else [first]:
            yield f"{head}{each}{tail}"


def _flat(text: str, form: CodeForm) -> list[str]:
    text = _DASH.sub("-", text)
    blank = form.blank
    if any(sign.isspace() for sign in text):
        blank = blank or _blank_means(text.split())
        if blank == "list":
            return [code for part in text.split() for code in _dashed(part.removeprefix("+"), form)]
        text = "".join(text.split())
    return _dashed(text, form)


def _blank_means(parts: list[str]) -> Joined:
    if all(part.startswith("+") for part in parts[1:]):
        return "list"
    if len(parts[0]) <= _SHORT and not any(part.startswith(parts[0]) for part in parts[1:]):
        return "part"
    raise UnclearCode("blank")


def _dashed(text: str, form: CodeForm) -> list[str]:
    first, dash, last = text.partition("-")
    if not dash:
        return [_checked(text, form)]
    if (form.hyphen or _hyphen_means(first, last)) == "part":
        return [_checked(text.replace("-", ""), form)]
    return [_checked(code, form) for code in _range(first, last)]


def _hyphen_means(first: str, last: str) -> Hyphen:
    if "-" in last:
        return "part"
    same = len(first) == len(last)
    if same and len(first) > _SHORT and first[:-2] == last[:-2] and first <= last:
        return "range"
    if len(first) <= _SHORT and (not same or first >= last):
        return "part"
    raise UnclearCode("hyphen")


def _range(first: str, last: str) -> list[str]:
    """Return the codes from one to another, whose beginning need not be said again.

    >>> _range("4420", "22")
    ['4420', '4421', '4422']
    """
    whole = first[: max(len(first) - len(last), 0)] + last
    if (
        not (first.isdecimal() and last.isdecimal())
        or len(first) > _LONGEST
        or len(whole) != len(first)
        or whole < first
    ):
        raise CodeFault(f"the range cannot be read: '{first}-{last}'", "both ends have as many digits, the lower first")
    if int(whole) - int(first) >= LIST_CODES:
        raise CodeFault("a cell has too many codes", f"more than {LIST_CODES}", "write several rows")
    return [f"{number:0{len(first)}d}" for number in range(int(first), int(whole) + 1)]


def _checked(code: str, form: CodeForm) -> str:
    if form.head:
        code = form.head + (code.lstrip("0") if form.zero == "strip" else code)
    if not (code.isdecimal() and code.isascii()):
        raise CodeFault(f"the code has other signs than digits: {code!r}", "a code is the beginning of a number", "")
    if code[0] == "0":
        reason = "no country code begins with 0"
        raise CodeFault(f"the code begins with 0: {code!r}", reason, "say what stands before codes: --set strip=00")
    if len(code) > _LONGEST:
        raise CodeFault(f"the code is too long: {code!r}", f"a number has {_LONGEST} digits at most", "")
    return code
