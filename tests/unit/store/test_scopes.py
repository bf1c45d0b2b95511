"""What a ledger has for somebody: calls of their scope alone, without numbers and costs that they may not see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.offices import office, office_calls
from tollbook.model.access import PERMISSIONS, Access
from tollbook.store.filters import read_asked
from tollbook.store.hiding import masked
from tollbook.store.ledger import Ledger
from tollbook.store.questions import CallListing, calls
from tollbook.store.scoping import scope_of
from tollbook.store.store import Store

ALL_OF_IT = frozenset(PERMISSIONS)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office(*office_calls(200)) as made:
        yield made


def ledger(store: Store, *scope: dict[str, str], without: tuple[str, ...] = ()) -> Ledger:
    access = Access(role="manager", permissions=ALL_OF_IT - frozenset(without), scope=scope or None)
    return Ledger(store, scope_of(access))


def as_masked(number: str) -> str:
    question = " ".join(("SELECT", masked("n"), "FROM (SELECT $number AS n)"))
    with duckdb.connect() as connection:
        return str(connection.execute(question, {"number": number}).fetchall()[0][0])


def asked(found: Ledger, question: str, **values: str) -> list[Any]:
    return [row[0] if len(row) == 1 else row for row in found.rows(question, values)]


def test_the_lines_of_a_scope_add_up_and_the_words_of_a_line_narrow(store: Store) -> None:
    extensions = asked(ledger(store), "SELECT DISTINCT extension FROM call WHERE extension <> '' ORDER BY 1")
    one, other = extensions[:2]
    total = "SELECT count(*) FROM call"
    of = {each: asked(ledger(store), f"{total} WHERE extension = $each", each=each)[0] for each in (one, other)}

    assert asked(ledger(store, {"extension": one}), total) == [of[one]]
    assert asked(ledger(store, {"extension": one}, {"extension": other}), total) == [of[one] + of[other]]
    assert asked(ledger(store, {"extension": one, "trunk": "no such"}), total) == [0]


def test_a_scope_without_lines_has_no_call(store: Store) -> None:
    nothing = Ledger(store, scope_of(Access(role="manager", permissions=ALL_OF_IT, scope=())))

    assert asked(nothing, "SELECT count(*) FROM calls") == [0]


def test_who_may_see_no_calls_has_none_whatever_the_scope_says(store: Store) -> None:
    assert asked(ledger(store, without=("calls.see",)), "SELECT count(*) FROM calls") == [0]


@pytest.mark.parametrize("view", ["call", "calls", "calls_agg"])
def test_hidden_numbers_are_in_no_column(store: Store, view: str) -> None:
    numbers = asked(ledger(store), "SELECT caller FROM call WHERE direction = 'incoming' AND length(caller) > 6")
    numbers += asked(ledger(store), "SELECT called FROM call WHERE direction = 'outgoing' AND length(called) > 6")

    shown = str(ledger(store, without=("numbers.see",)).rows(f"FROM {view}"))

    assert numbers
    assert [each for each in numbers if each in shown] == []
    assert numbers[0][:-3] in shown


def test_internal_calls_keep_their_numbers(store: Store) -> None:
    question = "SELECT caller, called FROM calls WHERE direction = 'internal' ORDER BY id"

    assert asked(ledger(store, without=("numbers.see",)), question) == asked(ledger(store), question)


def test_hidden_costs_are_empty_and_calls_stay(store: Store) -> None:
    question = "SELECT count(*), sum(price), sum(cost), count(tariff), count(pbx_charge) FROM calls"

    (count, *amounts) = ledger(store, without=("costs.see",)).rows(question)[0]

    assert count == ledger(store).rows(question)[0][0]
    assert not any(amounts)


@given(st.text("0123456789 +-()#*", min_size=3, max_size=20))
def test_a_masked_number_keeps_all_but_its_last_three_digits(number: str) -> None:
    shown = as_masked(number)
    digits = [each for each in number if each.isdigit()]

    assert [each for each in shown if each.isdigit()] == digits[: max(len(digits) - 3, 0)]
    assert len(shown) == len(number)


def test_an_address_is_masked_whole() -> None:
    assert as_masked("anna@example.org") == "•••"


def test_a_scope_cannot_be_widened_by_who_asks(store: Store) -> None:
    one = asked(ledger(store), "SELECT min(extension) FROM call WHERE extension <> ''")[0]
    mine = ledger(store, {"extension": one})

    assert asked(mine, "SELECT DISTINCT extension FROM call WHERE true OR extension <> $other", other=one) == [one]


@pytest.mark.parametrize("without", [(), ("numbers.see",)])
def test_a_caller_is_called_back_whoever_did_it_and_whatever_digits_are_hidden(
    store: Store, without: tuple[str, ...]
) -> None:
    answered = read_asked({"called-back": "yes"}, date(2026, 11, 28))
    listing = CallListing(where=answered, columns="id,extension")
    everything = [(each["id"], each["extension"]) for each in calls(ledger(store), listing)]

    for extension in ("101", "102"):
        seen = calls(ledger(store, {"extension": extension}, without=without), listing)
        assert sorted(each["id"] for each in seen) == sorted(key for key, of in everything if of == extension)
    assert everything
