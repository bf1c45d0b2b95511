"""What columns hold, by their texts: the kind and form that read nearly every cell, and a name among ours."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from tollbook.dialects.authoring.guessing_names import name_by
from tollbook.dialects.reading.kinds import amount
from tollbook.dialects.reading.moments import Count, clock, days, duration, moment

_NEARLY_ALL = 0.95
_MOST = 0.8
"""Part of the cells that a kind must read: a sample may well hold a line that is broken."""
_SMALL = 6
"""Most different texts of a column of marks such as I and O."""
_LONGEST_EXTENSION, _LONGEST_TRUNK, _LONGEST_ACCOUNT_CODE = 6, 4, 12
_WAYS = "IiOo"
_DATES = (
    "MM/DD/YY", "DD/MM/YY", "MM/DD/YYYY", "DD/MM/YYYY", "YYYY-MM-DD", "YYYY/MM/DD", "DD.MM.YY", "DD.MM.YYYY",
    "YY/MM/DD", "DD-MM-YY", "MM-DD-YY", "YY-MM-DD", "YYYYMMDD", "MM/DD", "DD/MM", "DD.MM",
)  # fmt: skip
_CLOCKS = ("hh:mmpp", "hh:mm:sspp")
_BARE_CLOCK, _BARE = "hhmm", re.compile(r"\d{4}", re.ASCII)
"""A time without a sign in it: four digits, which only their place beside a date tells from an extension."""
_ISO = ("YYYY-MM-DDThh:mm:ss", "YYYY-MM-DDThh:mm:ssZ", "YYYY-MM-DDThh:mm:ss.xxxZ")
_MOMENTS = _ISO + tuple(
    f"{date} {clock}" for date in _DATES[:10] for clock in ("hh:mm:ss", "hh:mm", "hh:mm:sspp", "hh:mmpp")
)
_DATED = ("moment", "date")
_DURATIONS = ("hh:mm'ss", "hh:mm'ss\"", "m'ss", "m'ss\"", "hh:mm.ss", "h:mm.t", "hh:mm:ss", "mm:ss", "S=s")
_WRITTEN: tuple[tuple[str, tuple[str, ...], Callable[[str], Count]], ...] = (
    ("moment", _MOMENTS, moment),
    ("date", _DATES, days),
    ("time", _CLOCKS, clock),
    ("duration", _DURATIONS, duration),
)
_EPOCH = re.compile(r"1[5-9]\d{8}", re.ASCII)
_MONEY = re.compile(r"\D{0,3}\d+[.,]\d\d\D{0,3}", re.ASCII)
_MARK = re.compile(r"[A-Za-z]{1,2}", re.ASCII)
_NUMBER = re.compile(r"(?:<[A-Z]>)?[+*#]?[\d*#().\s-]{7,}", re.ASCII)
INCOMING = "<I>"
"""What stands before a caller's number where calls in and out share a column, as Panasonic's do."""


class Guessed(msgspec.Struct, frozen=True):
    """One column: what it is called, how its cells are read, whether some are empty, and their texts."""

    name: str
    means: str
    kind: str
    forms: list[str]
    empty: bool
    texts: list[str]


class _Looked(msgspec.Struct):
    """A column that has been looked at: its kind and form, before it has a name."""

    label: str
    texts: list[str]
    kind: str = "text"
    form: str = ""
    name: str = ""

    @property
    def filled(self) -> list[str]:
        return [text for text in self.texts if text.strip()]

    def total(self) -> float:
        """Return the mean of a column of durations."""
        count = duration(self.form) if self.kind == "duration" else int
        values = [count(text) for text in self.filled if _reads(count, text)]
        return sum(values) / max(len(values), 1)


def guess_columns(labels: list[str], cells: list[list[str]]) -> list[Guessed]:
    """Return what each column holds; names are given once, and what remains is called by its label."""
    looked = [_Looked(label, [text.strip() for text in texts]) for label, texts in zip(labels, cells, strict=True)]
    for column in looked:
        column.kind, column.form = kind_of(column.filled)
    _name_by_labels(looked)
    _name_times(looked)
    _name_parties(looked)
    taken: set[str] = set()
    for number, column in enumerate(looked, 1):
        column.name = _own_name(column, number, taken)
        taken.add(column.name)
    return [_guessed(column) for column in looked]


def _guessed(column: _Looked) -> Guessed:
    means = _MEANS.get(column.name, f"{column.label}, as the PBX writes it")
    forms = [column.form] if column.form else []
    return Guessed(column.name, means, column.kind, forms, len(column.filled) < len(column.texts), column.texts)


_MEANS = {
    "date": "day of the call",
    "time": "time of the call",
    "started_local": "start of the call",
    "started_at": "start of the call",
    "answered_local": "moment of answering",
    "ended_local": "end of the call",
    "talk_s": "time of conversation",
    "ring_s": "time of ringing",
    "total_s": "length of the call",
    "caller": "who called",
    "called": "who was called",
    "call_id": "what the PBX calls the call",
    "extension": "extension",
    "trunk": "trunk",
    "number": "number of the other side",
    "way": "which way the call went",
    "charge": "price, as the PBX reckons it",
    "status": "how the call ended",
    "account_code": "account code",
}


def kind_of(texts: list[str]) -> tuple[str, str]:
    """Return the kind and form that read nearly all texts; text where none does.

    Of several forms of a date that is the one by which a sample's days lie closest together.

    >>> kind_of(["31/12/25", "01/02/26"]), kind_of(["0'05", "1'10"]), kind_of(["101"])
    (('date', 'DD/MM/YY'), ('duration', "m'ss"), ('text', ''))
    >>> kind_of(["25-12-30", "26-01-02"]), kind_of(["03/01/26", "03/02/26"])
    (('date', 'YY-MM-DD'), ('date', 'MM/DD/YY'))
    """
    if not texts:
        return "text", ""
    for kind, forms, reader in _WRITTEN:
        if kind == "time" and _is_duration(texts):
            continue
        fitting = [form for form in forms if _reads_all(reader(form), texts)]
        if fitting:
            return kind, min(fitting, key=lambda form: _spread(reader(form), texts)) if kind in _DATED else fitting[0]
    if _share(texts, _EPOCH) >= _NEARLY_ALL:
        return "epoch", ""
    if _share(texts, _MONEY) >= _NEARLY_ALL and all(amount(text)[0] for text in texts):
        return "money", ""
    return "text", ""


def _spread(count: Count, texts: list[str]) -> tuple[int, int]:
    """Return how many texts a form cannot read, and how far apart are the moments of the others."""
    found = [count(text) for text in texts if _reads(count, text)]
    return len(texts) - len(found), max(found) - min(found)


def _is_duration(texts: list[str]) -> bool:
    """Say whether times with seconds are rather durations: most of them are below an hour."""
    with_seconds = [text for text in texts if text.count(":") > 1]
    return len(with_seconds) == len(texts) and sum(text.lstrip().startswith(("00", "0:")) for text in texts) * 2 > len(
        texts,
    )


def _reads_all(count: Count, texts: list[str]) -> bool:
    return sum(_reads(count, text) for text in texts) >= _MOST * len(texts)


def _reads(count: Count, text: str) -> bool:
    try:
        count(text)
    except ValueError:
        return False
    return True


def _share(texts: list[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.fullmatch(text)) for text in texts) / max(len(texts), 1)


def _name_by_labels(looked: list[_Looked]) -> None:
    """Name what the PBX itself has named; where two would be the same, the first."""
    taken = set[str]()
    for column in looked:
        name, kind = name_by(column.label, column.kind, column.filled)
        if name and name not in taken:
            column.name, column.kind = name, kind
            taken.add(name)


def _name_times(looked: list[_Looked]) -> None:
    """Name dates, times and durations: the first moment is the start, the longer duration the talk time."""
    if any(column.name.endswith(("_local", "_s")) for column in looked):
        return  # where the PBX names some of them, it would have named the others
    moments = [column for column in looked if column.kind == "moment"]
    if not moments:
        _find_bare_clock(looked)
    for name, column in zip(("started_local", "answered_local", "ended_local"), _in_three(moments), strict=False):
        column.name = name
    for kind, name in (("epoch", "started_at"), ("date", "date"), ("time", "time")):
        found = [each for each in looked if each.kind == kind]
        if found and (kind == "epoch" or not moments):
            found[0].name = name
    spans = [column for column in looked if column.kind == "duration" and column.filled]
    spans.sort(key=_Looked.total, reverse=True)
    for name, column in zip(("talk_s", "ring_s"), spans, strict=False):
        column.name = name


def _find_bare_clock(looked: list[_Looked]) -> None:
    """Take four digits beside a date for a time, where no column is one."""
    kinds = [column.kind for column in looked]
    if "date" not in kinds or "time" in kinds:
        return
    beside = looked[kinds.index("date") + 1 :][:1]
    for column in beside:
        texts = column.filled
        if not column.name and texts and _share(texts, _BARE) == 1 and _reads_all(clock(_BARE_CLOCK), texts):
            column.kind, column.form = "time", _BARE_CLOCK


def _in_three(moments: list[_Looked]) -> list[_Looked]:
    """Return start, answer and end; two moments are start and end."""
    return moments if len(moments) != 2 else [moments[0]]  # noqa: PLR2004 - as said


def _name_parties(looked: list[_Looked]) -> None:
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


def _is_way(column: _Looked) -> bool:
    """Say whether a column of marks has such as are letters of direction everywhere."""
    return _is_mark(column) and any(text[:1] in _WAYS for text in column.filled)


def _is_mark(column: _Looked) -> bool:
    return _share(column.filled, _MARK) >= _NEARLY_ALL and len(set(column.filled)) <= _SMALL


def _is_number(column: _Looked) -> bool:
    """Say whether most texts are numbers; one that is only marked as a caller's says nothing."""
    return _share([text for text in column.filled if text != INCOMING], _NUMBER) * 2 >= 1


def _is_extension(column: _Looked) -> bool:
    return _is_usual(column) and _lengths(column, 2, _LONGEST_EXTENSION)


def _is_account_code(column: _Looked) -> bool:
    return not _is_usual(column) and _lengths(column, 2, _LONGEST_ACCOUNT_CODE)


def _is_usual(column: _Looked) -> bool:
    """Say whether most lines have something in a column."""
    return len(column.filled) * 2 >= len(column.texts)


def _is_trunk(column: _Looked) -> bool:
    return _lengths(column, 1, _LONGEST_TRUNK)


_PARTIES: tuple[tuple[str, Callable[[_Looked], bool]], ...] = (
    ("way", _is_way),
    ("status", _is_mark),
    ("number", _is_number),
    ("extension", _is_extension),
    ("trunk", _is_trunk),
    ("account_code", _is_account_code),
)


def _lengths(column: _Looked, least: int, most: int) -> bool:
    whole = [text for text in column.filled if text.isalnum() and least <= len(text) <= most]
    return len(whole) >= _NEARLY_ALL * len(column.filled) and any(text.isdigit() for text in whole)


def _variety(column: _Looked) -> tuple[int, int]:
    return max(map(len, column.filled)), len(set(column.filled))


def _own_name(column: _Looked, number: int, taken: set[str]) -> str:
    """Return a name for a column that has none of ours: its label where that is a word."""
    word = re.sub(r"\W+", "_", column.label.lower(), flags=re.ASCII).strip("_")
    name = column.name or (word if word and not word[0].isdigit() else f"column_{number}")
    return name if name not in taken else f"{name}_{number}"
