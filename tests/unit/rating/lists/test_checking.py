"""What somebody should look at before a list is used."""

from __future__ import annotations

from tollbook.rating.lists.checking import SampleNumber, look_at
from tollbook.rating.price_list import read_price_list

COUNTRIES = [f"+{code}" for code in (*range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(60, 66))]


def warned(rows: list[str], samples: list[SampleNumber] | None = None) -> list[str]:
    rates, problems = read_price_list("\n".join(["to,name,price", *rows]), "list.csv", ())
    assert problems == []
    return [warning.text for warning in look_at(rates, samples or [])]


def test_satellites_without_a_rate_are_named_for_a_list_of_the_world() -> None:
    world = [f"{code},,0.1" for code in COUNTRIES]

    assert warned(world) == [
        "no rate for satellites +870, +881, +882, +883: calls to them stay unpriced, and are listed as such",
    ]
    assert warned([*world, "+870,,1", "+8816,,1", "+88213,,1"]) == [
        "no rate for satellites +883: calls to them stay unpriced, and are listed as such",
    ]


def test_satellites_are_no_matter_of_a_list_of_few_countries_or_with_a_rate_for_everything() -> None:
    assert warned(["+49,,0.1"]) == []
    assert warned([*(f"{code},,0.1" for code in COUNTRIES), "*,,0.1"]) == []


def test_a_price_is_compared_with_those_of_its_own_country() -> None:
    rows = ["+25261,,0.2", "+25262,,0.2", "+25263,,0.2", "+25290,,11", *(f"+49{area},,0.001" for area in range(30, 40))]

    assert warned(rows) == [
        "+25290 costs 11 a minute, 55 times the usual price: decimals may be lost, or it may be blocked",
    ]


def test_islands_of_the_caribbean_are_not_compared_with_north_america() -> None:
    islands = ["+1264,,0.3", "+1264235,,0.3", "+1264536,,0.3"]

    assert warned([*(f"+1{area},,0.002" for area in range(201, 260)), *islands]) == []


def test_a_name_that_says_both_countries_is_meant_for_both() -> None:
    samples = [SampleNumber("73011234567", "RU", "Russia"), SampleNumber("77123456789", "KZ", "Kazakhstan")]

    assert warned(["+7,Russia and Kazakhstan,0.1"], samples) == []
    assert len(warned(["+7,Russia,0.1"], samples)) == 1
    assert len(warned(["+7,,0.1"], samples)) == 1


def test_many_warnings_of_one_kind_are_counted() -> None:
    rows = [*(f"+49{area},,0.001" for area in range(300, 400)), *(f"+49{area},,1" for area in range(400, 430))]

    assert warned(rows)[-1] == "10 more prices are as high"
