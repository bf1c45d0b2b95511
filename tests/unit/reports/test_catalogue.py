"""The catalogue: every report answers, its totals are those of its rows, and its rows lead to the calls behind them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.offices import ZONE, office
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.model.report import NUMERIC, ReportTable
from tollbook.reports.breakdown import Breakdown
from tollbook.reports.definition import GROUPS, Report
from tollbook.reports.known import faulty, read_own, read_report, report, reports
from tollbook.reports.running import Compare, ReportRun, explore, run
from tollbook.reports.vocabulary import measures
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

DAYS = {"from": "2026-09-01", "to": "2026-11-30"}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


def wanted(words: dict[str, str] | None = None, compare: Compare = "", **settings: str) -> ReportRun:
    return ReportRun(
        words=DAYS if words is None else words,
        settings=settings,
        compare=compare,
        today=date(2026, 11, 15),
        zone=ZONE,
        made_at=datetime(2026, 11, 15, 12, tzinfo=UTC),
    )


def ran(store: Store, slug: str, words: dict[str, str] | None = None, **settings: Any) -> ReportTable:  # noqa: ANN401
    return run(Ledger(store), report(slug), wanted(words, **settings))


@pytest.mark.parametrize("slug", sorted(reports()))
def test_a_report_has_an_answer_whose_totals_are_those_of_its_rows(store: Store, slug: str) -> None:
    table = ran(store, slug)

    assert table.title
    assert table.question.endswith("?")
    assert table.period.words == "1 September to 30 November 2026"
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert len({column.name for column in table.columns}) == len(table.columns)
    for place, column in enumerate(table.columns):
        known = measures().get(column.name)
        total = table.totals[place] if table.totals else None
        if known and known.adds_up and isinstance(total, int | Decimal):
            assert sum(row[place] or 0 for row in table.rows) == total, column.name  # type: ignore[misc] # numbers


@pytest.mark.parametrize("slug", sorted(slug for slug, each in reports().items() if "measures" in each.document))
def test_the_rows_of_a_breakdown_lead_to_as_many_calls_as_they_count(store: Store, slug: str) -> None:
    table = ran(store, slug)
    counted = next((column for column in table.columns if column.name in ("calls", "incoming", "outgoing")), None)
    if counted is None:
        assert slug in ("department-trend", "extension-activity", "heat-map", "unpriced-calls")
        return
    place = table.columns.index(counted)

    for row, words in zip(table.rows, table.drills, strict=True):
        if words is not None:
            found = explore(Ledger(store), Breakdown(measures=(counted.name,)), wanted(words))
            assert found.rows == [(row[place],)], words


@pytest.mark.parametrize("slug", sorted(slug for slug, each in reports().items() if "rows" in each.document))
def test_a_breakdown_stands_beside_the_days_before(store: Store, slug: str) -> None:
    plain = ran(store, slug, {"from": "2026-10-01", "to": "2026-10-31"})
    if any(":" in column.name for column in plain.columns):
        with pytest.raises(Misconfigured, match="columns cannot be compared"):
            ran(store, slug, {"from": "2026-10-01", "to": "2026-10-31"}, compare="before")
        return
    now = ran(store, slug, {"from": "2026-10-01", "to": "2026-10-31"}, compare="before")
    before = ran(store, slug, {"from": "2026-09-01", "to": "2026-09-30"})

    names = [column.name for column in now.columns]
    for place, column in enumerate(plain.columns):
        if column.is_measure and not column.name.endswith("_share") and now.totals and plain.totals and before.totals:
            assert now.totals[names.index(column.name)] == plain.totals[place]
            assert now.totals[names.index(f"{column.name}_before")] == before.totals[place]
    assert now.notes[0] == "Compared with September 2026."


def test_no_two_reports_have_one_title_and_each_group_has_some() -> None:
    titles = [each.document["title"] for each in reports().values()]

    assert len(set(titles)) == len(titles)
    assert {each.document["group"] for each in reports().values()} == set(GROUPS)


@pytest.mark.parametrize("slug", sorted(reports()))
def test_the_chart_of_a_report_is_of_columns_that_it_has(store: Store, slug: str) -> None:
    table = ran(store, slug)
    if table.chart is None:
        return
    names = {column.name.partition(":")[0]: column for column in table.columns}
    pivoted = reports()[slug].filled(reports()[slug].settings({})).columns

    assert {table.chart.x, table.chart.by} - {""} <= {*names, pivoted}
    assert all(names[name].unit in NUMERIC for name in table.chart.y)


def test_parameters_are_held_within_their_limits(store: Store) -> None:
    assert len(ran(store, "dearest-calls", most="3").rows) == 4
    with pytest.raises(Misconfigured) as raised:
        ran(store, "dearest-calls", most="0")
    assert "'most' must be a whole number from 1 to 10000" in str(raised.value)
    with pytest.raises(Misconfigured, match="long-calls has no parameter 'longer'"):
        ran(store, "long-calls", longer="5m")
    with pytest.raises(Misconfigured, match="must be one of"):
        ran(store, "top-extensions", by="ring")


def test_a_list_of_calls_has_the_dearest_first_and_the_others_together(store: Store) -> None:
    table = ran(store, "dearest-calls", most="5")
    price = [column.name for column in table.columns].index("price")
    shown = [row[price] for row in table.rows[:5]]

    assert shown == sorted(shown, reverse=True)  # type: ignore[type-var] # amounts
    assert table.has_others
    assert table.rows[-1][0] == "others"
    assert table.totals is not None
    assert sum(row[price] for row in table.rows) == table.totals[price]  # type: ignore[misc] # amounts


def test_a_filter_that_is_given_narrows_what_the_report_is_about(store: Store) -> None:
    every = ran(store, "missed-calls")
    some = ran(store, "missed-calls", {**DAYS, "outcome": "busy"})

    assert 0 < some.calls < every.calls
    assert {row[7] for row in some.rows} == {"busy"}


@pytest.mark.parametrize(("abandoned", "level"), [("ignored", 2 / 4), ("against", 2 / 5), ("for", 3 / 5)])
def test_the_service_level_has_the_three_ways_in_which_others_reckon_it(abandoned: str, level: float) -> None:
    noon = int(datetime(2026, 9, 14, 10, tzinfo=UTC).timestamp())
    told = [("answered", 5), ("answered", 20), ("answered", 21), ("unanswered", 9), ("unanswered", 40)]
    made = [
        {
            "direction": "incoming", "outcome": outcome, "ring_s": ring_s, "started_at": noon + place,
            "started_local": noon + place, "talk_s": 60 if outcome == "answered" else 0, "extension": "101",
        }
        for place, (outcome, ring_s) in enumerate(told)
    ]  # fmt: skip
    with office(*made) as store:
        table = ran(store, "service-level", abandoned=abandoned)
        without_short = ran(store, "service-level", abandoned=abandoned, short="10s")

    assert table.rows[0][-1] == pytest.approx(level)
    assert without_short.rows[0][1] == 4


def test_a_report_that_is_not_there_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(NotThere, match="did you mean 'by-department'"):
        report("by-departement")


HEAD = 'title = "A"\nquestion = "B?"\ngroup = "time"\n'
FAULTY = {
    HEAD + 'rows = ["hour"]\n': "a report is one of three things",
    HEAD.replace("time", "tyme") + 'measures = ["calls"]\n': "'group' must be one of",
    HEAD + 'measures = ["cals"]\n': "no measure is called 'cals'",
    HEAD + 'measures = ["calls"]\nfilter = { hour = "1" }\n': "no filter is called",
    HEAD + 'measures = ["calls"]\nfilter = { time = "x" }\n': "'time' must be",
    HEAD + 'list = ["when"]\n': "a list has no column 'when'",
    HEAD + 'measure = ["calls"]\n': "Object contains unknown field `measure`",
    HEAD + 'measures = ["calls"]\nfilter = "x"\n': "Expected `object`, got `str`",
    HEAD + 'measures = ["calls"]\nperiod = "last-moon"\n': "'period' must be one that is known",
    HEAD + 'measures = ["calls"]\nperiod = "today"\nfilter = { to = "today" }\n': "'period' cannot stand beside",
    HEAD + 'measures = ["calls"]\nfilter = { called-back = "x" }\n': "'called-back' must be",
    HEAD + 'measures = ["calls"]\nlimit = -1\n': "'limit' must be a whole number",
    HEAD + 'list = ["moment"]\norder = "-talk"\n': "cannot order a list by 'talk'",
    HEAD + 'rows = ["hour"]\nmeasures = ["calls"]\nchart = { kind = "bars", x = "day", y = ["calls"] }\n': "'day' as x",
    HEAD + 'rows = ["hour"]\nmeasures = ["calls"]\nchart = { kind = "bars", x = "hour", y = [] }\n': "'' as y",
    HEAD + 'rows = ["hour"]\nmeasures = ["calls"]\nchart = { kind = "heat", x = "hour", y = ["calls"] }\n': "'' as by",
    "a = " + "[" * 9999: "cannot be read",
    'title = "A': "cannot be read",
}


@pytest.mark.parametrize(("text", "said"), FAULTY.items())
def test_a_report_of_ones_own_is_told_what_is_wrong_with_it(tmp_path: Path, text: str, said: str) -> None:
    tmp_path.joinpath("report.toml").write_text(text)

    with pytest.raises(Misconfigured) as raised:
        read_report("mine", tmp_path)

    assert said in str(raised.value)


def test_a_report_of_ones_own_is_found_in_its_folder_and_no_faulty_one_hides_the_others(tmp_path: Path) -> None:
    for name, text in {
        "Mine_2": HEAD + 'measures = ["calls"]\n',
        "mine": 'title = "A"\nquestion = "B?"\ngroup = "time"\nmeasures = ["calls"]\n',
        "bad": "x",
        "by-day": HEAD + 'measures = ["calls"]\n',
        ".part": "x",
    }.items():
        tmp_path.joinpath(name).mkdir()
        tmp_path.joinpath(name, "report.toml").write_text(text)

    assert [slug for slug, each in reports(tmp_path).items() if each.is_own] == ["Mine_2", "mine"]
    assert isinstance(report("mine", tmp_path), Report)
    assert {slug: [fault.what for fault in faults] for slug, faults in faulty(tmp_path).items()} == {
        "bad": ["the report bad cannot be read"],
        "by-day": ["the name 'by-day' is taken"],
    }
    assert not report("by-day", tmp_path).is_own
    with pytest.raises(Misconfigured, match="the report bad cannot be read"):
        report("bad", tmp_path)


def test_every_choice_of_a_report_of_ones_own_is_checked(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    choices = '[parameters.by]\ntitle = "By"\nkind = "choice"\ndefault = "day"\nchoices = { day = "d", dey = "e" }\n'
    mine.joinpath("report.toml").write_text(HEAD + 'rows = ["{by}"]\nmeasures = ["calls"]\n' + choices)

    with pytest.raises(Misconfigured, match="no dimension is called 'dey'"):
        read_own(mine)


def test_days_of_a_filter_are_meant_where_no_others_are_given(store: Store) -> None:
    mine = Report("mine", tomllib.loads(HEAD + 'measures = ["calls"]\nfilter = { from = "2026-10-01" }\n'))

    def days(words: dict[str, str]) -> tuple[object, ...]:
        period = run(Ledger(store), mine, wanted(words)).period
        return period.first, period.last

    assert days({}) == (date(2026, 10, 1), None)
    assert days({"to": "2026-11-01"}) == (None, date(2026, 11, 1))
    assert days({"period": "this-month"})[0] == date(2026, 11, 1)
