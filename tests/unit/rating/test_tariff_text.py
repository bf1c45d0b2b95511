"""What is wrong with a tariff is told with its line, all of it at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.fakes.rating import a_tariff
from tollbook.model.problem import Misconfigured
from tollbook.rating.tariff import PriceStep

HEAD = 'title = "Case"\ncurrency = "EUR"\n'
ANY = '[[rate]]\nto = "*"\nprice = "0.1"\n'
FAULTS = {
    'title = ""\ncurrency = "EUR"\n' + ANY: ("'title' is empty", "case.toml:1"),
    'title = "Case"\ncurrency = "euro"\n' + ANY: ("'currency' is none: 'euro'", "case.toml:2"),
    'currency = "EUR"\n' + ANY: ("'title' is missing", "case.toml"),
    HEAD + 'zone = "Berlin"\n' + ANY: ("'zone' is unknown: 'Berlin'", "case.toml:3"),
    HEAD + 'holidays = "DE-XX"\n' + ANY: ("'holidays' are not known", "case.toml:3"),
    HEAD + 'holiday_dates = ["30 Feb"]\n' + ANY: ("'holiday_dates' has no date: '30 Feb'", "case.toml:3"),
    HEAD + 'valid_from = "soon"\n' + ANY: ("'valid_from' is no date: 'soon'", "case.toml:3"),
    HEAD + 'boundary = "never"\n' + ANY: ("'boundary' cannot be used", "case.toml:3"),
    HEAD + "round = { places = 13 }\n" + ANY: ("'round' cannot be used", "case.toml:3"),
    HEAD + 'tax = { percent = "-101" }\n' + ANY: ("'tax' must be between 0 and 10000 per cent", "case.toml:3"),
    HEAD + 'pulse_price = "0.1"\n' + ANY: ("'pulse_price' does not count", "case.toml:3"),
    HEAD + "duration_unit_s = 0\n" + ANY: ("'duration_unit_s' must be a number of seconds from 1", "case.toml:3"),
    HEAD + "steps_form = 1\n" + ANY: ("'steps_form' is no setting", "case.toml:3"),
    HEAD: ("the tariff has no rates", "case.toml:1"),
    HEAD + 'rate = "x"\n': ("'rate' is no list of tables", "case.toml:3"),
    HEAD + '[[rate]]\nto = "DE moblie"\nprice = "0.1"\n': ("'to' is no destination: 'DE moblie'", "case.toml:4"),
    HEAD + '[[rate]]\nto = "*"\nprice = "0,1"\n': ("'price' is no amount: '0,1'", "case.toml:5"),
    HEAD + '[[rate]]\nto = "*"\nprice = "-1"\n': ("'price' must be between 0 and 1000000000", "case.toml:5"),
    HEAD + '[[rate]]\nto = "*"\nprice = "NaN"\n': ("'price' is no amount: 'NaN'", "case.toml:5"),
    HEAD + '[[rate]]\nto = "*"\n': ("'price' is missing", "case.toml:3"),
    HEAD + ANY + "next_s = 0\n": ("'next_s' must be a number of seconds from 1", "case.toml:6"),
    HEAD + ANY + 'band = "day"\n': ("'band' is unknown: 'day'", "case.toml:6"),
    HEAD + ANY + ANY: ("the rate * is there twice", "case.toml:6"),
    HEAD + ANY + "from_s = 60\n": ("'from_s' belongs into a price list", "case.toml:6"),
    HEAD + ANY + 'minimum = "2"\nmaximum = "1"\n': ("'minimum' is more than 'maximum'", "case.toml:6"),
    HEAD + ANY + 'first_price = "1"\n': ("'first_s' is missing", "case.toml:3"),
    HEAD + ANY + "steps = [ { price = 1 } ]\n": ("'price' and 'steps' are both given", "case.toml:5"),
    HEAD + '[[rate]]\nto = "*"\nsteps = [ { from_s = 60, price = 1 } ]\n': ("'steps' are not in order", "case.toml:5"),
    HEAD + ANY + '[[band]]\nname = "x"\ndays = "mo-fr"\n': ("'days' are unknown: 'mo-fr'", "case.toml:8"),
    HEAD + ANY + '[[band]]\nname = "x"\nfrom = "8:00"\n': ("'from' is no time of the day: '8:00'", "case.toml:8"),
    HEAD + ANY + '[[band]]\nname = "x"\nto = "24:01"\n': ("'to' is no time of the day: '24:01'", "case.toml:8"),
    HEAD + ANY + '[[band]]\nname = "x"\nfrom = "08:00"\nto = "08:00"\n': ("the band has no length", "case.toml:6"),
    HEAD + ANY + '[[band]]\nname = "x"\n[[band]]\nname = "x"\n': ("the band x is there twice", "case.toml:8"),
    HEAD + ANY + '[[bundle]]\nname = "x"\nto = ["*"]\n': ("it must be said what the bundle holds", "case.toml:6"),
    HEAD + ANY + '[[bundle]]\nname = "x"\nto = ["*"]\ncalls = 1\nper = "week"\nfrom = 8\n': (
        "'from' must be between 1 and 7", "case.toml:11",
    ),
    HEAD + 'tax = { percent = "NaN" }\n' + ANY: ("'tax.percent' is no amount: 'NaN'", "case.toml:3"),
    HEAD + "tax = { percent = nan }\n" + ANY: ("'tax' must be between 0 and 1000000000", "case.toml:3"),
    HEAD + 'markup = { per_call = "-5" }\n' + ANY: ("'markup' must be between 0 and 1000000000", "case.toml:3"),
    HEAD + 'round = { to = "1E-400" }\n' + ANY: ("'round' has more than 12 decimal places", "case.toml:3"),
    HEAD + "no_answer_supervision = { take_off_s = -5 }\n" + ANY: (
        "'no_answer_supervision' must be a number of seconds", "case.toml:3",
    ),
    HEAD + '[[rate]]\nto = "*"\nprice = "1_000"\n': ("'price' is no amount: '1_000'", "case.toml:5"),
    HEAD + ANY + 'connect_fee = "1_000"\n': ("'connect_fee' is no amount: '1_000'", "case.toml:6"),
    HEAD + ANY + 'minimum = "1,5"\n': ("'minimum' is no amount: '1,5'", "case.toml:6"),
    HEAD + ANY + 'maximum = "\u0663"\n': ("'maximum' is no amount: '\u0663'", "case.toml:6"),
    HEAD + '[[rate]]\nto = "*"\nsteps = [ { price = "1_0" } ]\n': (
        "'steps.0.price' is no amount: '1_0'", "case.toml:5",
    ),
    HEAD + 'tax = { percent = "1_9" }\n' + ANY: ("'tax.percent' is no amount: '1_9'", "case.toml:3"),
    HEAD + ANY + '[[bundle]]\nname = "x"\nto = ["*"]\namount = "1_000"\n': (
        "'amount' is no amount: '1_000'", "case.toml:9",
    ),
    HEAD + ANY + '[[band]]\nname = ""\n': ("'name' is empty", "case.toml:7"),
    HEAD + ANY + '[[bundle]]\nname = "x"\nto = []\ncalls = 1\n': ("'to' is empty", "case.toml:8"),
    HEAD + ANY + "".join(f'[[band]]\nname = "{each}"\n' for each in range(101)): (
        "a tariff has 100 tables [[band]] at most", "case.toml:206",
    ),
    'title = """\n[[rate]]\n"""\ncurrency = "EUR"\n' + ANY + 'x = "y"\n': ("'x' is no setting", "case.toml:8"),
    HEAD + 'tax = { percent = "19", includet = true }\n' + ANY: ("'includet' is no setting", "case.toml:3"),
    HEAD + "[[rate\n": ("the tariff cannot be read", "case.toml"),
}  # fmt: skip
LISTED = {
    "to,price,x\n*,1,\n": ("the column 'x' is unknown", "case.csv:1"),
    "to\n*\n": ("the column 'price' is missing", "case.csv:1"),
    "to,price,price\n*,1,1\n": ("a column is there twice", "case.csv:1"),
    "to,price\n+49,1\n\n4989,1\n": ("'to' is no destination: '4989'", "case.csv:4"),
    "to,price\n+49,1,2\n": ("the row has more values than there are columns", "case.csv:2"),
    "to,price,next_s\n+49,1,x\n": ("'next_s' cannot be used: 'x'", "case.csv:2"),
    "to,price,connect_fee\n+49,1,1_000\n": ("'connect_fee' is no amount: '1_000'", "case.csv:2"),
    "to,price,next_s\n+49,1,0\n": ("'next_s' must be a number of seconds from 1", "case.csv:2"),
    "to,price\n+49,1\n+49,2\n": ("the rate +49 is there twice", "case.csv:3"),
    "to,price,from_s\n+49,1,60\n": ("'from_s' is not in order", "case.csv:2"),
    "to,price,from_s\n+49,1,\n+49,,60\n": ("'price' is missing", "case.csv:3"),
    f"to,price,name\n+49,1,{'x' * 1001}\n": ("a cell is too long", "case.csv:2"),
    'to,price\n"+49,1\n': ("the price list cannot be read", "case.csv:2"),
    "to;price\n+49;1\n": ("columns are separated by commas", "case.csv:1"),
    'to,name,price\n+49,"Ger\nmany",1\n4989,"a\u2028b",1\n': ("'to' is no destination: '4989'", "case.csv:4"),
    "to,price,from_s,connect_fee\n+49,1,,\n+49,1,60,0.05\n": (
        "'connect_fee' does not count in a row with 'from_s'",
        "case.csv:3",
    ),
    "to,price,from_s\n+49,1,\n+49,blocked,60\n": ("'price' is missing", "case.csv:3"),
    "to,price,from_s\n+49,1,\n" + "".join(f"+49,1,{second}\n" for second in range(1, 101)): (
        "the rate has too many steps",
        "case.csv:102",
    ),
    "to,price\n*,1\n": ("the rate * is there twice", "case.csv:2"),
}


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: FAULTS[text][0])
def test_a_fault_of_a_document_is_told_with_its_line(text: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        a_tariff(text)

    assert [(each.what, each.where) for each in refused.value.problems] == [FAULTS[text]]


@pytest.mark.parametrize("prices", LISTED, ids=lambda text: LISTED[text][0])
def test_a_fault_of_a_price_list_is_told_with_its_line(prices: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        a_tariff(HEAD + ANY, prices)

    assert [(each.what, each.where) for each in refused.value.problems] == [LISTED[prices]]


def test_all_faults_are_told_at_once_up_to_two_hundred() -> None:
    with pytest.raises(Misconfigured) as refused:
        a_tariff(HEAD + 'zone = "x"\n' + ANY + "next_s = 0\n", "to,price\n" + "x,1\n" * 300)

    assert len(refused.value.problems) == 200


def test_numbers_of_a_document_are_as_exact_as_texts() -> None:
    rate = a_tariff(HEAD + '[[rate]]\nto = "*"\nprice = 0.1\nconnect_fee = 1\n').rates[0]

    assert rate.terms.steps == (PriceStep(price=Decimal("0.1")),)
    assert rate.terms.connect_fee == 1


def test_rows_that_say_from_when_add_steps_to_the_rate_before_them() -> None:
    listed = "to,name,price,first_s,next_s,from_s\n+49,Germany,0.10,60,60,\n+49,,0.06,,1,60\n+4989,Munich,0.05,,,\n"

    first, second = a_tariff(HEAD + ANY, listed).rates[1:]

    assert [(step.from_s, step.price, step.increment_s) for step in first.terms.steps] == [
        (0, Decimal("0.10"), 60), (60, Decimal("0.06"), 1),
    ]  # fmt: skip
    assert (second.name, second.line) == ("Munich", 4)


def test_a_tariff_is_known_by_its_texts() -> None:
    one, other = a_tariff(HEAD + ANY), a_tariff(HEAD + ANY, "to,price\n+49,1\n")

    assert one.digest == a_tariff(HEAD + ANY).digest
    assert len({one.digest, other.digest, a_tariff(HEAD + ANY, "to,price\n+49,2\n").digest}) == 3


def test_what_is_there_twice_is_told_with_its_line_though_a_table_before_it_is_wrong() -> None:
    with pytest.raises(Misconfigured) as refused:
        a_tariff(HEAD + '[[rate]]\nto = "x"\nprice = "1"\n' + ANY + ANY)

    assert [(each.what, each.where) for each in refused.value.problems] == [
        ("'to' is no destination: 'x'", "case.toml:4"), ("the rate * is there twice", "case.toml:9"),
    ]  # fmt: skip
