"""Patterns for lines that are no records, made of one of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tollbook.dialects.authoring.skipping import in_words, like
from tollbook.dialects.layout.patterns import compiled

PIECES = st.lists(
    st.sampled_from(["Page", "  ", "\t", "12", "05.03.2026", "08:00", "----", "#", "(*)", "\\", "[a]", "é"]),
)


def fits(pattern: str, line: str) -> bool:
    return compiled(pattern, trusted=False, ignore_case=True).match(line) is not None


@given(PIECES.map("".join) | st.text(st.characters(codec="utf-8", exclude_categories=["C"])))
def test_a_line_fits_the_pattern_made_of_it_and_no_other_line_that_holds_it(line: str) -> None:
    pattern = like(line).match

    assert fits(pattern, line)
    assert not fits(pattern, f"x {line} y")


@given(PIECES.map("".join))
def test_every_pattern_made_of_a_line_is_told_in_words(line: str) -> None:
    assert bool(in_words(like(line).match)) == bool(line.strip())


def test_the_next_head_of_a_page_fits_with_its_own_number_day_and_width() -> None:
    pattern = like("SMDR  Page 1  05.03.2026 08:00 -----").match

    assert fits(pattern, "SMDR Page 12      6.3.2026 18:30:05 --------------")
    assert not fits(pattern, "SMDR Page 12      6.3.2026 incomplete ------")
