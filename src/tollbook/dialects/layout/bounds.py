"""Finds what a layout has too much of: texts, numbers and lists beyond the limits on formats."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec

from tollbook.dialects.layout.layout import Column, Layout, Record
from tollbook.model.limits import (
    FORMAT_COLUMNS,
    FORMAT_FORM,
    FORMAT_GAP_S,
    FORMAT_PARTS,
    FORMAT_RECORDS,
    FORMAT_REPLACED,
    FORMAT_RULES,
    FORMAT_SPILLS,
    FORMAT_TEXT,
    FORMAT_WAYS,
    LONGEST_RECORD,
)
from tollbook.model.problem import Problem

_OF_COLUMNS = frozenset(("csv", "fixed", "pattern"))
"""The forms in which a record without columns cannot be divided; in the others it claims no line."""


def beyond(layout: Layout, where: str) -> list[Problem]:
    """Return everything in a layout that is beyond a limit."""
    found = [
        *_counts({"record": (len(layout.record), FORMAT_RECORDS), "rule": (len(layout.rule), FORMAT_RULES)}, where),
    ]
    others = {"skip": (len(layout.skip), FORMAT_RULES), "channel": (len(layout.channel), FORMAT_RULES)}
    found += _counts(others, where)
    if layout.assembly and layout.assembly.within_s > FORMAT_GAP_S:
        reason = f"got {layout.assembly.within_s}, and the most is {FORMAT_GAP_S}"
        found.append(Problem("'within_s' is too large", reason, f"{where}, assembly"))
    found += _counts({"encodings": (len(layout.encodings), FORMAT_WAYS)}, where)
    for record in layout.record:
        found += _record(record, f"{where}, record {record.name[:40]}")
    return [*found, *_anywhere(msgspec.to_builtins(layout), where)]


def _anywhere(part: Any, where: str) -> Iterator[Problem]:  # noqa: ANN401 - any part of a document
    """Yield what is too long or too many anywhere in a layout, whatever it is for."""
    if isinstance(part, str):
        yield from _texts([part], FORMAT_TEXT, where)
    elif isinstance(part, dict | list | tuple):
        yield from _counts({str(next(iter(part), ""))[:40]: (len(part), FORMAT_RULES)}, where)
        within = [*part, *part.values()] if isinstance(part, dict) else part
        yield from chain.from_iterable(_anywhere(each, where) for each in within[: 2 * FORMAT_RULES])


def _record(record: Record, where: str) -> Iterator[Problem]:
    spills = len(record.surplus.into) if record.surplus else 0
    yield from _counts(
        {"column": (len(record.columns), FORMAT_COLUMNS), "surplus.into": (spills, FORMAT_SPILLS)},
        where,
    )
    yield from _counts({"shape": (len(record.shape), FORMAT_WAYS)}, where)
    if not record.columns and record.form in _OF_COLUMNS:
        yield Problem("a record needs columns", "without any, a line has nothing to say of a call", where)
    for column in record.columns:
        yield from _column(column, f"{where}, column {column.name[:40]}")


def _column(column: Column, where: str) -> Iterator[Problem]:
    yield from _counts({"form": (len(column.form), FORMAT_PARTS), "also": (len(column.also), FORMAT_PARTS)}, where)
    yield from _texts(column.form, FORMAT_FORM, where)
    yield from _texts([*column.replace.values()], FORMAT_REPLACED, where)
    for place in (column.at, *column.also):
        if min(place) < 0:
            yield Problem("a column cannot begin before the line", f"got at = {list(place)}", where)
        elif sum(place) > LONGEST_RECORD:
            reason = f"got at = {list(place)}, and a record has {LONGEST_RECORD} bytes at most"
            yield Problem("a column cannot stand behind the end of any line", reason, where)


def _counts(found: dict[str, tuple[int, int]], where: str) -> Iterator[Problem]:
    for name, (count, most) in found.items():
        if count > most:
            yield Problem(f"there are too many of {name!r}", f"got {count}, and the most is {most}", where)


def _texts(texts: list[str], most: int, where: str) -> Iterator[Problem]:
    for text in texts:
        if len(text) > most:
            yield Problem(f"the text {text[:40]!r}… is too long", f"{len(text)} characters; the most is {most}", where)
