"""Calls as a site makes them: of each country and kind the number called most, with a usual length."""

from __future__ import annotations

from datetime import date

import pytest

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK
from tollbook.site.pbxs import operations as pbxs
from tollbook.store.lines_of_calls import calls_between, lines_of_calls
from tollbook.store.typical_calls import TypicalCall, typical_calls

HOME, ALSO_HOME, AWAY, LONG_AGO = "902079460135", "902079460136", "90012015550135", "902079460137"


@pytest.fixture(autouse=True)
def dialled(engine: Engine, pbx: str) -> None:
    """Calls of an office in London, most of them at home."""
    rows = [
        *(row("101", HOME, at=f"2026-03-0{day} 09:00:00", talk_s=60 * day) for day in range(1, 6)),
        *(row("101", ALSO_HOME, at=f"2026-03-0{day} 10:00:00", talk_s=20) for day in range(1, 4)),
        row("102", AWAY, at="2026-03-02 11:00:00", talk_s=90),
        row("102", AWAY, at="2026-03-02 12:00:00", talk_s=0),
        *(row("101", LONG_AGO, at=f"2025-09-0{day} 10:00:00") for day in range(1, 9)),
    ]
    import_file(engine, pbx, b"".join(rows))
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "GB", "area-code": "20", "outside": "9"}})
    until(lambda: not engine.numbering(pbx))


def found(engine: Engine, most: int = 10, *of_pbxs: str) -> list[TypicalCall]:
    return typical_calls(engine.ledger(EVERYTHING_ALLOWED), most, of_pbxs)


def test_each_country_comes_first_with_its_most_called_number_and_the_middle_of_its_lengths(engine: Engine) -> None:
    assert [(each.e164, each.country, each.talk_s, each.calls) for each in found(engine)] == [
        ("+442079460135", "GB", 180, 5),
        ("+12015550135", "US", 90, 1),
        ("+442079460136", "GB", 20, 3),
    ]


def test_no_more_are_told_than_are_asked_for_and_only_of_the_pbxs_that_are(engine: Engine, pbx: str) -> None:
    assert [each.e164 for each in found(engine, 2)] == ["+442079460135", "+12015550135"]
    assert len(found(engine, 10, pbx)) == 3
    assert found(engine, 10, "other") == []


def test_the_last_call_tells_when(engine: Engine) -> None:
    assert f"{found(engine)[0].started_at:%Y-%m-%d %H:%M %Z}" == "2026-03-05 09:00 UTC"


def test_lines_and_calls_of_days_are_counted_by_the_clock_of_the_pbx(engine: Engine) -> None:
    ledger = engine.ledger(EVERYTHING_ALLOWED)
    days = [(None, None), (date(2026, 3, 2), None), (None, date(2026, 3, 2)), (date(2026, 3, 2), date(2026, 3, 3))]

    assert lines_of_calls(ledger).trunks == ["4"]
    assert [calls_between(ledger, *each) for each in days] == [18, 8, 10, 4]
