"""Runs a report: chooses the calls, asks, and puts head, foot and the way to the calls beside the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from tollbook.budgets.evaluating import KnownBudgets
from tollbook.model.periods import before, in_words, year_before
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ReportChart, ReportColumn, ReportPeriod, ReportRow, ReportTable
from tollbook.reports.answering import BreakdownAnswer, answer, find
from tollbook.reports.breakdown import Breakdown, checked
from tollbook.reports.comparing import compared, shift
from tollbook.reports.computing import Computing, computed
from tollbook.reports.costs import check_costs, refuse_amounts, table_without_amounts, without_costs
from tollbook.reports.definition import DAYS, FILE, USUAL, Report, ReportDefinition
from tollbook.reports.drilling import Words, drill
from tollbook.reports.listing import CallsAsked, list_calls
from tollbook.reports.own_sql import CUT, AsksOwnSql, OwnDays, asking_nothing, columns_of, question_of
from tollbook.reports.querying import Query, ask, in_columns
from tollbook.reports.vocabulary import Dimension, dimensions, measures
from tollbook.store.filters import ALL, Where, read_filter, read_spelled_out, spelled_out
from tollbook.store.ledger import Ledger

Compare = Literal["", "before", "year"]


class ReportRun(msgspec.Struct, frozen=True, kw_only=True):
    """How a report is run: filter words as they were given, parameters, what day it is, the zone of the PBXs.

    `made_at` is an instant in UTC; `scope` says in words whose calls are seen, empty for all. `own_sql` asks what a
    report has of SQL of one's own; `budgets` gives those of the site.
    """

    words: dict[str, str] = {}
    settings: dict[str, str] = {}
    compare: Compare = ""
    today: date
    zone: str
    made_at: datetime
    scope: str = ""
    own_sql: AsksOwnSql = asking_nothing
    budgets: Callable[[], KnownBudgets] = KnownBudgets


class ChosenCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of a report: what was given with days as dates, what holds always, and both as one condition."""

    given: Words
    fixed: Words
    where: Where

    @property
    def all(self) -> Words:
        """All words together."""
        return {**self.fixed, **self.given}

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day; None is an open end."""
        texts = (self.all.get(name, "") for name in ("from", "to"))
        first, last = (datetime.fromisoformat(text).date() if text else None for text in texts)
        return first, last


def run(ledger: Ledger, report: Report, wanted: ReportRun) -> ReportTable:
    """Return a report's answer; raises `Misconfigured` with what is wrong with its parameters or filters.

    Of a ledger that hides costs it has no amounts; a report about costs is refused (`NotAllowed`).
    """
    settings = report.settings(wanted.settings)
    definition = report.filled(settings)
    if ledger.scope.hides_costs:
        check_costs(report, definition)
        definition = without_costs(definition)
    asking = _Running(ledger, wanted, choose(wanted, definition.filter, definition.period))
    if definition.measures:
        found = asking.broken_down(definition.breakdown)
    elif wanted.compare:
        raise Misconfigured(Problem(f"{report.slug} cannot be compared", "it is no breakdown by dimensions"))
    elif definition.list:
        found = asking.listed(definition)
    else:
        found = asking.queried(report, definition, settings)
        found = table_without_amounts(found) if ledger.scope.hides_costs else found
    return msgspec.structs.replace(
        found,
        report=report.slug,
        title=definition.title,
        question=definition.question,
        chart=definition.chart,
        notes=(*found.notes, *_deleted(asking), *definition.notes),
    )


def explore(ledger: Ledger, asked: Breakdown, wanted: ReportRun, chart: ReportChart | None = None) -> ReportTable:
    """Return the answer to a breakdown that somebody put together; raises `Misconfigured`."""
    if ledger.scope.hides_costs:
        refuse_amounts(checked(asked))
    asking = _Running(ledger, wanted, choose(wanted, {}, ""))
    found = asking.broken_down(checked(asked))
    return msgspec.structs.replace(found, title=title_of(asked), chart=chart, notes=(*found.notes, *_deleted(asking)))


def title_of(asked: Breakdown) -> str:
    """Return what a breakdown is called.

    >>> title_of(Breakdown(rows=("department", "month"), measures=("calls", "cost")))
    'Calls and cost by department and month'
    """
    counted = " and ".join([", ".join(names[:-1]), names[-1]] if (names := _titles(asked))[1:] else names)
    by = [dimensions()[name].title.lower() for name in (*asked.rows, *filter(None, (asked.columns,)))]
    return f"{counted} by {' and '.join(by)}" if by else counted


def _titles(asked: Breakdown) -> list[str]:
    first, *others = [measures()[name].title for name in asked.measures]
    return [first, *(each.lower() for each in others)]


def choose(wanted: ReportRun, fixed: Mapping[str, str], period: str) -> ChosenCalls:
    """Return the calls of a report: `fixed` holds always, `period` where no days are given."""
    given = {name: text for name, text in wanted.words.items() if text.strip()}
    usual = {name: text for name, text in fixed.items() if name in USUAL} | ({"period": period} if period else {})
    if DAYS & given.keys():
        usual = {name: text for name, text in usual.items() if name not in DAYS}
    fixed = {name: text for name, text in fixed.items() if name not in USUAL}
    given = usual | given
    dated = spelled_out(given, wanted.today)
    return ChosenCalls(given=dated, fixed=dict(fixed), where=both(dated, fixed))


def both(given: Words, fixed: Mapping[str, str]) -> Where:
    """Return the condition of given words, their days as dates, and of those that hold always."""
    always = _always(fixed)
    return read_spelled_out(given).and_(f"({always.sql})", **always.values)


def _always(fixed: Mapping[str, str]) -> Where:
    """Return what holds always, its values under names of their own: the same word may be given, too."""
    if not fixed:
        return ALL
    read = read_filter(dict(fixed))
    return Where(read.sql.replace("$", "$always_"), {f"always_{name}": value for name, value in read.values.items()})


def _apart(chosen: ChosenCalls, slug: str, considered: tuple[str, ...]) -> tuple[Where, Where]:
    """Return the calls of all the days, and the extensions that words choose; raises `Misconfigured` for others."""
    days = {name: text for name, text in chosen.all.items() if name in DAYS}
    others = {name: text for name, text in chosen.all.items() if name not in DAYS}
    help_ = f"take it away; it knows {', '.join(considered)} and days"
    faults = [
        Problem(f"{slug} cannot be narrowed by {name!r}", "it asks of telephones, not of calls", help=help_)
        for name in others
        if name not in considered
    ]
    if faults:
        raise Misconfigured(*faults)
    return read_spelled_out(days), read_filter(others)


def _left_out(unpriced: int) -> tuple[str, ...]:
    """Return what a reader of amounts has to know: calls without a price are in no amount."""
    if not unpriced:
        return ()
    calls = "1 call has" if unpriced == 1 else f"{unpriced:,} calls have"
    return (f"{calls} no price although there should be one; the amounts are without.",)


def _deleted(asking: _Running) -> tuple[str, ...]:
    """Return what a reader has to know whose days begin before the calls that are kept."""
    kept_since = asking.ledger.kept_since()
    first, _ = asking.chosen.days
    if kept_since is None or (first and first >= kept_since.date()):
        return ()
    return (f"Calls from before {kept_since:%Y-%m-%d} were deleted: the site says for how long calls are kept.",)


class _Running(msgspec.Struct, frozen=True):
    """Asks about the calls that were chosen; each way of asking gives a table that has no title yet."""

    ledger: Ledger
    wanted: ReportRun
    chosen: ChosenCalls

    def table(self, columns: tuple[ReportColumn, ...], rows: list[ReportRow], calls: int) -> ReportTable:
        """Return a table with its head."""
        first, last = self.chosen.days
        return ReportTable(
            report="",
            title="",
            period=ReportPeriod(first=first, last=last, words=in_words(first, last), zone=self.wanted.zone),
            filter={name: text for name, text in self.chosen.all.items() if name not in ("from", "to")},
            scope=self.wanted.scope,
            made_at=self.wanted.made_at,
            calls=calls,
            columns=columns,
            rows=rows,
        )

    def broken_down(self, asked: Breakdown) -> ReportTable:
        """Ask a breakdown, beside another stretch of days where that is wanted."""
        found, notes = self._compared(asked) if self.wanted.compare else (self._answered(asked), ())
        told = found.asked.dimensions[: len(found.asked.rows)]
        drills = [self._drilled(zip(told, key, strict=True)) for key in found.keys]
        return msgspec.structs.replace(
            self.table(found.columns, found.rows, found.calls),
            has_others=found.has_others,
            subtotals=found.subtotals,
            totals=found.totals if asked.rows else None,
            notes=(*notes, *_left_out(found.unpriced)),
            drills=(*drills, *((None,) if found.has_others else ())),
        )

    def listed(self, definition: ReportDefinition) -> ReportTable:
        """List calls."""
        asked = CallsAsked(definition.list, definition.order, definition.limit)
        found = list_calls(self.ledger, asked, self.chosen.where)
        drills = (*({"id": each} for each in found.ids), *((None,) if found.has_others else ()))
        table = self.table(found.columns, found.rows, found.calls)
        return msgspec.structs.replace(table, has_others=found.has_others, totals=found.totals, drills=drills)

    def queried(self, report: Report, definition: ReportDefinition, settings: Mapping[str, str | int]) -> ReportTable:
        """Ask a query, or compute."""
        columns, notes = definition.column, tuple[str, ...]()
        if report.is_own:
            asked_for = question_of(report, settings, OwnDays(*self.chosen.days, self.wanted.today))
            answered = self.wanted.own_sql(self.ledger, asked_for, self.chosen.where)
            columns = columns_of(answered.columns, definition, f"{report.slug}/{FILE}")
            rows, notes = answered.rows, (CUT,) if answered.is_cut else ()
        elif report.module:
            zone = ZoneInfo(self.wanted.zone.partition(",")[0])
            rows = computed(report.module, self._computing(settings, zone))
        else:
            wheres = _apart(self.chosen, report.slug, definition.considered) if definition.considered else ()
            rows = ask(self.ledger, Query(report.query, settings, *(wheres or (self.chosen.where,))))
        found = in_columns(columns, rows)
        told = [(place, each) for place, each in enumerate(columns) if each.word]
        by = [Dimension(title="", meaning="", group="", word=each.word, form=each.form) for _, each in told]
        drills = tuple(
            self._drilled(zip(by, (row[place] for place, _ in told), strict=True)) if told else None
            for row in found.rows
        )
        table = self.table(found.columns, found.rows, self._count())
        return msgspec.structs.replace(table, totals=found.totals, drills=drills, notes=notes)

    def _computing(self, settings: Mapping[str, str | int], zone: ZoneInfo) -> Computing:
        return Computing(
            ledger=self.ledger,
            where=self.chosen.where,
            settings=settings,
            zone=zone,
            days=self.chosen.days,
            words={name: text for name, text in self.chosen.given.items() if name not in DAYS},
            today=self.wanted.today,
            budgets=self.wanted.budgets,
        )

    def _count(self) -> int:
        query = f"SELECT count(*) FROM call WHERE {self.chosen.where.sql}"
        return int(self.ledger.rows(query, self.chosen.where.values)[0][0])

    def _answered(self, asked: Breakdown) -> BreakdownAnswer:
        return answer(self.ledger, asked, self.chosen.where)

    def _compared(self, asked: Breakdown) -> tuple[BreakdownAnswer, tuple[str, ...]]:
        if asked.columns:
            raise Misconfigured(Problem("columns cannot be compared", f"there is a column for each {asked.columns}"))
        first, last = self.chosen.days
        if first is None or last is None:
            help_ = "give --period last-month, or --from and --to"
            raise Misconfigured(Problem("nothing can be compared", "the days have no beginning or no end", help=help_))
        earlier = before(first, last) if self.wanted.compare == "before" else year_before(first, last)
        words = {**self.chosen.given, "from": earlier[0].isoformat(), "to": earlier[1].isoformat()}
        now = find(self.ledger, msgspec.structs.replace(asked, subtotals=False), self.chosen.where)
        then = msgspec.structs.replace(now.asked, limit=0)
        was = find(self.ledger, then, both(words, self.chosen.fixed))
        return compared(now, was, shift(first, earlier[0])), (f"Compared with {in_words(*earlier)}.",)

    def _drilled(self, values: Iterable[tuple[Dimension, object]]) -> Words | None:
        given = self.chosen.given
        clash = any(given.get(name, text) != text for name, text in self.chosen.fixed.items())
        return None if clash else drill(values, self.chosen.all)
