"""Bundles where it is easy to be wrong: legs that come late, and days of 23 and 25 hours at the edge of a period."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.calls import Made, calls_of
from tests.fakes.rating import a_tariff
from tests.unit.store.test_bundling import MINUTES, MUNICH, TOLD, one_after_another, rows
from tests.unit.store.test_call_shares import RULES, leg
from tests.unit.store.test_pricing import BERLIN, called, prices_by, put
from tollbook.model.reading import Reading
from tollbook.store import pricing
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.store import Store

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        yield opened
        pricing.take_back(opened)


def put_legs(store: Store, body: int, *made: Made) -> None:
    records = [{**each, "offset": 100 * number, "raw": b"%d" % number} for number, each in enumerate(made)]
    piece = Piece(
        pbx="hts",
        body=body,
        stream=True,
        member=0,
        received_at=0,
        reading=Reading(calls_of(*records), [], []),
        rules=RULES,
    )
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def test_a_late_leg_lengthens_a_call_and_takes_from_the_bundle_what_later_calls_had_had(store: Store) -> None:
    store.reprice("hts", prices_by(store, a_tariff(MINUTES)), "Europe/Berlin")
    put_legs(store, 1, leg("101", 120), leg("102", 500, 3600, linked_id="y"), leg("102", 60, 7200, linked_id="z"))
    assert [row[3] for row in rows(store)] == [120, 480, None]

    put_legs(store, 2, leg("105", 300, 120))

    assert store.rows("SELECT talk_s, legs FROM calls ORDER BY started_at") == [(420, 2), (500, 1), (60, 1)]
    assert [row[3] for row in rows(store)] == [420, 180, None]


def test_a_late_leg_that_began_earlier_moves_its_call_to_the_period_before(store: Store) -> None:
    store.reprice("hts", prices_by(store, a_tariff(MINUTES + 'per = "day"\n')), "Europe/Berlin")
    midnight = 14 * 3600  # in Berlin, after the day's first call
    put_legs(store, 1, leg("101", 500, midnight - 600, linked_id="y"), leg("102", 300, midnight + 60))
    assert [row[3] for row in rows(store)] == [500, 300]

    put_legs(store, 2, leg("101", 120, midnight - 60))

    assert store.rows("SELECT talk_s, legs FROM calls ORDER BY started_at") == [(500, 1), (420, 2)]
    assert [row[3] for row in rows(store)] == [500, 100]


SHORT = (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
"""When the day begins and ends in Berlin on which an hour is left out."""
LONG = (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))
"""And that on which one comes twice."""


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (SHORT, 'per = "day"'),
        (LONG, 'per = "day"'),
        (SHORT, 'per = "month"\nfrom = 28'),
        (LONG, 'per = "month"\nfrom = 25'),
        (SHORT, 'per = "week"'),
        (LONG, 'per = "year"'),
    ],
    ids=["short day", "long day", "month around a short day", "month from a long day", "week", "year"],
)
def test_a_period_begins_at_midnight_on_days_of_23_and_25_hours(
    store: Store,
    day: tuple[datetime, datetime],
    period: str,
) -> None:
    begin, end = day
    tariff = a_tariff(MINUTES + period + "\n")
    store.reprice("hts", prices_by(store, tariff), "Europe/Berlin")
    moments = [
        begin - HOUR,
        begin - SECOND,
        begin,
        *(begin + number * HOUR for number in range(1, 5)),
        end - SECOND,
        end,
    ]
    made = [called(MUNICH, 160, each, offset=100 * number) for number, each in enumerate(moments)]

    for each in (*made[1::2], *made[::2][::-1]):
        put(store, each)

    assert store.rows(TOLD) == one_after_another(store, tariff)
    assert store.reprice("hts", prices_by(store, tariff), "Europe/Berlin") == 0


@pytest.mark.parametrize(("day", "hours"), [(SHORT, 23), (LONG, 25)], ids=["short", "long"])
def test_a_day_s_bundle_lasts_for_all_of_its_hours(store: Store, day: tuple[datetime, datetime], hours: int) -> None:
    store.reprice("hts", prices_by(store, a_tariff(MINUTES + 'per = "day"\n')), "Europe/Berlin")
    moments = [day[0] - SECOND, *(day[0] + number * HOUR for number in range(hours)), day[1]]

    put(store, *(called(MUNICH, 600 // 20, each, offset=number) for number, each in enumerate(moments)))

    taken: list[Any] = [row[3] for row in rows(store)]
    assert taken == [30, *[30] * 20, *[None] * (hours - 20), 30]
