"""What calls of a month and its monthly charges come to by whom they are charged to: lines add up to the whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.fakes.rating import a_tariff
from tests.unit.budgets.test_use import DIRECTORY, TARIFF, call, store
from tests.unit.store.test_pricing import BERLIN, prices_by, put
from tollbook.chargeback.lines import (
    STATEMENT_BY,
    ChargedTo,
    StatementAsked,
    StatementBy,
    StatementDays,
    StatementLine,
    totals,
)
from tollbook.chargeback.statement import StatementBasis, by_destination, statement
from tollbook.model.monthly_charge import MonthlyCharge
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

__all__ = ("store",)
FEBRUARY = StatementDays(date(2026, 2, 1), date(2026, 3, 1))
BASIS = StatementBasis(directory=DIRECTORY, tax_of=lambda _: Decimal(0))


def rental(kind: str, target: str, target_id: int = 0, **other: Any) -> MonthlyCharge:  # noqa: ANN401 - fields of it
    given = {"amount": Decimal(10), "currency": "EUR", "tax": Decimal(19), "first": date(2026, 1, 1), **other}
    pbx = "hts" if kind == "extension" else ""
    return MonthlyCharge(id=1, name="Line rental", kind=kind, target=target, target_id=target_id, pbx=pbx, **given)  # type: ignore[arg-type] # a kind


CHARGES = [
    rental("extension", "102", cost=Decimal(8)),
    rental("person", "Anna Berg", 1, part_month="days", last=date(2026, 2, 9)),
    rental("department", "Help desk", 3),
    rental("cost_centre", "100", 2, currency="USD"),
]


def lines(store: Store, by: StatementBy, basis: StatementBasis = BASIS) -> list[StatementLine]:
    return statement(Ledger(store), basis, by, FEBRUARY)


def told(store: Store, by: StatementBy) -> list[tuple[ChargedTo, str, int, Decimal, Decimal]]:
    return [(each.whom, each.currency, each.calls, each.cost, each.price) for each in lines(store, by)]


def test_each_department_has_what_its_own_calls_come_to_and_calls_without_a_price_stand_apart(store: Store) -> None:
    assert told(store, "department") == [
        (ChargedTo(1), "", 1, Decimal(0), Decimal(0)),
        (ChargedTo(1), "EUR", 1, Decimal(1), Decimal("1.5")),
        (ChargedTo(2), "EUR", 2, Decimal(2), Decimal(3)),
        (ChargedTo(3), "EUR", 1, Decimal(1), Decimal("1.5")),
    ]


def test_a_call_is_charged_to_the_cost_centre_of_its_account_code_before_that_of_its_owner(store: Store) -> None:
    assert [(whom.id, calls) for whom, currency, calls, *_ in told(store, "cost_centre") if currency] == [
        (0, 1),
        (1, 1),
        (2, 2),
    ]


@pytest.mark.parametrize("by", STATEMENT_BY)
def test_lines_add_up_to_the_whole_whatever_they_are_by(store: Store, by: StatementBy) -> None:
    basis = msgspec.structs.replace(BASIS, charges=CHARGES, tax_of=lambda _: Decimal("8.875"))
    of_nothing, euros, dollars = totals(lines(store, by, basis))

    assert (of_nothing.currency, of_nothing.calls, of_nothing.unpriced, of_nothing.talk_s) == ("", 1, 1, 61)
    assert (euros.calls, euros.talk_s, euros.cost, euros.price) == (4, 244, Decimal(4), Decimal(6))
    assert euros.price_tax == 4 * Decimal("0.122273249139")
    of_days = Decimal("3.214285714286")
    assert euros.monthly == 20 + of_days
    assert euros.monthly_tax == Decimal("3.80") + Decimal("0.610714285714")
    assert euros.net + euros.monthly + euros.tax == euros.total
    assert euros.total_cost == 4 + Decimal("9.52") + Decimal("11.90") + of_days + Decimal("0.610714285714")
    assert (dollars.calls, dollars.total) == (0, Decimal("11.9"))


def test_calls_and_monthly_charges_of_somebody_stand_in_one_line(store: Store) -> None:
    found = lines(store, "person", msgspec.structs.replace(BASIS, charges=CHARGES))

    ben = next(each for each in found if each.whom == ChargedTo(2))
    assert (ben.calls, ben.price, ben.monthly, ben.monthly_tax, ben.total) == (
        2,
        Decimal(3),
        Decimal(10),
        Decimal("1.9"),
        Decimal("14.9"),
    )
    assert (ben.total_cost, ben.total_difference) == (Decimal("11.52"), Decimal("3.38"))


def test_tax_is_taken_out_of_the_price_of_a_call_and_not_put_on_top(store: Store) -> None:
    (euros,) = [each for each in totals(lines(store, "person")) if each.currency]
    assert (euros.net, euros.tax, euros.total) == (Decimal(6), Decimal(0), Decimal(6))

    taxed = msgspec.structs.replace(BASIS, tax_of=lambda _: Decimal(20))
    (euros,) = [each for each in totals(lines(store, "person", taxed)) if each.currency]
    assert (euros.net, euros.tax, euros.total) == (Decimal(5), Decimal(1), Decimal(6))


@pytest.mark.parametrize("included", ["true", "false"])
def test_the_tax_of_a_tariff_is_the_same_share_of_a_price_whether_its_rates_have_it_in_them(
    store: Store,
    included: str,
) -> None:
    tariff = TARIFF + f'\n[tax]\npercent = "19"\nincluded = {included}\n'
    store.reprice("hts", prices_by(store, a_tariff(tariff)), "Europe/Berlin")
    store.renumber("hts", BERLIN)
    put(store, call(2, 12, "103"))

    (_, euros) = totals(lines(store, "person", msgspec.structs.replace(BASIS, tax_of=lambda _: Decimal(19))))
    each = Decimal("1.5") if included == "true" else Decimal("1.785")
    assert euros.price == 5 * each
    assert euros.price_tax == 5 * (each * 19 / 119).quantize(Decimal("0.000000000001"))


def test_calls_whose_tariff_is_there_no_longer_are_counted_as_of_unknown_tax(store: Store) -> None:
    gone = msgspec.structs.replace(BASIS, tax_of=lambda _: None)
    (euros,) = [each for each in totals(lines(store, "department", gone)) if each.currency]

    assert (euros.tax_unknown, euros.tax, euros.total) == (4, Decimal(0), Decimal(6))


@pytest.mark.parametrize("by", STATEMENT_BY)
def test_what_somebodys_calls_come_to_by_destination_is_what_stands_in_their_line(
    store: Store, by: StatementBy
) -> None:
    basis = msgspec.structs.replace(BASIS, tax_of=lambda _: Decimal(19))
    for line in lines(store, by, basis):
        found = by_destination(Ledger(store), basis, StatementAsked(by, FEBRUARY), line.whom)

        own = [each for each in totals(each.line for each in found) if each.currency == line.currency]
        assert [msgspec.structs.replace(each, whom=line.whom) for each in own] == [line]
        assert {(each.country, each.kind) for each in found} <= {("DE", "fixed"), ("FR", "fixed")}
