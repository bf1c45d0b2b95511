"""A small office with a directory, a dial plan and a tariff: a few hundred calls of eight weeks, always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.rating import a_tariff
from tests.unit.store.test_pricing import BERLIN, prices_by, put
from tollbook.model.directory import Assignment, CostCentre, Department, Directory, Person
from tollbook.store import pricing
from tollbook.store.store import Store

ZONE = "Europe/Berlin"
TARIFF = """
title = "Office lines"
currency = "EUR"
zone = "Europe/Berlin"
markup = { percent = "25", per_call = "0.02" }

[[rate]]
to = "DE"
price = "0.05"

[[rate]]
to = "DE mobile"
price = "0.12"
connect_fee = "0.03"

[[rate]]
to = "US"
price = "0.31"
"""
NUMBERS = ("0089230025", "01701234567", "00012125550135", "00033142685300", "110", "08001234567")
DIRECTORY = Directory(
    people=[Person(1, "Berg, Anna"), Person(2, "Ben Cole"), Person(3, "Cleo Dahl")],
    departments=[Department(1, "Sales"), Department(2, "North", parent=1), Department(3, "Help desk")],
    cost_centres=[CostCentre(1, "4711"), CostCentre(2, "100")],
    assignments=[
        Assignment(id=1, kind="extension", value="101", person=1, department=1, cost_centre=2),
        Assignment(id=2, kind="extension", value="102", person=2, department=2, cost_centre=2),
        Assignment(id=3, kind="extension", value="103", person=3, department=3),
        Assignment(id=4, kind="account_code", value="77", cost_centre=1),
    ],
)


def office_calls(count: int = 400, seed: int = 1) -> list[dict[str, Any]]:
    """Return calls over both weeks around the end of summer time, and before."""
    chance = random.Random(seed)
    first = datetime(2026, 9, 14, 4, tzinfo=UTC)
    return [_call(chance, first + timedelta(minutes=chance.randrange(8 * 7 * 1440))) for _ in range(count)]


def _call(chance: random.Random, at: datetime) -> dict[str, Any]:
    direction = chance.choice(("incoming", "incoming", "outgoing", "outgoing", "internal"))
    outcome = chance.choice(("answered", "answered", "answered", "unanswered", "busy", "failed"))
    extension, number = chance.choice(("101", "102", "103", "104", "")), chance.choice((*NUMBERS, ""))
    local = at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=UTC)
    is_outside = direction != "internal"
    return {
        "direction": direction,
        "outcome": outcome,
        "started_at": int(at.timestamp()),
        "started_local": int(local.timestamp()),
        "ring_s": chance.randrange(90),
        "talk_s": chance.randrange(1, 900) if outcome == "answered" else 0,
        "extension": extension,
        "caller": (number if direction == "incoming" else extension),
        "called": extension if direction == "incoming" else number if is_outside else "102",
        "trunk": chance.choice(("CO1", "CO2")) if is_outside else "",
        "account_code": chance.choice(("", "", "77", "78")),
    }


@contextmanager
def office(*calls: dict[str, Any]) -> Iterator[Store]:
    """Give a store of some calls, else of those of the office."""
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        opened.copy_directory(DIRECTORY)
        opened.reprice("hts", prices_by(opened, a_tariff(TARIFF)), ZONE)
        put(opened, *(calls or office_calls()))
        yield opened
        pricing.take_back(opened)
