"""Reads one kind of record: divides lines into cells, cells into values, and values into calls.

A batch is read column by column; a record with a cell that cannot be read is taken out, at no cost to its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import msgspec
import numpy as np

from tollbook.dialects.layout.layout import Column, Layout, Record
from tollbook.dialects.layout.patterns import compiled
from tollbook.dialects.reading.cells import Cells
from tollbook.dialects.reading.forms import Divide
from tollbook.dialects.reading.kinds import KINDS, ReadColumn, amount, column_reader, currencies, expected
from tollbook.dialects.reading.memo import UNREADABLE
from tollbook.dialects.reading.row_zones import ZONE_KIND, zone_names
from tollbook.dialects.reading.rules import FieldColumns, ReadTexts, RuleSet
from tollbook.model.call import CALL_COLUMNS, COUNTED, SOME_TEXTS, TEXTS, Calls, Numbers, at_rows, counted, no_calls
from tollbook.model.frame import Frames, Rejected, Skipped
from tollbook.model.reading import Reading
from tollbook.model.texts import Texts

Derive = Callable[[FieldColumns, dict[str, Numbers], str, int], dict[str, Any]]
"""Makes columns of calls of a record's fields and numbers, its name, and when it arrived (microseconds)."""
_ANY_DIGIT = r"\d"
"""The pattern of ids, of which no two are equal: cells that begin with a digit fit it, and no string is made of them.
"""
_WHEN = frozenset(("date", "time", "started_local", "started_at", "ended_local", "ended_at"))
"""Columns of which a site's own format has at least one, so that it is known when calls were."""
_SHOWN = 60
"""Characters of a cell that a reason quotes."""
_OF_A_SPREADSHEET = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4} \d{1,2}:\d{2}( [AP]M)?", re.ASCII)
"""How spreadsheets write a date and time that they have read: its seconds are gone."""


class RecordParser(msgspec.Struct, frozen=True):
    """How a record is read at one PBX: what divides and derives, the order of month and day where one is set, lists.

    Those are the words in the options that rules name.
    """

    divide: Divide
    derive: Derive
    order: str
    lists: dict[str, frozenset[str]]


class RecordsRead(msgspec.Struct, frozen=True):
    """What one kind of record made of some frames, and the frames that it did not claim."""

    reading: Reading
    unclaimed: list[int]
    misfits: list[tuple[int, int]]


class RecordReader:
    """One kind of record of a dialect, set up for one PBX."""

    def __init__(self, layout: Layout, record: Record, manner: RecordParser) -> None:
        self.record = record
        self._divide = manner.divide
        self._derive = manner.derive
        self._columns: list[tuple[Column, ReadColumn, _Check | None]] = [
            (column, column_reader(column, manner.order), _check(column, trusted=layout.trusted))
            for column in record.columns
        ]
        named = {column.name for each in layout.record for column in each.columns}
        self._tells_when = layout.trusted or not _WHEN.isdisjoint(named)
        self._rules = RuleSet(layout.rule, record.name, manner.lists, trusted=layout.trusted)

    def claimed(self, frames: Frames) -> list[int]:
        """Return the frames that are records of this kind, by their text alone."""
        found: list[int] = self._divide(frames.raws).rows.tolist()
        return found

    def cells(self, frames: Frames, column: str) -> list[str]:
        """Return what stands in a column of the frames that are records of this kind."""
        number = [each.name for each, _, _ in self._columns].index(column)
        return list(self._divide(frames.raws).column(number).stripped())

    def read(self, frames: Frames) -> RecordsRead:
        """Read the frames that are records of this kind."""
        cells = self._divide(frames.raws)
        if not self._tells_when:
            return self._refused(frames, cells)
        if len(cells) == len(frames):
            return RecordsRead(self._reading(frames, cells), [], [])
        claimed = np.zeros(len(frames), np.bool_)
        claimed[cells.rows] = True
        reading = self._reading(frames, cells) if len(cells) else Reading(no_calls(), [], [])
        return RecordsRead(reading, np.flatnonzero(~claimed).tolist(), cells.misfits)

    def _refused(self, frames: Frames, cells: Cells) -> RecordsRead:
        """Refuse every record of a format that does not say when calls were: they would be of the present moment."""
        rows = cells.rows.tolist()
        reason = "no column says when a call started"
        rejected = [Rejected(frames.raws[row], frames.offsets[row], reason, self.record.name) for row in rows]
        unclaimed = sorted(set(range(len(frames))) - set(rows))
        return RecordsRead(Reading(no_calls(), [], rejected), unclaimed, cells.misfits)

    def _reading(self, frames: Frames, cells: Cells) -> Reading:
        columns = [
            None if KINDS[column.kind].is_text else np.asarray(read(cells.column(number)))
            for number, (column, read, _) in enumerate(self._columns)
        ]
        faults = self._faults(cells, columns)
        columns = self._counted_from(cells, columns)
        if not faults and len(cells) == len(frames):
            return self._calls(frames, cells, columns)
        good = np.ones(len(cells), np.bool_)
        good[list(faults)] = False
        rejected = [self._reject(frames, cells, row, number) for row, number in sorted(faults.items())]
        if not good.any():
            return Reading(no_calls(), [], rejected)
        whole = Cells(cells.letters, cells.starts[:, good], cells.ends[:, good], cells.rows[good], [])
        reading = self._calls(
            frames.pick(whole.rows.tolist()), whole, [column if column is None else column[good] for column in columns]
        )
        return Reading(reading.calls, reading.skipped, rejected)

    def _counted_from(self, cells: Cells, columns: list[Numbers | None]) -> list[Numbers | None]:
        """Return the columns, those counted from another as seconds between the two."""
        names = [column.name for column, _, _ in self._columns]
        found = list(columns)
        for number, (column, _, _) in enumerate(self._columns):
            if column.minus:
                other = names.index(column.minus)
                mine, its = columns[number], columns[other]
                assert mine is not None  # noqa: S101 - for the type; a layout is checked
                assert its is not None  # noqa: S101 - the same
                there = (cells.column(number).lengths > 0) & (cells.column(other).lengths > 0)
                found[number] = np.where(there, np.maximum(mine - its, 0), 0)
        return found

    def _faults(self, cells: Cells, columns: list[Numbers | None]) -> dict[int, int]:
        """Return the rows with a cell that cannot be read, each with the number of its first such column."""
        faults: dict[int, int] = {}
        for number, ((_, _, check), values) in enumerate(zip(self._columns, columns, strict=True)):
            bad = [] if values is None else np.flatnonzero(values == UNREADABLE).tolist()
            for row in [*bad, *(check(cells.column(number)) if check else [])]:
                faults.setdefault(row, number)
        return faults

    def _reject(self, frames: Frames, cells: Cells, row: int, number: int) -> Rejected:
        place, cell, column = int(cells.rows[row]), cells.column(number)[row], self.record.columns[number]
        reason = f"{column.name} is not {expected(column)}: {cell[:_SHOWN]!r}"
        has_seconds = column.kind == "wall-time" or "ss" in "".join(column.form)
        if has_seconds and _OF_A_SPREADSHEET.fullmatch(cell.strip()):
            reason += "; a spreadsheet has saved this file, take the original"
        return Rejected(frames.raws[place], frames.offsets[place], reason, self.record.name, column.name)

    def _calls(self, frames: Frames, cells: Cells, columns: list[Numbers | None]) -> Reading:
        """Return the records as calls, but for those that the rules know to be none."""
        fields, numbers = self._fields(cells, columns)
        skipped = self._rules.apply(fields)
        made = self._derive(fields, numbers, self.record.name, frames.received_at)
        calls = Calls(**{name: _column(name, frames, fields, {**numbers, **made}) for name in CALL_COLUMNS})
        if not skipped:
            return Reading(calls, [], [])
        kept = np.ones(len(calls), np.bool_)
        kept[list(skipped)] = False
        skips = [Skipped(frames.raws[row], frames.offsets[row], reason) for row, reason in sorted(skipped.items())]
        return Reading(at_rows(calls, kept), skips, [])

    def _fields(self, cells: Cells, columns: list[Numbers | None]) -> tuple[FieldColumns, dict[str, Numbers]]:
        """Return the columns as texts, those of numbers as they were written, and the numbers.

        A column of texts is read when it is asked for: of a wide record most never are.
        """
        texts: dict[str, ReadTexts] = {}
        numbers: dict[str, Numbers] = {}
        for number, ((column, read, _), values) in enumerate(zip(self._columns, columns, strict=True)):
            if values is None:
                texts[column.name] = partial(_texts, read, cells.column(number))
            else:
                texts[column.name] = partial(cells.column, number)
                numbers[column.name] = values
            if column.kind == "money":
                texts["currency"] = partial(currencies, cells.column(number))
        return FieldColumns(texts, len(cells), cells.letters), numbers


def _texts(read: ReadColumn, cells: Texts) -> Texts:
    return cast("Texts", read(cells))


def _column(name: str, frames: Frames, fields: FieldColumns, numbers: dict[str, Any]) -> Any:  # noqa: ANN401 - any column
    """Return one column of calls; an optional one that the record says nothing of is left away."""
    if name == "raws":
        return frames.raws
    if name == "offsets":
        return frames.offsets
    if name in TEXTS or (name in fields and name in SOME_TEXTS):
        return fields[name]
    found = numbers.get(name)
    return found if found is None or name not in COUNTED else counted(found)


class _Check:
    """Finds the cells of a column that do not hold what belongs there."""

    def __init__(self, fits: Callable[[str], object], *, empty: bool, any_digit: bool = False) -> None:
        self._holds = fits
        self._empty = empty
        self._any_digit = any_digit

    def __call__(self, cells: Texts) -> list[int]:
        """Return the rows that do not."""
        rows = np.flatnonzero(~cells.begin_with_digit()) if self._any_digit else np.arange(len(cells))
        places, texts = cells[rows].stripped().numbered()
        bad = np.array([not self._fits(text) for text in texts], np.bool_)
        found: list[int] = rows[bad[places]].tolist() if bad.any() else []
        return found

    def _fits(self, text: str) -> bool:
        return (self._empty and not text) or bool(self._holds(text))


def _check(column: Column, *, trusted: bool) -> _Check | None:
    if column.match:
        pattern = compiled(column.match, trusted=trusted)
        return _Check(pattern.search, empty=column.empty, any_digit=column.match == _ANY_DIGIT)
    if column.kind == ZONE_KIND:
        return _Check(zone_names().__contains__, empty=column.empty)
    return _Check(lambda text: amount(text)[0], empty=True) if column.kind == "money" else None
