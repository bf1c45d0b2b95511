"""What differs between a bill and the ledger is told apart, and each kind is added up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.rating.bills.checking import BILL_OUTCOMES, BillTerms, CheckedBill, LedgerCall, check
from tollbook.rating.bills.matching import BilledCall, OwnCall
from tollbook.rating.bills.reading import BillLine

NUMBER = "+442079460135"


def line(place: int, at: int, seconds: int = 60, price: str | None = "0.10", *, number: str = NUMBER) -> BillLine:
    call = BilledCall(place=place, number=number, moments=(at,), seconds=seconds)
    return BillLine(
        line=place + 2, number=number, started=str(at), call=call, price=None if price is None else Decimal(price)
    )


def ours(place: int, at: int, seconds: int = 60, cost: str | None = "0.10", **other: object) -> LedgerCall:
    call = OwnCall(place=place, number=NUMBER, moments=(at,), seconds=seconds)
    given = {"billed_s": seconds, "currency": "EUR", **other}
    return LedgerCall(
        id=f"id-{place}",
        call=call,
        started_local="2026-01-05T10:00:00",
        extension="101",
        cost=None if cost is None else Decimal(cost),
        **given,  # type: ignore[arg-type] # named as the fields are
    )


def outcomes(found: CheckedBill) -> list[tuple[str, int | None, str | None]]:
    return [
        (each.outcome, each.line.line if each.line else None, each.own.id if each.own else None) for each in found.calls
    ]


def test_each_call_is_told_by_what_differs_and_each_kind_is_added_up() -> None:
    bill = [line(0, 0), line(1, 1000, 90), line(2, 2000, price="0.30"), line(3, 3000), line(4, 0), line(5, 9000)]
    ledger = [ours(0, 5), ours(1, 1000), ours(2, 2000), ours(3, 7000), ours(4, 8000, cost="0"), ours(5, 8500, 0)]

    found = check(bill, ledger, BillTerms())

    assert outcomes(found) == [
        ("equal", 2, "id-0"),
        ("other-seconds", 3, "id-1"),
        ("other-price", 4, "id-2"),
        ("doubled", 6, None),
        ("missing-here", 5, None),
        ("missing-here", 7, None),
        ("missing-there", None, "id-3"),
    ]
    assert {each.outcome: (each.calls, each.billed, each.own, each.difference) for each in found.sums} == {
        "equal": (1, Decimal("0.10"), Decimal("0.10"), Decimal(0)),
        "other-seconds": (1, Decimal("0.10"), Decimal("0.10"), Decimal(0)),
        "other-price": (1, Decimal("0.30"), Decimal("0.10"), Decimal("0.20")),
        "doubled": (1, Decimal("0.10"), Decimal(0), Decimal("0.10")),
        "missing-here": (2, Decimal("0.20"), Decimal(0), Decimal("0.20")),
        "missing-there": (1, Decimal(0), Decimal("0.10"), Decimal("-0.10")),
    }
    assert (found.currency, found.offset_s, found.step_s, found.notes) == ("EUR", 0, 1, [])


def test_a_second_more_or_less_and_what_the_tariff_charges_are_no_other_length() -> None:
    bill = [line(0, 0, 61), line(1, 1000, 120), line(2, 2000, 62)]
    ledger = [ours(0, 0), ours(1, 1000, 70, billed_s=120), ours(2, 2000)]

    assert [each for each, *_ in outcomes(check(bill, ledger, BillTerms()))] == ["equal", "equal", "other-seconds"]
    assert [each for each, *_ in outcomes(check(bill, ledger, BillTerms(seconds=2)))] == ["equal"] * 3


@pytest.mark.parametrize("step_s", [60, 30, 10, 6])
def test_lengths_that_are_rounded_up_throughout_are_known_as_that(step_s: int) -> None:
    talked = [61, 5, 119, 302, 77, 18, 43]
    bill = [line(n, n * 1000, -(-each // step_s) * step_s) for n, each in enumerate(talked)]
    ledger = [ours(n, n * 1000, each) for n, each in enumerate(talked)]

    found = check(bill, ledger, BillTerms())

    assert (found.step_s, {each for each, *_ in outcomes(found)}) == (step_s, {"equal"})


def test_what_the_bill_has_rounded_away_is_no_other_price() -> None:
    bill = [line(0, 0, price="0.03"), line(1, 1000, price="0.03")]
    ledger = [ours(0, 0, cost="0.0333"), ours(1, 1000, cost="0.0351")]

    assert [each for each, *_ in outcomes(check(bill, ledger, BillTerms()))] == ["equal", "other-price"]
    assert [each for each, *_ in outcomes(check(bill, ledger, BillTerms(price=Decimal("0.01"))))] == ["equal"] * 2


def test_a_carriers_clock_that_is_wrong_throughout_is_said_and_calls_are_found() -> None:
    bill = [line(n, n * 901 + 3600, 10 * n + 7) for n in range(9)]
    ledger = [ours(n, n * 901, 10 * n + 7) for n in range(9)]

    found = check(bill, ledger, BillTerms())

    assert (found.offset_s, {each for each, *_ in outcomes(found)}) == (3600, {"equal"})


def test_amounts_of_another_currency_are_not_compared() -> None:
    found = check([line(0, 0), line(1, 1000)], [ours(0, 0), ours(1, 1000, currency="CHF")], BillTerms(currency="EUR"))

    assert [each.difference for each in found.calls] == [Decimal(0), None]
    assert found.notes == ["Calls that cost CHF with us are not compared: the bill is in EUR."]
    mixed = check([line(0, 0), line(1, 1000)], [ours(0, 0), ours(1, 1000, currency="CHF")], BillTerms())
    assert mixed.notes == ["Calls cost CHF, EUR with us: say in which currency the bill is."]


def test_prices_that_differ_by_one_factor_throughout_are_said_to_be_tax() -> None:
    prices = ["1.00", "2.00", "3.50", "0.40", "10.00"]
    bill = [line(n, n * 1000, price=each) for n, each in enumerate(prices)]
    ledger = [ours(n, n * 1000, cost=str(Decimal(each) * Decimal("1.19"))) for n, each in enumerate(prices)]

    found = check(bill, ledger, BillTerms())

    assert found.notes == ["What we reckon is 1.19 times the bill, call by call: tax may be left out on one side."]
    assert check(bill, [ours(n, n * 1000, cost=each) for n, each in enumerate(prices)], BillTerms()).notes == []


def test_calls_without_a_price_are_no_equal_ones() -> None:
    found = check([line(0, 0), line(1, 1000, price=None)], [ours(0, 0, cost=None), ours(1, 1000)], BillTerms())

    assert [each for each, *_ in outcomes(found)] == ["other-price"] * 2
    assert found.notes == ["1 billed calls have no price with us."]


def test_what_lies_outside_the_days_asked_about_is_left_out_and_counted() -> None:
    bill = [line(0, 0), line(1, 5000), line(2, 9999)]
    ledger = [ours(0, 4990), ours(1, 200, is_asked=False)]

    found = check(bill, ledger, BillTerms(first_s=4000, until_s=9000))

    assert (outcomes(found), found.outside) == ([("equal", 3, "id-0")], 2)


CALLS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 300), st.integers(0, 50)), max_size=20)


@given(theirs=CALLS, mine=CALLS)
def test_every_billed_call_is_told_once_and_sums_add_up_to_the_bill(
    theirs: list[tuple[int, int, int]],
    mine: list[tuple[int, int, int]],
) -> None:
    bill = [line(n, at, s, str(Decimal(cents).scaleb(-2))) for n, (at, s, cents) in enumerate(theirs)]
    ledger = [ours(n, at, s, str(Decimal(cents).scaleb(-2))) for n, (at, s, cents) in enumerate(mine)]

    found = check(bill, ledger, BillTerms())

    assert sorted(each.line.line for each in found.calls if each.line) == [each.line for each in bill]
    told = [each.own.id for each in found.calls if each.own]
    assert len(set(told)) == len(told)
    assert sum((each.billed for each in found.sums), Decimal(0)) == sum((each.price or 0 for each in bill), Decimal(0))
    assert sum(each.calls for each in found.sums) == len(found.calls)
    assert [each.outcome for each in found.sums] == [
        name for name in BILL_OUTCOMES if any(name == o for o, *_ in outcomes(found))
    ]
