"""Rules: what the cells of a record say about a call, applied to whole columns.

A pattern is tried once for each distinct text of a column. Columns share their letters, so giving one the text of
another copies nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.dialects.layout.layout import Rule
from tollbook.dialects.layout.patterns import Match, Pattern, compiled
from tollbook.model.limits import FORMAT_GIVEN
from tollbook.model.texts import Letters, Texts, same_texts, texts_of

ReadTexts = Callable[[], Texts]
Mask = npt.NDArray[np.bool_]
_PLACE = re.compile(r"\{(\w+)\}")
_SHOWN = 60
_WHOLE = re.compile(r"\^\(\?P<(\w+)>\.([*+])\)\$")
"""A pattern that is for the whole text of a column, whatever that is: nothing need be looked for in it."""


class FieldColumns:
    """The columns of some records as texts, by name; each is read when it is asked for first.

    One that was never given is empty.
    """

    def __init__(self, unread: dict[str, ReadTexts], rows: int, letters: Letters) -> None:
        self.rows = rows
        self.letters = letters
        self.given = 0
        """Bytes that rules have written."""
        self._unread = unread
        self._columns: dict[str, Texts] = {}
        self._numbered: dict[str, tuple[npt.NDArray[np.intp], list[str]]] = {}

    def __contains__(self, name: str) -> bool:
        """Say whether a column was given."""
        return name in self._columns or name in self._unread

    def __getitem__(self, name: str) -> Texts:
        """Return a column."""
        found = self._columns.get(name)
        if found is None:
            places = np.zeros(self.rows, np.int64)
            read = self._unread.get(name)
            found = self._columns[name] = read() if read else Texts(self.letters, places, places)
        return found

    def __setitem__(self, name: str, column: Texts) -> None:
        """Give a column, or another one in its place."""
        self._columns[name] = column
        self._numbered.pop(name, None)

    def numbered(self, name: str) -> tuple[npt.NDArray[np.intp], list[str]]:
        """Return a column's distinct texts, and before them each row's place among them."""
        if name not in self._numbered:
            self._numbered[name] = self[name].numbered()
        return self._numbered[name]

    def put(self, name: str, rows: npt.NDArray[np.intp], texts: Texts) -> None:
        """Give a column other texts at some rows; they share the letters."""
        column = self[name]
        starts, ends = column.starts.copy(), column.ends.copy()
        starts[rows], ends[rows] = texts.starts, texts.ends
        self[name] = Texts(self.letters, starts, ends)


class Whole(msgspec.Struct, frozen=True):
    """The group that is all of a column's text, and whether there must be some."""

    group: str
    some: bool


class PreparedRules(msgspec.Struct, frozen=True):
    """A rule, its patterns compiled, by column those that are for all of the text, and words a column must be among."""

    rule: Rule
    patterns: dict[str, Pattern]
    wholes: dict[str, Whole]
    among: dict[str, frozenset[str]]


class RuleSet:
    """The rules for one kind of record; `lists` are the words in options that rules name."""

    def __init__(self, rules: list[Rule], record: str, lists: Mapping[str, frozenset[str]], *, trusted: bool) -> None:
        self._groups: dict[str, list[PreparedRules]] = {}
        for rule in rules:
            if not rule.record or record in rule.record:
                patterns = {name: compiled(text, trusted=trusted) for name, text in rule.when.items()}
                among = {name: lists[option] for name, option in rule.among.items()}
                ready = PreparedRules(rule, patterns, dict(_wholes(rule.when)), among)
                self._groups.setdefault(rule.group, []).append(ready)

    def apply(self, fields: FieldColumns) -> dict[int, str]:
        """Set the columns that rules give; return the rows that are no calls, each with the reason."""
        skipped: dict[int, str] = {}
        for group in self._groups.values():
            open_rows = np.ones(fields.rows, np.bool_)
            for ready in group:
                rows = self._apply(ready, fields, open_rows)
                open_rows[rows] = False
                if ready.rule.skip:
                    for row in rows.tolist():
                        skipped.setdefault(row, ready.rule.skip)
        return skipped

    def _apply(self, ready: PreparedRules, fields: FieldColumns, open_rows: Mask) -> npt.NDArray[np.intp]:
        """Apply one rule to the rows that no earlier one of its group has taken; return those that it takes."""
        hit = open_rows
        for name, words in ready.among.items():
            numbers, texts = fields.numbered(name)
            hit = hit & np.array([text in words for text in texts], np.bool_)[numbers]
        for name, other in ready.rule.equals.items():
            hit = hit & same_texts(fields[name], fields[other])
        found: dict[str, list[Match | None]] = {}
        # Where a text may have a line feed, which a dot does not match, each is looked at.
        wholes = ready.wholes if ready.wholes and b"\n" not in fields.letters.data else {}
        for name, whole in wholes.items():
            hit = hit & (fields[name].lengths > 0) if whole.some else hit
        for name, pattern in ready.patterns.items():
            if name in wholes:
                continue
            numbers, texts = fields.numbered(name)
            wanted = np.zeros(len(texts), np.bool_)
            wanted[numbers[hit]] = True
            matches = found[name] = [
                pattern.search(text) if is_wanted else None
                for text, is_wanted in zip(texts, wanted.tolist(), strict=True)
            ]
            hit = hit & np.array([match is not None for match in matches], np.bool_)[numbers]
        rows = np.flatnonzero(hit)
        if len(rows):
            self._give(ready, fields, rows, found)
        return rows

    def _give(
        self,
        ready: PreparedRules,
        fields: FieldColumns,
        rows: npt.NDArray[np.intp],
        found: dict[str, list[Match | None]],
    ) -> None:
        given = list(_groups(ready, fields, rows, found))
        # What is given may name what the patterns found, so that comes first; neither sees the other's changes late.
        for name, texts in given:
            fields.put(name, rows, texts)
        for name, template in ready.rule.gives.items():
            fields.put(name, rows, _filled(template, fields, rows))


def _wholes(when: dict[str, str]) -> Iterator[tuple[str, Whole]]:
    """Yield the columns of a rule whose pattern is for all of their text."""
    for name, text in when.items():
        if found := _WHOLE.fullmatch(text):
            yield name, Whole(found[1], found[2] == "+")


def _groups(
    ready: PreparedRules,
    fields: FieldColumns,
    rows: npt.NDArray[np.intp],
    found: dict[str, list[Match | None]],
) -> Iterator[tuple[str, Texts]]:
    """Yield what the named groups matched, by column."""
    for name, pattern in ready.patterns.items():
        if name not in found:
            yield ready.wholes[name].group, fields[name][rows].stripped()
            continue
        if not pattern.groupindex:
            continue
        numbers = fields.numbered(name)[0][rows]
        parts = [match.groupdict() if match else {} for match in found[name]]
        for group in pattern.groupindex:
            yield group, texts_of([(part.get(group) or "").strip() for part in parts], fields.letters)[numbers]


def _filled(template: str, fields: FieldColumns, rows: npt.NDArray[np.intp]) -> Texts:
    """Return a template's text for each row."""
    whole = _PLACE.fullmatch(template)
    if whole:
        return fields[whole[1]][rows]
    names = _PLACE.findall(template)
    if not names:
        return texts_of([template], fields.letters)[np.zeros(len(rows), np.intp)]
    fields.given += len(template) * len(rows) + sum(int(fields[name][rows].lengths.sum()) for name in names)
    if fields.given > FORMAT_GIVEN:
        message = f"with the rule that gives {template[:_SHOWN]!r} the rules write more than {FORMAT_GIVEN} bytes"
        raise ValueError(message)
    columns = [list(fields[name][rows]) for name in names]
    form = _PLACE.sub("{}", template)
    return texts_of([form.format(*texts) for texts in zip(*columns, strict=True)], fields.letters)
