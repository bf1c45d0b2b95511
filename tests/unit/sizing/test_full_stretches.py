"""Stretches in which all lines are in use, beside a count second by second."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tollbook.sizing.in_use import full_stretches

calls = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15)), max_size=25)


def second_by_second(made: list[tuple[int, int]], lines: int) -> list[list[int]]:
    busy = [sum(begin <= at < begin + length for begin, length in made) >= lines for at in range(60)]
    edges = [at for at in range(60) if busy[at] != (at > 0 and busy[at - 1])]
    return [edges[::2], edges[1::2]]


@given(made=calls, lines=st.integers(1, 6))
def test_stretches_are_those_of_a_count_second_by_second(made: list[tuple[int, int]], lines: int) -> None:
    starts = np.sort(np.array([begin for begin, _ in made], np.int64))
    ends = np.sort(np.array([begin + length for begin, length in made], np.int64))

    found = [each.tolist() for each in full_stretches(starts, ends, lines)]

    assert found == second_by_second(made, lines)
