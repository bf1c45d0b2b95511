"""Cases of a report: calls, what is asked, and the table that answers it, worked out by whoever wrote the case.

They stand in `cases.toml` of the report's folder. Rows and totals are CSV; of a report's columns a case names those
that it pins. A number can be written as a fraction (1/3), a time as seconds, a month as files have it (2026-02).
"""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from importlib.resources.abc import Traversable
from itertools import zip_longest
from pathlib import Path

import msgspec

from tollbook.budgets.evaluating import KnownBudgets
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.report import ReportTable, Unit
from tollbook.render.reports.plain import Plain, row_of
from tollbook.reports.case_site import CaseSite, LaidOut, case_site, small_site
from tollbook.reports.definition import Report
from tollbook.reports.known import read_own
from tollbook.reports.own_sql import ask_here, check_sql
from tollbook.reports.running import Compare, ReportRun, run
from tollbook.store.filters import ASKED

CASES = "cases.toml"
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")


class ReportCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case: its name is the fact that it pins. Without calls of its own it is about those of the small site."""

    name: str
    calls: str = ""
    legs: str = ""
    rejects: str = ""
    today: date | None = None
    words: dict[str, str] = {}
    settings: dict[str, str] = {}
    compare: Compare = ""
    columns: tuple[str, ...] = ()
    rows: str = ""
    totals: str | None = None


class _Cases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[ReportCase]


class ReportDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Where a report answers otherwise than a case says: a cell by its row and column, or rows that are not there."""

    report: str
    case: str
    row: str
    column: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Say what differs, in a line."""
        where = ", ".join(filter(None, (self.row, self.column and f"column {self.column}")))
        return (
            f"{self.report}: {self.case}: {where}: expected {self.expected or 'nothing'}, got {self.got or 'nothing'}"
        )


class CheckedReport(msgspec.Struct, frozen=True):
    """A report whose folder is in order, how many cases it has, and where it answers otherwise than they say."""

    report: Report
    cases: int
    differences: list[ReportDifference]


def read_cases(folder: Traversable, report: str) -> list[ReportCase]:
    """Return the cases of a report's folder, none where it has no file of them; raises `Misconfigured`."""
    file = folder.joinpath(CASES)
    if not file.is_file():
        return []
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), _Cases).case
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, msgspec.ValidationError) as fault:
        place = f"{report}/{CASES}"
        raise Misconfigured(Problem(f"the cases of {report} cannot be read", str(fault), place)) from None


def check_own(folder: Path) -> CheckedReport:
    """Check a report of one's own and run its cases; raises `Misconfigured` with every fault of both."""
    faults: list[Problem] = []
    report, cases = None, []
    try:
        report = read_own(folder)
        if report.query:
            check_sql(report)
    except Misconfigured as fault:
        faults += fault.problems
    try:
        cases = read_cases(folder, folder.name)
    except Misconfigured as fault:
        faults += fault.problems
    if report is None or faults:
        raise Misconfigured(*faults)
    found: list[ReportDifference] = []
    with case_site() as site:
        for case in cases:
            try:
                found += differences(site, report, case)
            except Misconfigured as fault:
                faults += [
                    msgspec.structs.replace(each, where=f"{folder.name}/{CASES}: {case.name}")
                    for each in fault.problems
                ]
    if faults:
        raise Misconfigured(*faults)
    return CheckedReport(report, len(cases), found)


def differences(site: CaseSite, report: Report, case: ReportCase) -> list[ReportDifference]:
    """Return where a report answers otherwise than a case says; raises `Misconfigured` for a case that is at fault."""
    table = answered(site, report, case)
    names = [column.name for column in table.columns]
    chosen = case.columns or tuple(names)
    if unknown := [name for name in chosen if name not in names]:
        reason = f"it has {', '.join(names)}"
        raise Misconfigured(
            *(Problem(f"the report has no column {name!r}", reason, help=nearest(name, names)) for name in unknown)
        )
    places = [names.index(name) for name in chosen]
    rows = [(f"row {place}", row_of(table.columns, row)) for place, row in enumerate(table.rows, 1)]
    found = list(_compared(case.rows, rows, table, places))
    if case.totals is not None:
        totals = [("totals", row_of(table.columns, table.totals))] if table.totals else []
        found += _compared(case.totals, totals, table, places)
    return [msgspec.structs.replace(each, report=report.slug, case=case.name) for each in found]


def answered(site: CaseSite, report: Report, case: ReportCase) -> ReportTable:
    """Return what a report answers to what a case asks; raises `Misconfigured` for a case that is at fault."""
    small = small_site()
    if unknown := [name for name in case.words if name not in ASKED]:
        raise Misconfigured(
            *(Problem(f"no filter is called {name!r}", "unknown", help=nearest(name, ASKED)) for name in unknown)
        )
    ledger = site.ledger_of(LaidOut(calls=case.calls or small.calls, legs=case.legs, rejects=case.rejects))
    today = case.today or small.today
    made_at = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    wanted = ReportRun(
        words=case.words,
        settings=case.settings,
        compare=case.compare,
        today=today,
        zone=small.zone,
        made_at=made_at,
        own_sql=ask_here,
        budgets=lambda: KnownBudgets(small.budgets, small.directory),
    )
    return run(ledger, report, wanted)


def _compared(
    expected: str, got: Sequence[tuple[str, list[Plain]]], table: ReportTable, places: Sequence[int]
) -> Iterator[ReportDifference]:
    texts = list(csv.reader([line for line in expected.splitlines() if line.strip()], skipinitialspace=True))
    for place, (line, row) in enumerate(zip_longest(texts, got), 1):
        where = row[0] if row else f"row {place}"
        told = [_told(row[1][each]) for each in places] if row else []
        if line is None or row is None or len(line) != len(places):
            yield _difference(where, "", ", ".join(line or ()), ", ".join(told))
            continue
        for text, each, shown in zip(line, places, told, strict=True):
            column = table.columns[each]
            if not _is_same(text.strip(), row[1][each], column.unit):
                yield _difference(where, column.name, text.strip(), shown)


def _told(value: Plain) -> str:
    """Return a value as a case would have it.

    >>> _told("19.500000000000"), _told("100"), _told(2.0), _told(None)
    ('19.5', '100', '2', '')
    """
    text = "" if value is None else str(value)
    return text.rstrip("0").rstrip(".") if _DECIMAL.fullmatch(text) else text


def _difference(row: str, column: str, expected: str, got: str) -> ReportDifference:
    return ReportDifference(report="", case="", row=row, column=column, expected=expected, got=got)


def _is_same(expected: str, got: Plain, unit: Unit) -> bool:
    if got is None or not expected:
        return got in (None, "") and not expected
    try:
        if unit is Unit.MOMENT and isinstance(got, str):
            return datetime.fromisoformat(expected) == datetime.fromisoformat(got)
        if isinstance(got, int | float) or unit is Unit.AMOUNT:
            return math.isclose(Fraction(expected), Fraction(got), rel_tol=1e-9)
    except (ValueError, ZeroDivisionError):
        return expected == str(got)
    return expected == got
