"""A PBX whose dates lie in the future is named, with what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import Client

from tests.fakes.sites import import_file
from tests.unit.web.conftest import row
from tollbook import clock
from tollbook.engine.care.dates import doubts
from tollbook.engine.engine import Engine
from tollbook.model.pbx import Pbx

AHEAD = f"{clock.now() + timedelta(days=40):%Y-%m-%d} 09:30:00"


def test_calls_of_the_future_are_told_on_the_pbxs_page_and_by_the_doctor(
    admin: Client,
    engine: Engine,
    pbx: str,
) -> None:
    import_file(engine, pbx, row("101", "5550100", at=AHEAD) + row("101", "5550101"))

    assert "1 call would have begun in the future" in admin.get(f"/pbx/{pbx}/").content.decode()
    [found] = [finding for finding in engine.doctor() if "future" in finding.what]
    assert (found.well, AHEAD[:10] in found.what, "time zone" in found.help) == (False, True, True)


def test_where_a_format_leaves_the_order_of_day_and_month_open_that_is_what_to_look_at(
    engine: Engine,
    pbx: str,
) -> None:
    import_file(engine, pbx, row("101", "5550100", at=AHEAD))
    ordered = Pbx(name=pbx, dialect="panasonic-kx-tda", source="folder")

    found = doubts(engine.site.store, [ordered], engine.catalogue, clock.now())

    assert f"tollbook pbx edit {pbx} --set date-order=" in found[pbx].help


def test_calls_of_the_past_and_of_a_clock_a_little_ahead_are_no_doubt(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("101", "5550100", at="2026-03-02 10:00:00"))
    there = Pbx(name=pbx, dialect="panasonic-kx-hts", source="folder")

    assert doubts(engine.site.store, [there], engine.catalogue, datetime(2026, 3, 2, 5, tzinfo=UTC)) == {}
    assert doubts(engine.site.store, [there], engine.catalogue, datetime(2026, 2, 2, 5, tzinfo=UTC)) != {}
