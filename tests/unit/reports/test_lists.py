"""Lists of calls: each can be ordered by any of its columns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.offices import office
from tollbook.reports.listing import CallsAsked, list_calls
from tollbook.reports.vocabulary import dimensions, measures
from tollbook.store.filters import ALL, Where
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.store import Store

NAMES = [*dimensions(), "talk", "price", "cost", "billed"]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


@pytest.mark.parametrize("name", NAMES)
def test_a_list_is_in_the_order_of_any_column_and_what_has_none_comes_last(store: Store, name: str) -> None:
    assert name in {**dimensions(), **measures()}
    for ledger in (Ledger(store), Ledger(store, Scope(calls=Where("trunk = $trunk", {"trunk": "CO1"})))):
        for order in (name, f"-{name}"):
            rows = list_calls(ledger, CallsAsked(("moment", name), order, 0), ALL).rows
            values = [row[1] for row in rows if row[1] is not None]
            assert [row[1] for row in rows] == [*values, *[None] * (len(rows) - len(values))]
            assert values == sorted(values, reverse=order != name)
            few = list_calls(ledger, CallsAsked(("moment", name), order, 7), ALL).rows
            assert few[:7] == rows[:7]
