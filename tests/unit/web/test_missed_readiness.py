"""Missed calls while the ledger is still reading, or the list behind the ledger: nobody is told that nobody waits."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import incoming, row
from tests.unit.web.test_missed_pages import NUMBER, entries
from tollbook import clock
from tollbook.engine import missed_watch
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.dashboard import Tile, Wallboard
from tollbook.site.dashboards import wallboards
from tollbook.web.dashboards.checks import checked_for_wall
from tollbook.web.missed import readiness

TODAY = f"{clock.now() - timedelta(hours=5):%Y-%m-%d %H}"
LOST = incoming(NUMBER, "101", at=f"{TODAY}:00:00")
WAITING = {"period": "last-7-days"}


@contextmanager
def reading(engine: Engine, pbx: str, data: bytes) -> Iterator[None]:
    """Have records that came and that the ledger does not hold yet."""
    store, gate, write = engine.site.store, threading.Event(), engine.site.store.write

    def held(*given: object) -> object:
        gate.wait(20)
        return write(*given)  # type: ignore[arg-type] # whatever it is given

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "write", held)
        body = engine.begin_import(pbx, "Master.csv")
        engine.take(body, data)
        engine.finish_import(body)
        yield
        gate.set()
        until(lambda: engine.import_state(body).done)


@contextmanager
def not_looked_at(engine: Engine, pbx: str, data: bytes) -> Iterator[None]:
    """Have more new calls in the ledger than a page waits for, and a watch that is not there yet."""
    engine.missed_watch.brought_up()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.missed_watch, "_started", True)
        patch.setattr(missed_watch, "_SOON", 1)
        import_file(engine, pbx, data)
        yield


def state(client: Client) -> dict[str, object]:
    told: dict[str, object] = client.get("/api/missed/state").json()
    return told


def page(client: Client, address: str = "/missed/") -> str:
    return client.get(address).content.decode()


def test_while_records_are_read_the_page_does_not_say_that_nobody_waits(
    admin: Client, engine: Engine, pbx: str
) -> None:
    with reading(engine, pbx, LOST):
        during, told = page(admin), admin.get("/api/missed?format=json")

        assert "Nobody is waiting" not in during
        assert re.search(r"Records that came in the last \d+ s are still being read\.", during)
        assert "The list is not complete yet." in during
        assert (told.json(), told["Tollbook-Behind"]) == ([], state(admin)["behind"])
        assert state(admin)["unread_entries"] == 2

    assert [each["caller"] for each in entries(admin)] == [NUMBER]
    assert "not complete" not in page(admin)
    assert state(admin) == {
        "behind": "",
        "unread_entries": 0,
        "unread_s": 0,
        "rereading": False,
        "unseen_changes": 0,
    }


def test_after_an_import_of_many_calls_the_page_says_that_they_are_not_looked_at_yet(
    admin: Client, engine: Engine, pbx: str
) -> None:
    with not_looked_at(engine, pbx, LOST + row("101", "2125550142", at=f"{TODAY}:20:00")):
        during = page(admin)

        assert "Nobody is waiting" not in during
        assert "About 2 new or changed calls are not looked at yet." in during
        assert state(admin)["unseen_changes"] == 2
        assert "Nothing is done yet" not in page(admin, "/missed/?state=done")
        assert "No call was missed" not in page(admin, "/missed/?state=all")

    assert NUMBER in page(admin)
    assert "Tollbook-Behind" not in admin.get("/api/missed")


def test_what_has_just_come_is_not_told_of_beside_entries(
    admin: Client, engine: Engine, pbx: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_BRIEF_S", 600)
    import_file(engine, pbx, LOST)
    with reading(engine, pbx, row("101", "2125550142", at=f"{TODAY}:20:00")):
        assert NUMBER in page(admin)
        assert "not complete" not in page(admin)
        assert state(admin)["behind"] != ""


def test_records_that_are_read_again_are_told_of_beside_entries(
    admin: Client, engine: Engine, pbx: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_file(engine, pbx, LOST)
    monkeypatch.setattr(type(engine._rebuild), "running", property(lambda _: True))  # noqa: SLF001 - as while it runs

    assert "The list is not complete yet.</strong> Records are being read again" in page(admin)


def test_the_tile_of_home_and_of_a_wall_do_not_say_that_nobody_waits_either(
    admin: Client, visitor: Client, engine: Engine, pbx: str
) -> None:
    board = Wallboard(name="desk", title="Desk", tiles=(Tile(kind="waiting", shows="table", words=WAITING),))
    wallboards.add(TOLLBOOK, board, checked_for_wall)
    wall = f"/wall/{wallboards.link(TOLLBOOK, 'desk', 0)[1]}/"
    import_file(engine, pbx, row("101", "2125550142", at=f"{TODAY}:20:00"))
    assert ("Nobody is waiting" in page(admin, "/?whole=yes"), "Nobody is waiting" in page(visitor, wall)) == (
        True,
        True,
    )

    with reading(engine, pbx, LOST):
        for during in (page(admin, "/?whole=yes"), page(visitor, wall)):
            assert "Nobody is waiting" not in during
            assert "Not all is known yet. Records that came in the last" in during
