"""`wallboard list` and `link`, as they are typed, of a board whose maker may see no calls any more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.fakes.commands import Commands


def test_a_board_that_opens_nothing_is_told_of_and_taken_over(tmp_path: Path) -> None:
    site = Commands(tmp_path / "site").made()
    site.run("wallboard", "add", "desk", "--tile", "calls")
    with closing(sqlite3.connect(site.site / "site.sqlite")) as kept, kept:
        kept.execute("UPDATE wallboard SET made_by = 'otto', made_by_kind = 'person'")

    told = site.run("wallboard", "list")

    assert "opens nothing" in told.out
    assert "desk opens nothing: otto, who made it, may see no calls any more; take it over" in told.err
    assert site.run("wallboard", "link", "desk").out.startswith("/wall/")
    assert "opens nothing" not in site.run("wallboard", "list").out
