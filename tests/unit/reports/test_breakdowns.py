"""Breakdowns: what is asked in SQL is what counting by hand gives, and parts add up to the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.offices import ZONE, office
from tollbook.model.problem import Misconfigured
from tollbook.model.report import ReportTable
from tollbook.reports.breakdown import Breakdown, apart
from tollbook.reports.running import ReportRun, explore, title_of
from tollbook.reports.vocabulary import Dimension, Measure, condition, dimensions, measures
from tollbook.store.filter_values import MISSED
from tollbook.store.ledger import Ledger
from tollbook.store.schema import CALL_VIEW
from tollbook.store.store import Store

Call = dict[str, Any]
Counted = Callable[[list[Call]], Any]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


class CallsOfOffice(list[Call]):
    def __repr__(self) -> str:
        return f"{len(self)} calls"


@pytest.fixture(scope="module")
def calls(store: Store) -> CallsOfOffice:
    rows = store.rows("SELECT * FROM calls")
    return CallsOfOffice(dict(zip(CALL_VIEW, row, strict=True)) for row in rows)


def asked(store: Store, words: dict[str, str] | None = None, **breakdown: Any) -> ReportTable:  # noqa: ANN401 - its fields
    wanted = ReportRun(
        words=words or {}, today=date(2026, 11, 15), zone=ZONE, made_at=datetime(2026, 11, 15, tzinfo=UTC)
    )
    return explore(Ledger(store), Breakdown(**breakdown), wanted)


def summed(name: str, only: Callable[[Call], bool] = lambda _: True) -> Counted:
    return lambda some: sum((each[name] for each in some if each[name] is not None and only(each)), Decimal(0))


def counted(only: Callable[[Call], bool]) -> Counted:
    return lambda some: sum(map(only, some))


def divided(over: Counted, under: Counted) -> Counted:
    return lambda some: over(some) / under(some) if under(some) else None


def is_incoming(call: Call) -> bool:
    return bool(call["direction"] == "incoming")


def is_answered(call: Call) -> bool:
    return bool(call["outcome"] == "answered")


BY_HAND: dict[str, Counted] = {
    "calls": len,
    "incoming": counted(is_incoming),
    "missed": counted(lambda call: is_incoming(call) and not is_answered(call)),
    "answered": counted(is_answered),
    "internal": counted(lambda call: call["direction"] == "internal"),
    "talk": summed("talk_s"),
    "talk_outgoing": summed("talk_s", lambda call: call["direction"] == "outgoing"),
    "talk_average": divided(summed("talk_s", is_answered), counted(is_answered)),
    "talk_longest": lambda some: max(each["talk_s"] for each in some),
    "wait_average": divided(summed("ring_s", is_incoming), counted(is_incoming)),
    "answered_share": divided(counted(lambda call: is_incoming(call) and is_answered(call)), counted(is_incoming)),
    "cost": lambda some: summed("cost")(some) if any(each["cost"] is not None for each in some) else None,
    "markup": lambda some: (
        summed("price")(some) - summed("cost")(some) if any(each["price"] is not None for each in some) else None
    ),
    "priced": counted(lambda call: call["price"] is not None),
    "unpriced": counted(
        lambda call: call["price"] is None and bool(call["unpriced_because"] or call["direction"] == "outgoing")
    ),
    "days": lambda some: len({each["started_local"].date() for each in some}),
    "first": lambda some: min(each["started_local"] for each in some),
}
DIMENSIONS: dict[str, Callable[[Call], Any]] = {
    "extension": lambda call: call["extension"] or None,
    "person": lambda call: call["person"],
    "department": lambda call: call["department"],
    "division": lambda call: (call["department"] or "").split(" / ")[0] or None,
    "cost_centre": lambda call: call["cost_centre"],
    "direction": lambda call: call["direction"],
    "outcome": lambda call: call["outcome"],
    "place": lambda call: "internal" if call["direction"] == "internal" else "outside",
    "trunk": lambda call: call["trunk"] or None,
    "account_code": lambda call: call["account_code"] or None,
    "country": lambda call: call["number_country"] or None,
    "kind": lambda call: call["number_kind"] or None,
    "day": lambda call: call["started_local"].date(),
    "week": lambda call: call["started_local"].date() - timedelta(call["started_local"].weekday()),
    "month": lambda call: call["started_local"].date().replace(day=1),
    "quarter": lambda call: date(2026, (call["started_local"].month - 1) // 3 * 3 + 1, 1),
    "year": lambda call: date(call["started_local"].year, 1, 1),
    "hour": lambda call: call["started_local"].hour,
    "half_hour": lambda call: call["started_local"].hour * 2 + call["started_local"].minute // 30,
    "weekday": lambda call: call["started_local"].isoweekday(),
}


def by_hand(calls: Iterable[Call], rows: tuple[str, ...], told: tuple[str, ...]) -> dict[tuple[Any, ...], list[Any]]:
    parts: dict[tuple[Any, ...], list[Call]] = defaultdict(list)
    for call in calls:
        parts[tuple(DIMENSIONS[name](call) for name in rows)].append(call)
    return {key: [BY_HAND[name](some) for name in told] for key, some in parts.items()}


def alike(found: Any, expected: Any) -> bool:  # noqa: ANN401 - a value of any measure
    if found is None or expected is None or isinstance(found, datetime):
        return bool(found == expected)
    return bool(float(found) == pytest.approx(float(expected)))


def key_order(row: tuple[Any, ...]) -> str:
    return repr(row)


some_rows = st.lists(st.sampled_from(sorted(DIMENSIONS)), max_size=3, unique=True).map(tuple)
some_measures = st.lists(st.sampled_from(sorted(BY_HAND)), min_size=1, max_size=6, unique=True).map(tuple)


@given(rows=some_rows, told=some_measures)
def test_a_breakdown_is_what_counting_by_hand_gives(
    store: Store, calls: CallsOfOffice, rows: tuple[str, ...], told: tuple[str, ...]
) -> None:
    table = asked(store, rows=rows, measures=told)
    count = len(rows)
    expected = by_hand(calls, rows, told)

    assert sorted((row[:count] for row in table.rows), key=key_order) == sorted(expected, key=key_order)
    for row in table.rows:
        assert all(map(alike, row[count:], expected[row[:count]])), row
    if rows:
        assert table.totals is not None
        assert all(map(alike, table.totals[count:], by_hand(calls, (), told)[()]))


@given(
    rows=st.lists(st.sampled_from(["department", "person", "extension", "trunk"]), min_size=1, max_size=2, unique=True),
    limit=st.integers(1, 6),
)
def test_rows_and_others_add_up_to_the_total_however_few_rows_are_shown(
    store: Store, rows: list[str], limit: int
) -> None:
    told = ("calls", "talk", "cost", "markup", "missed")
    table = asked(store, rows=tuple(rows), measures=told, limit=limit)

    assert len(table.rows) <= limit + 1
    assert table.totals is not None
    for place in range(len(rows), len(rows) + len(told)):
        values = [row[place] for row in table.rows if row[place] is not None]
        assert sum(values) == table.totals[place]  # type: ignore[arg-type] # numbers


@given(
    rows=st.lists(st.sampled_from(["division", "department", "person"]), min_size=2, max_size=2, unique=True),
    columns=st.sampled_from(["", "direction", "month"]),
)
def test_subtotals_are_what_the_rows_above_come_to(store: Store, rows: list[str], columns: str) -> None:
    table = asked(store, rows=tuple(rows), measures=("calls", "talk"), columns=columns, subtotals=True)
    groups = [(key, list(some)) for key, some in groupby(table.rows, key=lambda row: row[0])]
    assert len(groups) == len({key for key, _ in groups})
    assert len(table.subtotals) == sum(len(some) > 1 for _, some in groups)
    for place, subtotal in table.subtotals.items():
        assert table.rows[place][0] == subtotal[0]
        above = dict(groups)[subtotal[0]]
        for column in range(2, len(table.columns)):
            assert sum(row[column] or 0 for row in above) == (subtotal[column] or 0)


@pytest.mark.parametrize("columns", ["direction", "outcome", "hour", "weekday"])
def test_the_columns_of_a_measure_add_up_to_its_total(store: Store, columns: str) -> None:
    table = asked(store, rows=("department",), measures=("calls",), columns=columns)

    assert table.columns[-1].title == "Total"
    for row in [*table.rows, table.totals]:
        assert row is not None
        assert sum(value or 0 for value in row[1:-1]) == row[-1]  # type: ignore[misc] # numbers


def test_daily_hourly_and_monthly_totals_are_the_same_over_the_end_of_summer_time(store: Store) -> None:
    told = ("calls", "talk", "cost", "price")
    totals = {
        name: asked(store, rows=(name,), measures=told).totals[1:]  # type: ignore[index] # there are totals
        for name in ("hour", "half_hour", "day", "week", "weekday", "month", "quarter", "year")
    }

    assert len(set(totals.values())) == 1


@pytest.mark.parametrize("name", sorted(apart()))
def test_every_row_leads_to_just_its_calls(store: Store, name: str) -> None:
    table = asked(store, {"direction": "incoming,outgoing"}, rows=(name,), measures=("calls",))
    if not dimensions()[name].word and dimensions()[name].group != "time":
        assert set(table.drills) == {None}
        return
    for row, words in zip(table.rows, table.drills, strict=True):
        assert words is not None
        assert asked(store, words, measures=("calls",)).rows == [(row[1],)], words


def test_a_row_of_two_dimensions_leads_to_the_calls_of_both(store: Store) -> None:
    table = asked(
        store, {"from": "2026-10-20", "to": "2026-11-05"}, rows=("month", "person", "hour"), measures=("calls",)
    )

    assert len(table.rows) > 20
    for row, words in zip(table.rows, table.drills, strict=True):
        assert words is not None
        assert asked(store, words, measures=("calls",)).rows == [(row[3],)], words


def test_what_lists_call_missed_is_what_reports_count() -> None:
    assert condition(measures()["missed"].when) == MISSED.strip("()")


def test_all_dimensions_and_measures_are_told_in_words() -> None:
    for words in (*_words(dimensions()), *_words(measures())):
        assert all(words)
        assert not words[1].endswith(".")
    for measure in measures().values():
        assert all(name in measures() for name in measure.parts)
        assert bool(measure.of or measure.when) + bool(measure.over) == 1
        assert 0 <= measure.percentile < 100


def _words(told: Mapping[str, Dimension | Measure]) -> list[tuple[str, str]]:
    return [(each.title, each.meaning) for each in told.values()]


def test_amounts_of_several_currencies_are_told_apart_and_never_added(store: Store) -> None:
    store.rows("UPDATE call SET price_currency = 'USD' WHERE price IS NOT NULL AND trunk = 'CO2'")
    try:
        table = asked(store, rows=("direction",), measures=("calls", "cost"))
    finally:
        store.rows("UPDATE call SET price_currency = 'EUR' WHERE price IS NOT NULL")

    assert [column.name for column in table.columns] == ["direction", "currency", "calls", "cost"]
    assert {row[1] for row in table.rows if row[3] is not None} == {"EUR", "USD"}
    assert table.totals == (None, None, 400, None)


@pytest.mark.parametrize(
    ("breakdown", "said"),
    [
        ({"measures": ()}, "there are no measures"),
        ({"measures": ("call",)}, "no measure is called 'call'"),
        ({"rows": ("departement",), "measures": ("calls",)}, "no dimension is called 'departement'"),
        ({"rows": ("caller",), "measures": ("calls",)}, "no dimension is called 'caller'"),
        ({"rows": ("hour", "hour"), "measures": ("calls",)}, "the dimension 'hour' is there twice"),
        ({"rows": ("hour",), "measures": ("calls",), "order": "-cost"}, "cannot order by 'cost'"),
        ({"rows": ("number",), "columns": "number", "measures": ("calls",)}, "the dimension 'number' is there twice"),
    ],
)
def test_what_cannot_be_asked_is_said(store: Store, breakdown: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        asked(store, **breakdown)

    assert said in str(raised.value)


def test_a_breakdown_has_a_title() -> None:
    assert title_of(Breakdown(measures=("calls",))) == "Calls"
    assert title_of(Breakdown(rows=("hour",), columns="weekday", measures=("calls", "talk", "cost"))) == (
        "Calls, talk and cost by hour and weekday"
    )
