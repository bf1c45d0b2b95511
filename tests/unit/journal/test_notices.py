"""Notices stand, oldest first, until somebody says that they are dealt with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tollbook.journal import Journal
from tollbook.journal.notices import Notice, leave, settle, standing

AT = 1_700_000_000_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite", reserve_bytes=0)
    yield journal
    journal.close()


def test_a_notice_stands_as_it_was_left(journal: Journal) -> None:
    assert standing(journal) == []
    assert journal.write(leave("it was put back", "look", AT), leave("again", "look again", AT + 1)) == [1, 2]

    assert standing(journal) == [
        Notice(number=1, at=AT, what="it was put back", help="look"),
        Notice(number=2, at=AT + 1, what="again", help="look again"),
    ]


def test_a_notice_is_dealt_with_once(journal: Journal) -> None:
    journal.write(leave("one", "", AT), leave("two", "", AT))

    assert [journal.write(settle(2, AT)), journal.write(settle(2, AT)), journal.write(settle(9, AT))] == [[2], [0], [0]]
    assert [notice.what for notice in standing(journal)] == ["one"]
