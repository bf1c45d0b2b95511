"""Phone bills: what they have adds up to the statement, and what is masked is nowhere in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.fakes.rating import a_tariff
from tests.unit.budgets.test_use import DIRECTORY, MUNICH, PARIS, TARIFF, call
from tests.unit.chargeback.test_statement import CHARGES, FEBRUARY
from tests.unit.store.test_pricing import BERLIN, prices_by, put
from tollbook.chargeback.itemised import BillAsked
from tollbook.chargeback.lines import ChargedTo, StatementBy, StatementDays, StatementLine, totals
from tollbook.chargeback.phone_bill import BillHead, phone_bill
from tollbook.chargeback.statement import StatementBasis, statement
from tollbook.model.directory import PhoneBookEntry
from tollbook.model.phone_bill import BilledTo, Mask, PhoneBill
from tollbook.store import pricing
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

BASIS = StatementBasis(directory=DIRECTORY, charges=CHARGES, tax_of=lambda _: Decimal("8.875"))
BERLIN_NUMBER, LONDON = "0030230025", "000442079460135"
HEAD = BillHead(
    zone="Europe/Berlin", made_at=datetime(2026, 3, 1, tzinfo=UTC), person={1: "Anna Berg", 2: "Ben Cole"}.__getitem__
)
BOOK = [
    PhoneBookEntry(id=1, number="+4989230025", name="Travel office"),
    PhoneBookEntry(id=2, number="+442079460135", name="Doctor", private=True),
]
RATES = TARIFF.replace('to = "DE"', 'to = "GB"\nprice = "0.10"\n\n[[rate]]\nto = "DE"')
SEED = 20260201


@pytest.fixture
def store() -> Iterator[Store]:
    """Two months of calls of 101 to 103, by chance, to four numbers of which that of Paris has no price."""
    chance = random.Random(SEED)
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        opened.copy_directory(msgspec.structs.replace(DIRECTORY, phone_book=BOOK))
        opened.reprice("hts", prices_by(opened, a_tariff(RATES)), "Europe/Berlin")
        made = [
            call(
                chance.choice((1, 2)),
                chance.randint(1, 28),
                chance.choice(("101", "102", "103", "104")),
                chance.choice((MUNICH, PARIS, BERLIN_NUMBER, LONDON)),
                talk_s=chance.randint(1, 900),
            )
            for _ in range(120)
        ]
        put(opened, *made)
        yield opened
        pricing.take_back(opened)


WHOM: list[tuple[BilledTo, frozenset[ChargedTo]]] = [
    ("person", frozenset((ChargedTo(1),))),
    ("person", frozenset((ChargedTo(2),))),
    ("extension", frozenset((ChargedTo(pbx="hts", extension="102"),))),
    ("department", frozenset((ChargedTo(1), ChargedTo(2)))),
    ("department", frozenset((ChargedTo(3),))),
]
SALES = WHOM[3]


def bill(
    store: Store, of: tuple[BilledTo, frozenset[ChargedTo]], mask: Mask = "none", days: StatementDays = FEBRUARY
) -> PhoneBill:
    asked = BillAsked(kind=of[0], name="Sales", whom=of[1], days=days, mask=mask)
    return phone_bill(Ledger(store), BASIS, asked, HEAD)


def statement_of(store: Store, by: StatementBy, whom: frozenset[ChargedTo], days: StatementDays) -> list[StatementLine]:
    return totals(each for each in statement(Ledger(store), BASIS, by, days) if each.whom in whom)


@pytest.mark.parametrize("of", WHOM)
def test_a_bill_comes_to_what_the_statement_says_for_the_same_month(
    store: Store, of: tuple[BilledTo, frozenset[ChargedTo]]
) -> None:
    found, lines = bill(store, of), statement_of(store, *of, FEBRUARY)

    assert found.count == sum(each.calls for each in lines)
    assert {each.currency: (each.calls, each.fees, each.tax, each.total) for each in found.totals} == {
        each.currency: (each.net, each.monthly, each.tax, each.total) for each in lines if each.currency
    }
    every = [each for section in found.sections for each in section.calls]
    assert sum(each.counted for each in every if each.unpriced) == sum(each.unpriced for each in lines)
    january = statement_of(store, *of, StatementDays(date(2026, 1, 1), date(2026, 2, 1)))
    assert {each.currency: each.before for each in found.totals} == {
        each.currency: each.total for each in january if each.currency
    }


@pytest.mark.parametrize("of", WHOM)
def test_the_parts_of_a_bill_add_up_to_its_totals(store: Store, of: tuple[BilledTo, frozenset[ChargedTo]]) -> None:
    found = bill(store, of)

    for total in found.totals:
        of_currency = total.currency
        for part in ("calls", "fees", "tax", "total"):
            told = [getattr(each, part) for s in found.sections for each in s.totals if each.currency == of_currency]
            assert sum(told) == getattr(total, part)
        kinds = [each for each in found.kinds if each.currency == of_currency]
        assert sum(each.net for each in kinds) == total.calls
        assert sum(each.tax for each in found.taxes if each.currency == of_currency) == total.tax
    assert sum(each.calls for each in found.kinds) == found.count == sum(each.count for each in found.sections)


def test_a_department_has_a_section_for_each_person_and_its_own_last(store: Store) -> None:
    found = bill(store, SALES)

    assert [each.name for each in found.sections] == ["Anna Berg", "Ben Cole"]
    (rental,) = found.sections[1].fees
    assert (rental.name, rental.whose, rental.net, rental.tax_percent) == (
        "Line rental",
        "extension 102",
        Decimal(10),
        Decimal(19),
    )
    assert [each.name for each in bill(store, WHOM[4]).sections] == ["Sales, without a person"]


def test_several_months_have_the_monthly_charges_of_each(store: Store) -> None:
    both = StatementDays(date(2026, 1, 1), date(2026, 3, 1))
    found = bill(store, WHOM[1], days=both)

    assert found.period.words == "1 January to 28 February 2026"
    assert [each.first.month for each in found.sections[0].fees] == [1, 2]
    assert [each.first.month for section in bill(store, SALES, days=both).sections for each in section.fees] == [
        1,
        2,
        1,
        2,
    ]


def test_kinds_say_how_far_calls_went_and_calls_without_a_price_say_why(store: Store) -> None:
    found = bill(store, SALES)

    assert {(each.currency, each.kind) for each in found.kinds} == {
        ("EUR", "Local"),
        ("EUR", "National"),
        ("EUR", "International"),
        ("", "International"),
    }
    assert {each.unpriced for s in found.sections for each in s.calls if not each.currency} == {
        "The tariff has no rate"
    }


def test_a_private_number_is_in_no_bill_and_a_name_of_the_phone_book_where_nothing_is_masked(store: Store) -> None:
    whole = msgspec.json.encode(bill(store, SALES)).decode()
    assert "Travel office" in whole
    assert "+4989230025" in whole
    assert "Doctor" not in whole
    assert "79460135" not in whole


@pytest.mark.parametrize(
    ("mask", "shown", "hidden"),
    [("last-3", "+4989230xxx", "230025"), ("last-4", "+498923xxxx", "230025"), ("all-but-country", "+49…", "8923")],
)
def test_what_is_masked_is_nowhere_in_a_bill(store: Store, mask: Mask, shown: str, hidden: str) -> None:
    whole = msgspec.json.encode(bill(store, SALES, mask)).decode()

    assert shown in whole
    assert hidden not in whole
    assert "Travel office" not in whole
