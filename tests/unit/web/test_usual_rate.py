"""Calls in the last hour, beside what is usual at this time of the week."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.sites import import_file
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.store.ledger import Ledger
from tollbook.store.questions import CallRate, usual_rate

ZONE = ZoneInfo("Europe/London")


def calls(day: str, many: int) -> bytes:
    return b"".join(row("101", f"55501{number:02}", at=f"{day} 09:{10 + number}:00") for number in range(many))


def at(day: int, month: int = 3, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ({"2026-03-23": 3}, CallRate(calls=3)),
        ({"2026-03-23": 3, "2026-03-16": 10}, CallRate(calls=3, usual=10)),
        ({"2026-03-16": 10, "2026-03-09": 2, "2026-03-02": 4}, CallRate(calls=0, usual=4)),
        ({"2026-03-23": 1, "2026-03-02": 4}, CallRate(calls=1, usual=0)),
        ({"2026-02-16": 9}, CallRate()),
    ],
)
def test_what_is_usual_is_the_middle_of_the_weeks_that_there_are(
    engine: Engine,
    pbx: str,
    history: dict[str, int],
    expected: CallRate,
) -> None:
    import_file(engine, pbx, b"".join(calls(day, many) for day, many in history.items()))

    assert usual_rate(Ledger(engine.site.store), pbx, at(23)) == expected


def test_the_same_time_is_that_of_the_pbx_across_a_change_to_summer_time(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, calls("2026-03-30", 2) + calls("2026-03-23", 5))

    assert usual_rate(Ledger(engine.site.store), pbx, at(30)) == CallRate(calls=2, usual=5)
    assert usual_rate(Ledger(engine.site.store), pbx, at(30).astimezone(UTC)) == CallRate(calls=2)
