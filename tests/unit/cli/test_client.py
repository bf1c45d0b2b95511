from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tollbook.cli.client import lines
from tollbook.cli.exits import say
from tollbook.cli.output import shown

ROWS = [{"a": 1, "text": "line\nend"}, {"a": 2}, {"a": 3}]
TEXT = b'{"a":1,"text":"line\\nend"}\n{"a":2}\n{"a":3}\n'


@given(some.lists(some.integers(0, len(TEXT)), max_size=8))
def test_rows_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(TEXT)]
    pieces = [TEXT[start:end] for start, end in pairwise(places)]

    assert list(lines(iter(pieces))) == ROWS


@given(some.text())
def test_nothing_in_a_table_can_command_a_terminal(text: str) -> None:
    assert shown(text).isprintable()


def test_nothing_that_is_said_can_command_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("the column \x1b[2J of\ta bill\nis \x07 none")

    assert capsys.readouterr().err == "the column �[2J of\ta bill\nis � none\n"
