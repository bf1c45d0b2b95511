"""Lists of calls: each can be ordered by any of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tests.fakes.offices import office
from tollbook.reports.listing import CallsAsked, list_calls
from tollbook.reports.vocabulary import dimensions, measures
from tollbook.store.filters import ALL, Where, read_asked
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


TODAY = date(2026, 11, 30)


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize("measures_", [(), ("ring",), ("ring", "price")])
@pytest.mark.parametrize("limit", [0, 3])
def test_who_was_called_back_is_listed_with_totals_as_the_same_calls_are_by_their_ids(
    store: Store, answer: str, measures_: tuple[str, ...], limit: int
) -> None:
    ledger = Ledger(store)
    asked = CallsAsked(("moment", "number", "person", *measures_), "-number", limit)
    found = list_calls(ledger, asked, read_asked({"called-back": answer}, TODAY))
    where = read_asked({"called-back": answer}, TODAY)
    ids = [str(key) for (key,) in ledger.rows(f"SELECT id FROM call WHERE {where.sql}", where.values)]  # noqa: S608 - ours
    values = {f"id_{place}": key for place, key in enumerate(ids)}
    same = Where(f"id IN ({', '.join(f'${name}::UUID' for name in values)})", values)

    assert found == list_calls(ledger, asked, same)
    assert found.calls == len(ids) > 3
    assert found.has_others == bool(limit)


def test_where_nobody_waits_there_are_totals_of_no_call(store: Store) -> None:
    where = read_asked({"called-back": "no", "from": "2030-01-01"}, TODAY)
    found = list_calls(Ledger(store), CallsAsked(("moment", "ring")), where)

    assert (found.rows, found.calls, found.totals) == ([], 0, (None, 0))
