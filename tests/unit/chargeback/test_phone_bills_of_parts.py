"""Phone bills of calls that were handed on, and of whoever sees some calls alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.chargeback.test_calls_handed_on import BASIS, JANUARY, store
from tests.unit.chargeback.test_phone_bill import HEAD
from tollbook.chargeback.itemised import BillAsked
from tollbook.chargeback.lines import ChargedTo, totals
from tollbook.chargeback.phone_bill import phone_bill
from tollbook.chargeback.statement import statement
from tollbook.model.phone_bill import PhoneBill
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.store import Store

__all__ = ("store",)


def bill_of(ledger: Ledger, *people: int) -> PhoneBill:
    whom = frozenset(map(ChargedTo, people))
    return phone_bill(ledger, BASIS, BillAsked(kind="person", name="x", whom=whom, days=JANUARY, mask="none"), HEAD)


def test_each_who_talked_has_their_part_and_parts_add_up_to_the_statement(store: Store) -> None:
    ledger = Ledger(store)
    anna, ben = bill_of(ledger, 1), bill_of(ledger, 2)

    assert [each.billed_s for each in ben.sections[0].calls if each.currency] == [None]
    assert [each.counted for each in ben.sections[0].calls if each.currency] == [0]
    assert any("handed on" in note for note in ben.notes)
    (whole,) = [each for each in totals(statement(ledger, BASIS, "person", JANUARY)) if each.currency]
    assert anna.totals[0].total + ben.totals[0].total == whole.total > Decimal(0)
    assert anna.count + ben.count == sum(each.calls for each in totals(statement(ledger, BASIS, "person", JANUARY)))


@pytest.mark.parametrize(("extension", "some"), [("101", True), ("999", False)])
def test_a_bill_has_no_call_that_whoever_asks_may_not_see(store: Store, extension: str, *, some: bool) -> None:
    seen = Ledger(store, Scope(calls=Where("extension = $only", {"only": extension})))

    assert bool(bill_of(seen, 1).sections[0].calls) is some
