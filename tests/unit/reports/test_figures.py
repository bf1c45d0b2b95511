"""A figure is what the report's table says, beside as much of the days before, with the way to its calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.fakes.offices import ZONE, office
from tollbook.model.problem import Misconfigured
from tollbook.model.report import NUMERIC
from tollbook.reports.breakdown import Breakdown, offered
from tollbook.reports.figures import Figure, Figures, figure
from tollbook.reports.known import report
from tollbook.reports.running import ReportRun, explore, run
from tollbook.reports.vocabulary import measures
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.questions import count_calls
from tollbook.store.store import Store

TODAY = date(2026, 11, 15)
NUMBERS = [name for name, each in offered().items() if each.unit in NUMERIC]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


def wanted(words: dict[str, str], *, today: date = TODAY, hour: int = 12) -> ReportRun:
    made_at = datetime(today.year, today.month, today.day, hour, tzinfo=UTC)
    return ReportRun(words=words, today=today, zone="UTC", made_at=made_at)


def of(store: Store, name: str, words: dict[str, str], **more: Any) -> Figure:  # noqa: ANN401 - of `wanted`
    return figure(Ledger(store), None, name, wanted(words, **more))


@pytest.mark.parametrize("name", NUMBERS)
def test_a_figure_is_what_the_explorer_says(store: Store, name: str) -> None:
    words = {"from": "2026-03-01", "to": "2026-10-31", "extension": "101"}
    table = explore(Ledger(store), Breakdown(measures=(name,)), wanted(words))
    place = [column.name for column in table.columns].index(name)

    if table.columns[0].name == name:
        assert of(store, name, words).value == table.rows[0][place]
    else:
        assert of(store, name, words).note == "several currencies"


def test_figures_that_are_asked_together_are_as_if_each_was_asked_alone(store: Store) -> None:
    words = {"period": "this-year", "extension": "101"}
    together = Figures(Ledger(store), NUMBERS)

    assert [together.of(None, name, wanted(words)) for name in NUMBERS] == [of(store, name, words) for name in NUMBERS]


def test_a_figure_of_a_report_keeps_its_filter(store: Store) -> None:
    words = {"period": "this-year"}
    listed = run(Ledger(store), report("missed-calls"), wanted(words))
    found = figure(Ledger(store), report("missed-calls"), "", wanted(words))

    assert listed.calls > 0
    assert found.value == listed.calls == of(store, "missed", words).value


def test_the_days_before_are_as_many_and_their_figure_is_that_of_these_days(store: Store) -> None:
    found = of(store, "calls", {"period": "last-month"})
    before = of(store, "calls", {"from": "2026-09-01", "to": "2026-09-30"})

    assert (found.days, found.days_before) == ("October 2026", "September 2026")
    assert found.before == before.value


def test_a_day_that_is_not_over_is_compared_with_as_much_of_the_day_before(store: Store) -> None:
    day = store.rows("SELECT max(started_local)::DATE FROM call")[0][0]
    first, last = store.rows(
        "SELECT min(started_local), max(started_local) FROM call WHERE started_local::DATE = $day", {"day": day}
    )[0]
    after = date.fromordinal(day.toordinal() + 1)

    early = of(store, "calls", {"period": "today"}, today=after, hour=0)
    late = of(store, "calls", {"period": "today"}, today=after, hour=23)

    assert early.days_before == "yesterday by 00:00"
    assert early.before == 0
    assert late.before == of(store, "calls", {"from": str(day), "to": f"{day}T23:00:00"}).value
    assert first.hour > 0
    assert last.hour < 23


def test_days_without_an_end_are_compared_with_nothing(store: Store) -> None:
    found = of(store, "calls", {"from": "2026-01-01"})

    assert (found.before, found.days_before, found.change) == (None, "", None)


@pytest.mark.parametrize("name", [name for name in NUMBERS if measures()[name].unit == "count"])
def test_the_words_of_a_figure_choose_as_many_calls(store: Store, name: str) -> None:
    found = of(store, name, {"period": "this-year"})
    measure = measures()[name]
    counts_calls = measure.how != "distinct" and (measure.of == "1" or measure.when)
    words = found.calls or {}

    assert found.calls is None or not counts_calls or count_calls(Ledger(store), read_filter(words)) == found.value


def test_what_is_no_number_is_refused_with_a_reason(store: Store) -> None:
    with pytest.raises(Misconfigured, match="no measure is called 'mised'"):
        of(store, "mised", {})
    with pytest.raises(Misconfigured, match="first is no number"):
        of(store, "first", {})
    with pytest.raises(Misconfigured, match="this report has no number"):
        figure(Ledger(store), report("silences"), "", wanted({}))


def test_change_is_a_part_of_what_was_and_of_shares_the_difference() -> None:
    assert Figure(measure=measures()["calls"], value=15, before=10).change == 0.5
    assert Figure(measure=measures()["calls"], value=15, before=0).change is None
    assert Figure(measure=measures()["missed_share"], value=0.5, before=0.25).change == 0.25


def test_the_zone_of_the_pbx_decides_how_much_of_a_day_is_over(store: Store) -> None:
    made = ReportRun(words={"period": "today"}, today=TODAY, zone=ZONE, made_at=datetime(2026, 11, 15, 12, tzinfo=UTC))

    assert figure(Ledger(store), None, "calls", made).days_before == "yesterday by 13:00"
