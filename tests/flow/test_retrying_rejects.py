"""Rejects read again once what was wrong is mended: as if it never had been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, a_shelf, dump, import_file, settle
from tollbook.dialects.known import Catalogue
from tollbook.engine.engine import Engine
from tollbook.engine.pipeline import retrying
from tollbook.engine.pipeline.bulk import Bulk
from tollbook.engine.pipeline.pipeline import rejects_all
from tollbook.engine.pipeline.rebuild import Rebuild
from tollbook.engine.site import Site
from tollbook.model.pbx import Pbx

LINES = some_lines(4)
BAD = b"no,record\n"
HEADING = b"Account Code,Caller,Callee\n"


class Town:
    """An engine whose PBXs can be set up later than their records come."""

    def __init__(self, engine: Engine, pbxs: list[Pbx]) -> None:
        self.engine, self._pbxs = engine, pbxs

    def set_up(self, *names: str) -> None:
        self._pbxs[:] = [a_pbx(name) for name in names]
        with pytest.MonkeyPatch.context() as patch:
            # Records whose settings have changed are read again by themselves; here somebody is quicker.
            patch.setattr(Rebuild, "look", lambda _self: None)
            self.engine.apply()

    def rebuilt(self) -> dict[str, list[tuple[object, ...]]]:
        self.engine.rebuild()
        settle(self.engine)
        return self.now()

    def now(self) -> dict[str, list[tuple[object, ...]]]:
        return dump(self.engine.site.store)

    def count(self, table: str) -> int:
        return len(self.now()[table])


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with a_town(tmp_path) as town:
        yield town


@contextmanager
def a_town(path: Path) -> Iterator[Town]:
    pbxs: list[Pbx] = []
    site = Site.open(path, purpose="a test")
    engine = Engine(site, lambda: list(pbxs))
    engine.start(sources=False)
    try:
        yield Town(engine, pbxs)
    finally:
        engine.stop()
        site.close()


def test_records_of_a_pbx_that_is_not_set_up_wait_as_rejects_that_say_so(town: Town) -> None:
    import_file(town.engine, "hts", LINES[0])

    reasons = town.engine.site.store.rows("SELECT reason FROM reject")
    assert reasons == [("no PBX called 'hts' is set up; add it, then retry the rejects",)]


def test_rejects_that_can_be_read_now_become_calls_as_a_rebuild_would_make_them(town: Town) -> None:
    body = import_file(town.engine, "hts", b"".join([*LINES, LINES[0], HEADING, BAD]))
    town.set_up("hts")

    assert town.engine.retry_rejects() == 5
    state = town.engine.import_state(body)
    assert (state.frames, state.calls, state.skipped, state.rejected) == (7, 5, 1, 1)
    after = town.now()
    assert town.rebuilt() == after


def test_a_reject_that_still_cannot_be_read_gets_todays_reason(town: Town) -> None:
    import_file(town.engine, "hts", BAD)
    town.set_up("hts")

    assert town.engine.retry_rejects("hts") == 0
    assert town.engine.site.store.rows("SELECT reason, rule FROM reject") == [("2 fields where 15 belong", "call")]


def test_rejects_of_another_pbx_are_left_alone(town: Town) -> None:
    import_file(town.engine, "hts", LINES[0])
    import_file(town.engine, "other", LINES[1])
    town.set_up("hts", "other")

    assert town.engine.retry_rejects("other") == 1
    assert (town.count("call"), town.count("reject")) == (1, 1)


def test_a_retry_of_what_was_retried_changes_nothing(town: Town) -> None:
    import_file(town.engine, "hts", b"".join([*LINES, BAD]))
    town.set_up("hts")
    town.engine.retry_rejects()
    before = town.now()

    assert town.engine.retry_rejects() == 0
    assert town.now() == before


def test_a_record_that_came_again_after_the_mending_is_one_call_where_it_first_came(town: Town) -> None:
    import_file(town.engine, "hts", b"".join([LINES[0], LINES[0], LINES[1]]))
    town.set_up("hts")
    import_file(town.engine, "hts", b"".join([LINES[0], LINES[1], LINES[2]]))

    town.engine.retry_rejects()
    after = town.now()
    assert len(after["call"]) == 4
    assert town.rebuilt() == after


def test_a_record_that_came_before_it_was_unreadable_is_one_call_where_it_first_came(town: Town) -> None:
    town.set_up("hts")
    import_file(town.engine, "hts", LINES[0])
    town.set_up()
    import_file(town.engine, "hts", LINES[0] + LINES[1])
    town.set_up("hts")

    town.engine.retry_rejects()
    after = town.now()
    assert len(after["call"]) == 2
    assert town.rebuilt() == after


def test_a_rebuild_told_to_begin_while_records_are_being_stored_is_done(town: Town) -> None:
    import_file(town.engine, "hts", b"".join(LINES))
    town.set_up("hts")
    for _ in range(5):
        body = town.engine.begin_import("hts", "Master.csv")
        town.engine.take(body, b"".join(LINES))
        town.engine.finish_import(body)
        town.engine.rebuild()
        settle(town.engine)

    assert (town.count("call"), town.count("reject")) == (4, 0)


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_however_many_rejects_are_read_at_once_the_calls_are_as_if_they_never_had_been_rejects(
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
) -> None:
    monkeypatch.setattr(retrying, "AT_ONCE", at_once)
    pbxs = {name: a_pbx(name) for name in ("hts", "other")}
    with a_shelf(*pbxs.values()) as known, a_shelf(*pbxs.values()) as shelf:
        monkeypatch.setattr(shelf, "reader_of", lambda _name: rejects_all("it is not set up"))
        for each in (known, shelf):
            for name in pbxs:
                each.put(*LINES, LINES[0], HEADING, BAD, pbx=name)
            each.put(*LINES[2:])

        made = list(retrying.retry(shelf.store, Bulk(pbxs.get, Catalogue()), ""))

        assert sum(each.promoted for each in made) == 10
        assert dump(shelf.store) == dump(known.store)
