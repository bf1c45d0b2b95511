"""Of which PBXs entries are asked for: a journal and its readers agree on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tollbook.journal import Journal
from tollbook.journal.whose import EVERYBODY, Whose
from tollbook.model.body import Opening

AT = 1_700_000_000_000_000
NAMES = ("east", "north", "west")


@pytest.fixture
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    journal = Journal(tmp_path_factory.mktemp("site") / "journal.sqlite", reserve_bytes=0)
    for name in NAMES:
        journal.append(journal.open_body(Opening(pbx=name, source="folder", origin="file"), AT), name.encode(), AT)
    return journal


@pytest.mark.parametrize(
    ("whose", "names"),
    [
        (EVERYBODY, ["east", "north", "west"]),
        (Whose(frozenset(("east", "west")), inside=True), ["east", "west"]),
        (Whose(frozenset(("east",)), inside=True), ["east"]),
        (Whose(frozenset(("east", "west")), inside=False), ["north"]),
        (Whose(frozenset(), inside=True), []),
    ],
)
def test_entries_of_some_pbxs_are_theirs_and_no_others(journal: Journal, whose: Whose, names: list[str]) -> None:
    assert [entry.data.decode() for entry in journal.entries(0, whose=whose)] == names
    assert [name for name in NAMES if name in whose] == names
    journal.close()


def test_an_entry_of_no_body_is_everybodys(journal: Journal) -> None:
    with closing(sqlite3.connect(journal.path)) as another, another:
        another.execute("DELETE FROM body WHERE pbx = 'west'")
    whose = Whose(frozenset(("east",)), inside=True)

    assert [entry.data for entry in journal.entries(0, whose=whose)] == [b"east", b"west"]
    journal.close()
