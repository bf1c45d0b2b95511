r"""Objects of JSON as records, on one line or over several: each goes from its brace to the one that balances it.

What holds records and is none (an array, an object whose first name says that records follow) is passed over as it
comes, however long it is: what stands between records is replaced byte for byte by line ends, where it is nothing but
JSON's own signs and names. A line that is anything else stays a line. Strings hold no line ends, so that a broken one
spoils no more than its line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tollbook.framing.json_signs import NAME, signs
from tollbook.framing.lines import LineBlocks
from tollbook.framing.several_lines import OpenRecord, RecordBlocks, pattern_of
from tollbook.framing.streams import StreamBlocks
from tollbook.model.frame import Block
from tollbook.model.record_lines import RecordLines

_NAMES = 256
"""First names of objects of which it is remembered whether they hold records: they are ever the same few."""
_signs = signs(rb"[{}\[\]]")
_BETWEEN = re.compile(
    rb"(?:[\s{}\[\],]|" + NAME + rb'(?:"(?:[^"\\]|\\.)*+"|-?\d[\d.eE+-]*+|true|false|null)?)*',
)
_WITHIN = (b'"', b"}", b",", b":")
"""How a line of an object goes on, unless a value is due."""
_BRACKET = rb"(?:" + NAME + rb")?[{}\[\]]"
_OF_JSON = re.compile(rb"\s*+(?:" + _BRACKET + rb"|,\s*+(?:$|" + _BRACKET + rb"))")
"""How a line begins between two records: with a bracket, or a name before one. Lines before it have no say in that, so
that a restart goes on anywhere."""


class ObjectBlocks(RecordBlocks):
    """Divides a body into blocks of whole objects, and of lines that are none."""

    def __init__(self, lines: LineBlocks | StreamBlocks, declared: RecordLines) -> None:
        super().__init__(lines, declared)
        holds = pattern_of(declared.within).match if declared.within else None
        self._holds = lru_cache(_NAMES)(holds) if holds else None
        self._brackets: list[bytes] = []
        self._unnamed = False
        """Whether no name has come yet of the object that is open: it may hold records and be none."""
        self._last = b""
        self._gap = 0
        """Where on the line begins what is no record."""

    def end(self) -> Block:
        """Return what is left; an object whose end has not come is a reject."""
        if self._open and self._brackets:
            self._over(self._open, "the object has no end")
        return super().end()

    def _place(self, line: bytes, start: int, end: int, *, ended: bool = True) -> None:
        self._give_up(line, end)
        if self._open:
            self._open = OpenRecord(self._open.start, end, self._open.lines + 1)
        elif self._is_flat(line):
            return
        elif not _OF_JSON.match(line):
            self._open = None if ended else OpenRecord(start, end, 1)
            return
        self._gap = start
        after = 0
        for sign in _signs(line, 0):
            after = sign.end()
            if self._open is None:
                self._see_between(sign[0], start + sign.start(), Part(line, start, end))
            else:
                self._see_within(sign[0], start + sign.end(), self._open, start)
        if not self._open:
            self._pass(Part(line, start, end), end)
        elif b'"' in line[after:]:
            self._over(self._open, "a text in the object has no end")
        self._last = line.rstrip()[-1:]

    def _give_up(self, line: bytes, end: int) -> None:
        """Give the open object up where it cannot go on."""
        if self._open is None:
            return
        begins, due = line.lstrip()[:1], self._last == b":"
        if due and begins == b"{":
            due = not line.strip()[1:]  # a value's brace stands alone; with a name behind it, a line was cut before it
        if self._brackets[-1:] == [b"{"] and not due and begins not in _WITHIN:
            what = "another object" if begins == b"{" else "something else"
            self._over(self._open, f"{what} begins before the object has ended")
        elif self._is_too_long(end):
            self._over(self._open)

    def _over(self, record: OpenRecord, reason: str = "") -> None:
        super()._over(record, reason)
        self._brackets, self._unnamed = [], False

    def _is_flat(self, line: bytes) -> bool:
        """Say whether a line is one object with none in it, as most are: there is nothing to look for."""
        if line.count(b"{") != 1 or not line.startswith(b"{") or not line.endswith(b"}"):
            return False
        name = next(_signs(line, 1), None)
        return not (self._holds and name and self._holds(name[0][1:-1]))

    def _see_within(self, sign: bytes, after: int, record: OpenRecord, start: int) -> None:
        """Go on with the open object, up to its end, or to the name that shows that it is none of the records."""
        if sign[:1] == b'"':
            if self._unnamed and self._holds and self._holds(sign[1:-1]):
                self._blanks.append((record.start, record.start + 1))
                self._open, self._brackets, self._gap = None, [], max(start, record.start)
            self._unnamed = False
        elif sign in (b"{", b"["):
            self._brackets.append(sign)
            self._unnamed = False
        else:
            self._brackets.pop()
            if not self._brackets:
                self._open = OpenRecord(record.start, after, record.lines)
                self._close()
                self._gap = after

    def _see_between(self, sign: bytes, at: int, part: Part) -> None:
        """Begin an object; other signs stand around objects."""
        if sign == b"{":
            self._pass(part, at)
            self._open, self._brackets, self._unnamed = OpenRecord(at, part.end, 1), [sign], True

    def _pass(self, part: Part, end: int) -> None:
        """Pass over what stands between two records; what is none of JSON's signs and names stays a line."""
        if self._gap < end and _BETWEEN.fullmatch(part.line, self._gap - part.start, end - part.start):
            self._blanks.append((self._gap, end))


class Part(NamedTuple):
    """A line, and from where to where it stands in the body."""

    line: bytes
    start: int
    end: int
