"""What calls of a month come to by whom they are charged to: lines add up to the whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from tests.unit.budgets.test_use import DIRECTORY, store
from tollbook.chargeback.statement import STATEMENT_BY, ChargedTo, StatementBy, StatementDays, statement, totals
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

__all__ = ("store",)
FEBRUARY = StatementDays(date(2026, 2, 1), date(2026, 3, 1))


def told(store: Store, by: StatementBy) -> list[tuple[object, ...]]:
    lines = statement(Ledger(store), DIRECTORY, by, FEBRUARY)
    return [(each.whom, each.currency, each.calls, each.cost, each.price) for each in lines]


def test_each_department_has_what_its_own_calls_come_to_and_calls_without_a_price_stand_apart(store: Store) -> None:
    assert told(store, "department") == [
        (ChargedTo(1), "", 1, Decimal(0), Decimal(0)),
        (ChargedTo(1), "EUR", 1, Decimal(1), Decimal("1.5")),
        (ChargedTo(2), "EUR", 2, Decimal(2), Decimal(3)),
        (ChargedTo(3), "EUR", 1, Decimal(1), Decimal("1.5")),
    ]


def test_a_call_is_charged_to_the_cost_centre_of_its_account_code_before_that_of_its_owner(store: Store) -> None:
    assert [(whom.id, calls) for whom, currency, calls, *_ in told(store, "cost_centre") if currency] == [  # type: ignore[attr-defined] # whom it is of
        (0, 1),
        (1, 1),
        (2, 2),
    ]


@pytest.mark.parametrize("by", STATEMENT_BY)
def test_lines_add_up_to_the_whole_whatever_they_are_by(store: Store, by: StatementBy) -> None:
    lines = statement(Ledger(store), DIRECTORY, by, FEBRUARY)

    assert [msgspec.structs.astuple(each)[1:] for each in totals(lines)] == [
        ("", 1, 1, 61, Decimal(0), Decimal(0)),
        ("EUR", 4, 0, 244, Decimal(4), Decimal(6)),
    ]
