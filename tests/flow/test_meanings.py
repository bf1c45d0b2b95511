"""Calls that are there get another meaning when the directory or a dial plan changes, while the site is at work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, allow, import_file, settle, until
from tollbook.engine.engine import Engine
from tollbook.engine.site import Site
from tollbook.model.directory import Assignment, Directory, Person
from tollbook.model.pbx import Pbx

LINES = b"".join(some_lines(200))
ANNA = Directory(
    people=[Person(1, "Anna Berg")],
    assignments=[Assignment(id=1, kind="extension", value="101", person=1)],
)
PLAN = {"": {"country": "US", "area-code": "212"}}


class AtWork:
    """A site whose PBX and directory can be changed."""

    def __init__(self, path: Path) -> None:
        self.pbx, self.directory = a_pbx(), Directory()
        allow(path, self.pbx)
        self.site = Site.open(path, purpose="a test")
        self.engine = Engine(self.site, self._pbxs)
        self.engine.meanings.directory = lambda: self.directory
        self.engine.start(sources=False)

    def _pbxs(self) -> list[Pbx]:
        return [self.pbx]

    def change(self, plan: dict[str, dict[str, str]], directory: Directory) -> None:
        self.pbx, self.directory = msgspec.structs.replace(self.pbx, plan=plan), directory
        self.engine.apply()
        settle(self.engine)

    def count(self, condition: str) -> int:
        return int(self.site.store.rows(f"SELECT count(*) FROM calls WHERE {condition}")[0][0])  # noqa: S608 - ours

    def stop(self) -> None:
        self.engine.stop()
        self.site.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AtWork]:
    made = AtWork(tmp_path)
    yield made
    made.stop()


def test_a_plan_and_a_directory_reach_the_calls_that_are_there_and_those_that_come(site: AtWork) -> None:
    import_file(site.engine, site.pbx.name, LINES)
    assert site.count("number_kind IS NOT NULL OR person IS NOT NULL") == 0

    site.change(PLAN, ANNA)
    numbered, hers = site.count("number_kind IS NOT NULL"), site.count("person = 'Anna Berg'")
    assert numbered == 200
    assert hers == site.count("extension = '101'") > 0

    import_file(site.engine, site.pbx.name, b"".join(some_lines(50, seed=2)))
    assert site.count("number_kind IS NULL") == 0
    assert site.count("person = 'Anna Berg'") == site.count("extension = '101'") > hers


def test_what_was_read_again_has_its_meaning_again(site: AtWork) -> None:
    import_file(site.engine, site.pbx.name, LINES)
    site.change(PLAN, ANNA)
    before = site.site.store.rows("SELECT * FROM call ORDER BY id")

    site.engine.rebuild()
    settle(site.engine)
    assert site.site.store.rows("SELECT * FROM call ORDER BY id") == before
    site.change({}, Directory())
    assert site.count("number_kind IS NOT NULL OR person IS NOT NULL") == 0


def test_what_cannot_be_set_is_said_and_tried_again(site: AtWork) -> None:
    import_file(site.engine, site.pbx.name, LINES)
    site.pbx = msgspec.structs.replace(site.pbx, plan={"": {"country": "nowhere"}})
    site.engine.apply()
    until(lambda: site.engine.lag().trouble)

    assert "country" in site.engine.lag().trouble
    site.change(PLAN, ANNA)
    assert site.engine.lag().trouble == ""
