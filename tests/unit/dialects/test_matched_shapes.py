"""Lines that a pattern cannot tell apart are matched once; nobody can see a difference but in the time it takes."""

from __future__ import annotations

import re
import string

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tollbook.dialects.known import layouts
from tollbook.dialects.layout.patterns import compiled, plain
from tollbook.dialects.layout.sign_classes import sign_classes
from tollbook.dialects.reading.matched_shapes import MatchedShapes

PATTERNS = sorted({plain(record.match) for layout in layouts().values() for record in layout.record if record.match})
PIECES = [
    "01/02/26",
    "10:23",
    "5550123",
    "101",
    "<I>",
    "TRANSFER",
    " ",
    "  ",
    "\t",
    "*",
    "#",
    "a-b",
    "00:00'12",
    '","',
    "é",
]
LINES = st.lists(st.sampled_from(PIECES) | st.text(string.printable, max_size=8), max_size=12).map("".join)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_of_the_catalogue_can_be_looked_through(pattern: str) -> None:
    assert sign_classes(pattern)


@given(LINES, st.data())
def test_signs_of_one_class_are_matched_alike(line: str, data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from([*PATTERNS, r"^[\d.-]+x", r"(?P<a>[^a-f\\]*)f?", r"\x41\bB*$", r"[]a]{2}\{3"]))
    known, classes = re.compile(pattern, re.ASCII), sign_classes(pattern)
    assert classes
    for text in (line, f"{line}{line}"):
        shape = text.encode().translate(classes)
        if not shape.isascii():
            continue
        as_it_is, by_shape = known.match(text), known.match(shape.decode())
        assert (as_it_is and as_it_is.regs) == (by_shape and by_shape.regs)


@pytest.mark.parametrize("pattern", ["(?i)a", "[[:alpha:]]", r"\pL", r"(?s:.)", r"a\C", r"[\d-z]"])
def test_a_pattern_with_what_is_not_known_here_is_not_looked_through(pattern: str) -> None:
    assert sign_classes(pattern) is None


@given(raws=st.lists(LINES.map(str.encode), max_size=30), trusted=st.booleans(), looked_through=st.booleans())
@example(raws=[b"12 Bea", b"\xff", b"1 ", b"123 Ann"], trusted=False, looked_through=True)
def test_places_are_those_where_each_line_matches(raws: list[bytes], *, trusted: bool, looked_through: bool) -> None:
    text = r"^(?P<first>\d+) (?:(?P<second>[A-Z]\w*)|x)?"
    pattern = compiled(text, trusted=trusted)
    known = MatchedShapes(pattern, [2, 1], sign_classes(text) if looked_through else None)
    for _ in range(2):
        rows, others, starts, ends = known.places(raws)
        assert others == [row for row, raw in enumerate(raws) if not raw.isascii()]
        found = {row: match for row, raw in enumerate(raws) if raw.isascii() and (match := pattern.match(raw.decode()))}
        assert rows.tolist() == list(found)
        spans = [[match.span(group) for match in found.values()] for group in (2, 1)]
        assert np.stack((starts, ends), 2).tolist() == [
            [[max(at, 0) for at in each] for each in column] for column in spans
        ]


def test_what_is_kept_from_one_batch_to_the_next_has_a_bound() -> None:
    known = MatchedShapes(compiled("^(?P<a>x+)", trusted=True), [1], sign_classes("^(?P<a>x+)"))
    known.places([b"x" * 10, b"x" * 20])
    assert len(known) == 2

    known.places([b"x" * number for number in range(2000, 3000)])

    assert len(known) == 0
