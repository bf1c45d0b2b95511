"""What columns hold, by their texts: the kind and form that read nearly every cell, and a name among ours."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from tollbook.dialects.authoring.guessing_names import name_by
from tollbook.dialects.authoring.guessing_times import SampleColumn, reads_most, tell_durations, written_as
from tollbook.dialects.authoring.guessing_words import INCOMING, are_ends, are_marks, are_ways
from tollbook.dialects.reading.kinds import amount
from tollbook.dialects.reading.moments import clock
from tollbook.dialects.reading.row_zones import ZONE_KIND, zone_names
from tollbook.model.fields import MEANINGS

_NEARLY_ALL = 0.95
_LONGEST_EXTENSION, _LONGEST_TRUNK, _LONGEST_ACCOUNT_CODE = 6, 4, 12
_COUNTED, _LONGEST_COUNTER = 2, 18
"""More lines than this tell a counter, and its most digits."""
_BARE_CLOCK, _BARE = "hhmm", re.compile(r"\d{4}", re.ASCII)
"""A time without a sign in it: four digits, which only their place beside a date tells from an extension."""
_EPOCH = re.compile(r"1[5-9]\d{8}", re.ASCII)
_MONEY = re.compile(r"\D{0,3}\d+[.,]\d\d\D{0,3}", re.ASCII)
_NUMBER = re.compile(r"(?:<[A-Z]>|[A-Za-z])?[+*#]?[\d*#().\s-]{7,}", re.ASCII)


class Guessed(msgspec.Struct, frozen=True):
    """One column: what it is called, how its cells are read, whether some are empty, and their texts."""

    name: str
    means: str
    kind: str
    forms: list[str]
    empty: bool
    texts: list[str]


def guess_columns(labels: list[str], cells: list[list[str]]) -> list[Guessed]:
    """Return what each column holds; names are given once, and what remains is called by its label."""
    looked = [SampleColumn(label, [text.strip() for text in texts]) for label, texts in zip(labels, cells, strict=True)]
    for column in looked:
        column.kind, column.form = kind_of(column.filled)
    for column in [each for each in looked if each.kind == ZONE_KIND][1:]:
        column.kind = "text"  # a record has one zone
    tell_durations(looked)
    _name_by_labels(looked)
    _name_times(looked)
    _name_parties(looked)
    taken: set[str] = set()
    for number, column in enumerate(looked, 1):
        column.name = _own_name(column, number, taken)
        taken.add(column.name)
    return [_guessed(column) for column in looked]


def _guessed(column: SampleColumn) -> Guessed:
    means = MEANINGS.get(column.name, f"{column.label}, as the PBX writes it")
    forms = [column.form] if column.form else []
    return Guessed(column.name, means, column.kind, forms, len(column.filled) < len(column.texts), column.texts)


def kind_of(texts: list[str]) -> tuple[str, str]:
    """Return the kind and form that read nearly all texts; text where none does.

    >>> kind_of(["31/12/25", "01/02/26"]), kind_of(["0'05", "1'10"]), kind_of(["101"])
    (('date', 'DD/MM/YY'), ('duration', "m'ss"), ('text', ''))
    >>> kind_of(["25-12-30", "26-01-02"]), kind_of(["03/01/26", "03/02/26"])
    (('date', 'YY-MM-DD'), ('date', 'MM/DD/YY'))
    """
    if not texts:
        return "text", ""
    kind, form = written_as(texts)
    if kind:
        return kind, form
    if _share(texts, _EPOCH) >= _NEARLY_ALL:
        return "epoch", ""
    if _share(texts, _MONEY) >= _NEARLY_ALL and all(amount(text)[0] for text in texts):
        return "money", ""
    if all(text in zone_names() and "/" in text for text in texts):
        return ZONE_KIND, ""
    return "text", ""


def _share(texts: list[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.fullmatch(text)) for text in texts) / max(len(texts), 1)


def _name_by_labels(looked: list[SampleColumn]) -> None:
    """Name what the PBX itself has named; where two would be the same, the first.

    What is only called a duration, with no talk time beside it, is that: PBXs count from the answer. One column of
    numbers dialled, with none of callers, holds these too.
    """
    taken = dict[str, SampleColumn]()
    for column in looked:
        name, kind = name_by(column.label, column.kind, column.filled)
        if name and name not in taken and (name != "way" or are_ways(column.filled)):
            column.name, column.kind = name, kind
            taken[name] = column
    if "called" in taken and "caller" not in taken:
        taken["called"].name = "number"
    if "total_s" in taken and "talk_s" not in taken:
        taken["total_s"].name = "talk_s"


def _name_times(looked: list[SampleColumn]) -> None:
    """Name the dates, times and durations that the PBX does not name itself.

    The first moment is the start, the longer duration the talk time; where the PBX names some moments or durations, it
    would have named the others.
    """
    named = {column.name for column in looked}
    moments = [column for column in looked if column.kind == "moment"]
    if not any(name.endswith("_local") for name in named):
        if not moments:
            _find_bare_clock(looked)
        for name, column in zip(("started_local", "answered_local", "ended_local"), _in_three(moments), strict=False):
            column.name = name
        for kind, name in (("epoch", "started_at"), ("date", "date"), ("time", "time")):
            found = [each for each in looked if each.kind == kind and not each.name]
            if found and name not in named and (kind == "epoch" or not moments):
                found[0].name = name
    if not any(name.endswith("_s") for name in named):
        spans = [column for column in looked if column.kind == "duration" and column.filled]
        spans.sort(key=SampleColumn.total, reverse=True)
        for name, column in zip(("talk_s", "ring_s"), spans, strict=False):
            column.name = name


def _find_bare_clock(looked: list[SampleColumn]) -> None:
    """Take four digits beside a date for a time, where no column is one."""
    kinds = [column.kind for column in looked]
    if "date" not in kinds or "time" in kinds:
        return
    beside = looked[kinds.index("date") + 1 :][:1]
    for column in beside:
        texts = column.filled
        if not column.name and texts and _share(texts, _BARE) == 1 and reads_most(clock(_BARE_CLOCK), texts):
            column.kind, column.form = "time", _BARE_CLOCK


def _in_three(moments: list[SampleColumn]) -> list[SampleColumn]:
    """Return start, answer and end: the last two of several moments; of two only the start is sure."""
    return moments[:1] + (moments[-2:] if len(moments) > 2 else [])  # noqa: PLR2004 - as said


def _name_parties(looked: list[SampleColumn]) -> None:
    """Name marks, numbers, extensions and trunks among the columns of text."""
    texts = [column for column in looked if column.kind == "text" and not column.name and column.filled]
    named = {column.name for column in looked}
    for name, fits in _PARTIES:
        if name in named or (name == "number" and named & {"caller", "called"}):
            continue
        found = [column for column in texts if not column.name and fits(column)]
        if found:
            chosen = max(found, key=_variety) if name == "extension" else found[0]
            chosen.name = name


def _is_number(column: SampleColumn) -> bool:
    """Say whether most texts are numbers; one that is only marked as a caller's says nothing."""
    return _share([text for text in column.filled if text != INCOMING], _NUMBER) * 2 >= 1


def _is_extension(column: SampleColumn) -> bool:
    return _is_usual(column) and _lengths(column, 2, _LONGEST_EXTENSION)


def _is_counter(column: SampleColumn) -> bool:
    """Say whether a column numbers the lines: each is the one before and one more."""
    numbers = [
        int(text) for text in column.texts if text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNTER
    ]
    return len(numbers) == len(column.texts) > _COUNTED and numbers == list(
        range(numbers[0], numbers[0] + len(numbers)),
    )


def _is_account_code(column: SampleColumn) -> bool:
    return not _is_usual(column) and _lengths(column, 2, _LONGEST_ACCOUNT_CODE)


def _is_usual(column: SampleColumn) -> bool:
    """Say whether most lines have something in a column."""
    return len(column.filled) * 2 >= len(column.texts)


def _is_trunk(column: SampleColumn) -> bool:
    return _lengths(column, 1, _LONGEST_TRUNK)


_PARTIES: tuple[tuple[str, Callable[[SampleColumn], bool]], ...] = (
    ("way", lambda column: are_ways(column.filled)),
    ("status", lambda column: are_ends(column.filled) or are_marks(column.filled)),
    ("number", _is_number),
    ("call_id", _is_counter),
    ("extension", _is_extension),
    ("trunk", _is_trunk),
    ("account_code", _is_account_code),
)


def _lengths(column: SampleColumn, least: int, most: int) -> bool:
    whole = [text for text in column.filled if text.isalnum() and least <= len(text) <= most]
    return len(whole) >= _NEARLY_ALL * len(column.filled) and any(text.isdigit() for text in whole)


def _variety(column: SampleColumn) -> tuple[int, int]:
    return max(map(len, column.filled)), len(set(column.filled))


def _own_name(column: SampleColumn, number: int, taken: set[str]) -> str:
    """Return a name for a column that has none of ours: its label where that is a word."""
    word = re.sub(r"\W+", "_", column.label.lower(), flags=re.ASCII).strip("_")
    name = column.name or (word if word and not word[0].isdigit() else f"column_{number}")
    return name if name not in taken else f"{name}_{number}"
