"""What calls cost by the words of the format alone, reckoned by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.rating import at_work, tried
from tollbook.rating.charging import Charge
from tollbook.rating.explaining import explained, money

OWN = tomllib.loads(Path(__file__).with_name("own.toml").read_text())
HEAD = 'title = "Case"\ncurrency = "EUR"\n'


def written_out(case: dict[str, Any]) -> dict[str, Any]:
    tariff = OWN["tariffs"].get(case["tariff"], case["tariff"])
    return {**case, "tariff": f"{HEAD}{case.get('with', '')}\n{tariff}"}


def by(key: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in OWN["case"] if key in case]


@pytest.mark.parametrize("case", by("name"))
def test_a_call_costs_what_was_reckoned_by_hand(case: dict[str, Any]) -> None:
    charge = tried(written_out(case))

    assert (None if charge.amount is None else f"{charge.amount:f}") == case.get("amount")
    assert (charge.unpriced_because is None) == ("amount" in case)


FOUND: dict[str, Callable[[Charge], object]] = {
    "matched": lambda charge: charge.rate.to if charge.rate else None,
    "band": lambda charge: charge.band,
    "billed_s": lambda charge: charge.billed_s,
    "parts": lambda charge: len(charge.parts),
    "cost": lambda charge: f"{charge.cost:f}",
    "tax": lambda charge: money(charge.tax),
    "taken": lambda charge: money(charge.taken),
    "free": lambda charge: charge.free_because is not None,
    "unpriced_because": lambda charge: charge.unpriced_because,
}


@pytest.mark.parametrize(
    ("case", "key"),
    [pytest.param(*each.values, key, id=f"{key}: {each.id}") for key in FOUND for each in by(key)],
)
def test_a_price_comes_about_as_it_was_reckoned(case: dict[str, Any], key: str) -> None:
    assert FOUND[key](tried(written_out(case))) == case[key]


@pytest.mark.parametrize("case", by("explanation"))
def test_the_sentences_that_decide_are_told_in_their_order(case: dict[str, Any]) -> None:
    rater, call = at_work(written_out(case))

    told = explained(rater, call, tried(written_out(case)))

    assert [each for each in told if each in case["explanation"]] == case["explanation"]


ONE: dict[str, Any] = {
    "tariff": HEAD + '[[rate]]\nto = "*"\nprice = "1000000000"\nper_s = 1\n',
    "to": "49",
    "seconds": "1",
}


def test_the_dearest_price_of_the_longest_call_is_exact() -> None:
    case = {**ONE, "at": datetime(2026, 1, 1), "seconds": "316224000.0"}  # noqa: DTZ001 - on the tariff's clock

    assert f"{tried(case).amount:f}" == "316224000000000000"


@pytest.mark.parametrize("year", [1, 1583, 1900, 2200, 9999])
def test_a_call_of_any_year_has_its_band(year: int) -> None:
    tariff = ONE["tariff"].replace("[[rate]]", 'holidays = "DE-BY"\n[[band]]\nname = "x"\n[[rate]]')

    assert tried({**ONE, "tariff": tariff, "at": datetime(year, 12, 31, tzinfo=UTC)}).band == "x"


def test_a_call_without_a_zone_or_a_length_is_no_call() -> None:
    _, call = at_work({**ONE, "at": datetime(2026, 1, 1, tzinfo=UTC)})

    with pytest.raises(ValueError, match="needs a zone"):
        msgspec.structs.replace(call, started_at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is wrong with it
    with pytest.raises(ValueError, match="is a number"):
        msgspec.structs.replace(call, talk_s=Decimal("NaN"))


def test_a_call_of_less_than_nothing_costs_nothing() -> None:
    rater, call = at_work({**ONE, "at": datetime(2026, 1, 1, tzinfo=UTC)})

    assert rater.charge(msgspec.structs.replace(call, talk_s=Decimal(-5))).amount == 0


def test_a_second_that_begins_before_the_edge_needs_no_rate_after_it() -> None:
    bands = '[[band]]\nname = "day"\nto = "18:00"\n[[band]]\nname = "rest"\n'
    tariff = HEAD + bands + '[[rate]]\nto = "*"\nband = "day"\nprice = "60"\n'

    assert tried({**ONE, "tariff": tariff, "at": datetime(2026, 1, 5, 17, 59, 59, 500_000, tzinfo=UTC)}).amount == 1
