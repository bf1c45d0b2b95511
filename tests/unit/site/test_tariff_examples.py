"""The tariffs that come with the program: each is without fault, and prices calls as it says."""

from __future__ import annotations

import tomllib
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from tollbook.model.problem import NotThere
from tollbook.rating.bands import BandCalendar
from tollbook.rating.charging import Rateable, Rater
from tollbook.rating.lists.checking import look_at
from tollbook.rating.tariff_text import TariffText, read_tariff
from tollbook.site.tariffs.examples import ExampleTariff, example, examples
from tollbook.site.tariffs.numbers import typed_number

EXAMPLES = examples()


def rater(given: ExampleTariff) -> Rater:
    prices = TariffText(given.prices, "tariff.csv") if given.prices else None
    tariff = read_tariff(TariffText(given.document, "tariff.toml"), prices)
    return Rater(tariff, BandCalendar(tariff, ZoneInfo(tariff.zone)))


def costs(rater: Rater, to: str, at: datetime, seconds: int) -> str:
    number = typed_number(to)
    assert number
    started, length = at.replace(tzinfo=ZoneInfo(rater.tariff.zone)), Decimal(seconds)
    charge = rater.charge(Rateable(number=number, started_at=started, talk_s=length, total_s=length))
    return f"{charge.amount:f}"


def test_there_is_one_for_an_office_one_with_holidays_one_for_a_hotel_and_a_long_list() -> None:
    assert [each.name for each in EXAMPLES] == ["flat-office", "hotel", "bands-and-holidays", "wholesale"]
    assert [bool(each.prices) for each in EXAMPLES] == [False, False, False, True]
    assert all(each.about.endswith(".") and each.title for each in EXAMPLES)


@pytest.mark.parametrize("given", EXAMPLES, ids=lambda each: each.name)
def test_an_example_prices_calls_as_its_cases_say(given: ExampleTariff) -> None:
    text = (files("tollbook.rating") / "catalogue" / given.name / "cases.toml").read_text("utf-8")
    cases = tomllib.loads(text)["call"]

    found = [costs(rater(given), case["to"], case["at"], case["seconds"]) for case in cases]

    assert found == [case["amount"] for case in cases]
    assert len(cases) >= 4


def test_a_list_to_begin_with_is_nothing_to_be_warned_of() -> None:
    rates = rater(example("wholesale")).tariff.rates
    assert list(look_at(rates, [])) == []


def test_a_name_that_no_example_has_says_which_was_meant() -> None:
    with pytest.raises(NotThere, match="did you mean 'hotel'"):
        example("hotels")
