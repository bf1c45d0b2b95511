"""What a layout of unknown lines may be: how they are divided, and what each column holds.

A guess is a beginning for a person, who sees its result beside each line and moves what is wrong. It is a plain
document, as a `dialect.toml` is, and always one that `read_layout` takes.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import msgspec

from tollbook.dialects.authoring.guessing_columns import Guessed, guess_columns
from tollbook.dialects.authoring.guessing_words import rules_of
from tollbook.dialects.layout.layout import Column, Layout, Record, Skip
from tollbook.dialects.reading.cells import csv_rows
from tollbook.model.limits import GUESSED_LINES

_ENOUGH = 0.8
"""Part of the lines that must agree before a way of dividing is believed."""
_BLANK = 0.9
"""Part of the lines that must be blank at a place for it to lie between two columns."""
_MANY, _FEWEST_LINES, _SELDOM = 20, 2, 0.02
"""Of so many lines, these at least (and such a part) must have a column that is blank in nearly all."""
_FEWEST_FIELDS, _FEWEST_COLUMNS = 3, 3
_SEPARATORS = "|;\t,"
_PAIR = re.compile(r"([A-Za-z][\w.-]*)\s*[=:]\s*([^,;|]*)", re.ASCII)
_AGREED, _ODD = 0.7, 0.4
"""Part of the lines that agree on a place, and of such places where a line may have something of another sort."""
_RULE = re.compile(r"^[\W_]{4,}$", re.ASCII)


class LineDivision(msgspec.Struct, frozen=True):
    """How lines are divided, and the cells of those that are records, column by column."""

    form: str
    names: list[str]
    cells: list[list[str]]
    separator: str = ","
    places: list[tuple[int, int]] = []
    shape: str = ""


def guess(lines: list[str]) -> Layout:
    """Return a layout for lines that nobody has told anything about."""
    wanted = [line.rstrip("\r\n") for line in lines if line.strip()][:GUESSED_LINES]
    records = [line for line in wanted if not is_decoration(line)] or wanted or ["0"]
    division = _as_json(records) or _as_pairs(records) or _as_fields(records, wanted) or _as_columns(records, wanted)
    guessed = guess_columns(division.names, division.cells)
    return Layout(
        title="My format",
        vendor="",
        models=[],
        certainty="guessed from a sample",
        framing="lines",
        encodings=["utf-8", "latin-1"],
        evidence=[],
        record=[_record(division, guessed)],
        rule=rules_of({each.name: each.texts for each in guessed}),
        skip=_skips(wanted, records),
        trusted=False,
    )


def is_decoration(line: str) -> bool:
    """Say whether a line is a rule or a heading: it has hardly a digit."""
    return bool(_RULE.match(line.strip())) or sum(sign.isdigit() for sign in line) < _FEWEST_COLUMNS


def _record(division: LineDivision, guessed: list[Guessed]) -> Record:
    columns = []
    for number, each in enumerate(guessed):
        place = division.places[number] if division.places else (0, 0)
        key = division.names[number] if division.form in ("json", "keyed") else None
        columns.append(
            Column(
                name=each.name,
                means=each.means,
                kind=each.kind,
                form=each.forms,
                at=place,
                key=key,
                empty=each.empty and each.kind != "text",
            ),
        )
    return Record(
        name="call",
        form=division.form,  # type: ignore[arg-type]  # one of the forms, as the divisions here name them
        columns=columns,
        shape=[_sure(division.shape, columns)] if division.shape else [],
        separator=division.separator,
        match="^" if division.form == "keyed" else "",
    )


def _sure(mask: str, columns: list[Column]) -> str:
    """Return a mask that asks only for dates and times, where there are such: other columns vary more than a sample."""
    spans = [column.at for column in columns if column.kind in _TIMES]
    sure = {place for start, length in spans for place in range(start, start + (length or len(mask)))}
    asked = "".join(sign if place in sure else "?" for place, sign in enumerate(mask)).rstrip("? ")
    return asked if len(asked.replace("?", "")) >= _ASKED else mask[:_FIRST].rstrip("?# ") or "?"


_TIMES = ("date", "time", "moment")
_ASKED, _FIRST, _LONGEST = 4, 24, 64
"""Signs that a mask must ask for, the first that it is made of where there is no date or time, and the most."""


def _as_json(lines: list[str]) -> LineDivision | None:
    found = [_object(line) for line in lines]
    objects = [each for each in found if each]
    if len(objects) < _ENOUGH * len(lines):
        return None
    names = list(dict.fromkeys(name for each in objects for name in each))
    cells = [[each.get(name, "") for each in objects] for name in names]
    return LineDivision("json", names, cells)


def _object(line: str) -> dict[str, str]:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in found.items()
        if value is not None
    }


def _as_pairs(lines: list[str]) -> LineDivision | None:
    separator = max(_SEPARATORS, key=lambda sign: sum(line.count(sign) for line in lines))
    found = [_pairs(line, separator) for line in lines]
    if sum(len(each) >= _FEWEST_FIELDS for each in found) < _ENOUGH * len(lines):
        return None
    names = [name for name, count in Counter(name for each in found for name in each).items() if count > 1]
    return LineDivision("keyed", names, [[each.get(name, "") for each in found] for name in names], separator)


def _pairs(line: str, separator: str) -> dict[str, str]:
    matches = (_PAIR.fullmatch(part.strip()) for part in line.split(separator))
    return {match[1]: match[2] for match in matches if match}


def _as_fields(lines: list[str], wanted: list[str]) -> LineDivision | None:
    """Fields with a separator that is no blank, as many in nearly every line; a heading of as many names them."""
    for separator in _SEPARATORS:
        rows = csv_rows(lines, separator)
        width, count = Counter(map(len, rows)).most_common(1)[0]
        if width >= _FEWEST_FIELDS and count >= _ENOUGH * len(rows):
            whole = [row for row in rows if len(row) == width]
            return LineDivision(
                "csv",
                _headings(wanted, separator, width),
                [list(column) for column in zip(*whole, strict=True)],
                separator,
            )
    return None


def _headings(wanted: list[str], separator: str, width: int) -> list[str]:
    """Return what a heading calls the fields, or their numbers where there is none."""
    rows = csv_rows([line for line in wanted if is_decoration(line)], separator)
    named = (row for row in rows if len(row) == width and all(name.strip() for name in row))
    return next(named, _numbered(width))


def _as_columns(lines: list[str], wanted: list[str]) -> LineDivision:
    """Fixed columns, or words where as many stand in each line but not in the same places; a heading names either."""
    lines = alike(lines)
    starts = edges(lines)
    words = Counter(len(line.split()) for line in lines)
    width, count = words.most_common(1)[0]
    headings = [line for line in wanted if is_decoration(line) and not _RULE.match(line.strip())]
    if len(starts) < _FEWEST_COLUMNS <= width and count >= _ENOUGH * len(lines):
        rows = [line.split() for line in lines if len(line.split()) == width]
        names = next((each.split() for each in headings if len(each.split()) == width), _numbered(width))
        return LineDivision("blanks", names, [list(column) for column in zip(*rows, strict=True)], " ")
    named = (each for each in headings if not any(each[start - 1 : start].strip() for start in starts if start))
    return fixed(lines, starts, next(named, ""))


def _numbered(width: int) -> list[str]:
    return [str(number) for number in range(1, width + 1)]


def fixed(lines: list[str], starts: list[int], heading: str = "") -> LineDivision:
    """Return lines divided into columns that begin at these places, called as in a heading or by their numbers."""
    places = [(start, end - start) for start, end in pairwise(starts)] + [(starts[-1], 0)]
    words = _cut(heading, places)
    return LineDivision(
        "fixed",
        [word or number for word, number in zip(words, _numbered(len(places)), strict=True)],
        [list(column) for column in zip(*(_cut(line, places) for line in lines), strict=True)],
        places=places,
        shape=shape(lines),
    )


def _cut(line: str, places: list[tuple[int, int]]) -> list[str]:
    return [line[start : start + length if length else None].strip() for start, length in places]


def alike(lines: list[str]) -> list[str]:
    """Return lines without those that are built otherwise than most, such as the head of a page with its date.

    >>> alike(["101  09:30 5550142", "SMDR 04 02/03/26", "2020 09:31 5550143", "102  09:33 5550144"])
    ['101  09:30 5550142', '2020 09:31 5550143', '102  09:33 5550144']
    """
    width = max(map(len, lines), default=0)
    rows = ["".join(map(_sort_of, line.ljust(width))) for line in lines]
    common = [Counter(row[place] for row in rows).most_common(1)[0] for place in range(width)]
    agreed = [(place, sort) for place, (sort, count) in enumerate(common) if count >= _AGREED * len(lines)]
    odd = [sum(row[place] != sort for place, sort in agreed) for row in rows]
    return [line for line, count in zip(lines, odd, strict=True) if count <= _ODD * len(agreed)]


def _sort_of(sign: str) -> str:
    if sign.isalnum():
        return "9" if sign.isdigit() else "A"
    return " " if sign.isspace() else "."


def edges(lines: list[str]) -> list[int]:
    """Return where columns begin: behind each place that is blank in nearly every line.

    >>> edges(["101  09:30 2125550142", "2020 09:31 2125550143"]), edges([" 101 09:30", " 102 09:31"])
    ([0, 5, 11], [0, 5])
    """
    width = max(map(len, lines), default=0)
    padded = [line.ljust(width) for line in lines]
    filled = [sum(line[place] != " " for line in padded) for place in range(width)]
    blank = [len(padded) - count >= _BLANK * len(padded) for count in filled]
    # What few lines have, such as an account code, is a column too where nothing ever stands before it.
    few = max(_FEWEST_LINES, len(padded) * _SELDOM)
    seldom = [len(padded) >= _MANY and count >= few for count in filled]
    begun = next((place for place in range(width) if filled[place]), 0)
    # A margin belongs to the first column, whose longer texts may need it.
    starts = [
        place
        for place in range(begun + 1, width)
        if (blank[place - 1] and not blank[place]) or (filled[place - 1] == 0 and seldom[place])
    ]
    return [0, *starts]


def shape(lines: list[str]) -> str:
    """Return a mask that all lines fit, of their first signs: digits, letters and what is always the same.

    >>> shape(["03/02 09:30 I 101", "12/31 10:05 O 2020"])
    '99/99 99:99 A 999'
    """
    mask = "".join(_mask({line[place : place + 1] or " " for line in lines}) for place in range(_LONGEST))
    return mask.rstrip("?# ") or "?"


def _mask(signs: set[str]) -> str:
    if all(sign.isdigit() and sign.isascii() for sign in signs):
        return "9"
    if all((sign.isdigit() and sign.isascii()) or sign == " " for sign in signs) and signs != {" "}:
        return "#"
    if len(signs) == 1 and not next(iter(signs)).isalpha():
        only = next(iter(signs))
        return only if only in "/.:-'\"|, " else "?"
    if all(sign.isalpha() and sign.isascii() for sign in signs):
        return "A"
    return "?"


def _skips(wanted: list[str], records: list[str]) -> list[Skip]:
    """Rules and headings: what is no record in the sample, by its shape."""
    others = [line for line in wanted if line not in set(records)]
    skips = []
    if any(_RULE.match(line.strip()) for line in others):
        skips.append(Skip(match=r"^\s*[^\w\s]{4,}\s*$", reason="rule"))
    if any(not _RULE.match(line.strip()) for line in others):
        skips.append(Skip(match=r"^(\D*\d){0,2}\D*$", reason="heading"))
    return skips
