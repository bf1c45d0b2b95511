"""A report as its folder says it: `report.toml`, and `query.sql` where dimensions and measures cannot say it.

A report is one of three things: a breakdown (rows and measures), a list of calls, or a query with columns of its own.
Its parameters stand in braces wherever they are used: `limit = "{most}"`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Literal

import msgspec

from tollbook.model.periods import PERIODS
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.report import ChartKind, ReportChart, Unit
from tollbook.reports.breakdown import Breakdown, problems
from tollbook.reports.vocabulary import dimensions, measures
from tollbook.store.filters import ASKED, WORDS, read_asked, read_filter

FILE, QUERY = "report.toml", "query.sql"
GROUPS = {
    "calls": "Calls",
    "people": "People",
    "cost": "Cost",
    "top": "Top lists",
    "incoming": "Incoming service",
    "time": "Time",
    "trunks": "Trunks",
    "system": "System",
}
"""Under which headings reports stand, in this order."""
DAYS = frozenset(("from", "to", "period"))
USUAL = DAYS | (ASKED.keys() - WORDS.keys())
"""Words of a report's filter that hold where they are not given otherwise."""
_BRACED = re.compile(r"\{([a-z_]+)\}")
_LONGEST_TEXT = 200
_SOME_DAY = date(2000, 1, 1)


class ReportParameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something of a report that whoever runs it may choose; `least` and `most` are limits of a number.

    A `seconds` is given as 90, 90s, 5m or 1h. What the choices mean is said in `choices`.
    """

    title: str
    default: str
    help: str = ""
    kind: Literal["number", "seconds", "choice", "text"] = "text"
    choices: dict[str, str] = {}
    least: int = 0
    most: int = 1_000_000

    def read(self, name: str, text: str) -> str | int:
        """Return the value of a text; raises `Misconfigured`."""
        text = text.strip()
        if self.kind == "choice":
            if text not in self.choices:
                help_ = nearest(text, self.choices)
                raise Misconfigured(
                    Problem(f"{name!r} must be one of {', '.join(self.choices)}", f"got {text!r}", help=help_)
                )
            return text
        if self.kind == "text":
            if len(text) > _LONGEST_TEXT:
                reason = f"got {len(text)} characters"
                raise Misconfigured(Problem(f"{name!r} can have {_LONGEST_TEXT} characters", reason))
            return text
        number = _number(text, _UNITS if self.kind == "seconds" else {})
        if number is None or not self.least <= number <= self.most:
            kind = "a time such as 90, 90s, 5m or 1h" if self.kind == "seconds" else "a whole number"
            said = f"{name!r} must be {kind} from {self.least} to {self.most}"
            raise Misconfigured(Problem(said, f"got {text!r}", help=self.help))
        return number


_UNITS = {"s": 1, "m": 60, "h": 3600}
_DIGITS = 10


def _number(text: str, units: Mapping[str, int]) -> int | None:
    digits, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    return int(digits) * unit if digits.isascii() and digits.isdigit() and len(digits) < _DIGITS else None


class QueryColumn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column of a query. `word` is the filter word that chooses the calls of its value, written as `form` says.

    `total` says how the column is totalled: added up, its largest, or not at all.
    """

    name: str
    title: str
    unit: Unit = Unit.TEXT
    meaning: str = ""
    word: str = ""
    form: str = "{}"
    total: Literal["sum", "max", ""] = ""


class ReportDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report with its parameters filled in. `filter` are words that hold always.

    Days of it, and those of `period`, are meant where no others are given. Words that ask about now, such as
    `called-back`, hold where they are not given otherwise.

    `list` are the columns of a list of calls: dimensions, and measures that are told of one call.

    `considered` are the words that choose among the extensions a query is about, where it is not about calls: then no
    other words are taken but days.
    """

    title: str
    question: str
    group: str
    rows: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    columns: str = ""
    order: str = ""
    limit: int = 0
    subtotals: bool = False
    share: tuple[str, ...] = ()
    list: tuple[str, ...] = ()
    column: tuple[QueryColumn, ...] = ()
    filter: dict[str, str] = {}
    considered: tuple[str, ...] = ()
    period: str = ""
    chart: ReportChart | None = None
    notes: tuple[str, ...] = ()
    parameters: dict[str, ReportParameter] = {}

    @property
    def breakdown(self) -> Breakdown:
        """What to ask, where it is a breakdown."""
        return Breakdown(
            rows=self.rows,
            measures=self.measures,
            columns=self.columns,
            order=self.order,
            limit=self.limit,
            subtotals=self.subtotals,
            share=self.share,
        )


class Report(msgspec.Struct, frozen=True):
    """A report by its slug: what its folder says, parameters still in braces; its query or module, if it has one."""

    slug: str
    document: dict[str, Any]
    query: str = ""
    module: str = ""
    is_own: bool = False

    @property
    def parameters(self) -> dict[str, ReportParameter]:
        """What may be chosen."""
        return msgspec.convert(self.document.get("parameters", {}), dict[str, ReportParameter])

    def settings(self, given: Mapping[str, str]) -> dict[str, str | int]:
        """Return the values of all parameters, those given and defaults; raises `Misconfigured` with every fault."""
        known, faults, values = self.parameters, [], {}
        for name in given:
            if name not in known:
                reason = f"it has {', '.join(known)}" if known else "it has none"
                faults.append(Problem(f"{self.slug} has no parameter {name!r}", reason, help=nearest(name, known)))
        for name, parameter in known.items():
            try:
                values[name] = parameter.read(name, given.get(name) or parameter.default)
            except Misconfigured as fault:
                faults += fault.problems
        if faults:
            raise Misconfigured(*faults)
        return values

    def filled(self, settings: Mapping[str, str | int]) -> ReportDefinition:
        """Return the report with values in place of its parameters; raises `Misconfigured`."""
        place = f"{self.slug}/{FILE}"
        try:
            found = msgspec.convert(_with_texts(_filled(self.document, settings)), ReportDefinition)
        except msgspec.ValidationError as fault:
            raise Misconfigured(Problem(f"the report {self.slug} cannot be read", str(fault), place)) from None
        faults = problems_of(found, place, has_query=bool(self.query or self.module), is_own=self.is_own)
        if faults:
            raise Misconfigured(*faults)
        return found


def _filled(value: Any, settings: Mapping[str, str | int]) -> Any:  # noqa: ANN401 - a document
    if isinstance(value, dict):
        return {name: each if name == "parameters" else _filled(each, settings) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, settings) for each in value]
    if not isinstance(value, str):
        return value
    whole = _BRACED.fullmatch(value)
    if whole and whole[1] in settings:
        return settings[whole[1]]
    return _BRACED.sub(lambda found: str(settings.get(found[1], found[0])), value)


def _with_texts(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose filter has texts alone: a parameter can be a number."""
    filter_ = document.get("filter", {})
    is_table = isinstance(filter_, dict)
    return {**document, "filter": {name: str(text) for name, text in filter_.items()} if is_table else filter_}


def problems_of(found: ReportDefinition, place: str, *, has_query: bool, is_own: bool) -> list[Problem]:
    """Return what is wrong with a report whose parameters are filled in.

    SQL of one's own need not declare its columns: they are known when it is asked, and its chart is looked at then.
    """
    faults: list[Problem] = []
    kinds = [bool(found.measures), bool(found.list), has_query]
    if sum(kinds) != 1:
        help_ = "give measures (and rows), or list, or a file query.sql with [[column]]"
        faults.append(Problem("a report is one of three things", f"this is {sum(kinds)} of them", place, help_))
    if found.measures:
        faults += problems(found.breakdown, place)
    if found.list:
        faults += _problems_of_list(found, place)
    if bool(found.column) > has_query or (has_query > bool(found.column) and not is_own):
        faults.append(Problem("query.sql and [[column]] belong together", "one of them is missing", place))
    if found.group not in GROUPS:
        faults.append(Problem(f"'group' must be one of {', '.join(GROUPS)}", f"got {found.group!r}", place))
    if found.period and found.period not in PERIODS:
        help_ = nearest(found.period, PERIODS)
        faults.append(Problem("'period' must be one that is known", f"got {found.period!r}", place, help_))
    if found.limit < 0:
        faults.append(Problem("'limit' must be a whole number from 0 on", f"got {found.limit}", place, "0 is all"))
    days = {**found.filter, **({"period": found.period} if found.period in PERIODS else {})}
    return faults + _problems_of_filter(days, place) + ([] if has_query and is_own else chart_problems(found, place))


def _problems_of_list(found: ReportDefinition, place: str) -> list[Problem]:
    known = {*dimensions(), *(name for name, each in measures().items() if each.of and not each.when)}
    faults = [
        Problem(f"a list has no column {name!r}", "unknown", place, nearest(name, known))
        for name in found.list
        if name not in known
    ]
    term = found.order.removeprefix("-")
    if term and term not in (*found.list, "moment"):
        reason = f"it can be ordered by {', '.join(dict.fromkeys((*found.list, 'moment')))}"
        faults.append(Problem(f"cannot order a list by {term!r}", reason, place, "put - before it to turn the order"))
    return faults


def _problems_of_filter(words: Mapping[str, str], place: str) -> list[Problem]:
    faults = [
        Problem(f"no filter is called {name!r}", "unknown", place, nearest(name, ASKED))
        for name in words
        if name not in ASKED
    ]
    always = {name: text for name, text in words.items() if name not in USUAL}
    usual = {name: text for name, text in words.items() if name in USUAL}
    for read, some in ((partial(read_filter, place=place), always), (partial(read_asked, today=_SOME_DAY), usual)):
        try:
            read(some)
        except Misconfigured as fault:
            faults += fault.problems
    return faults


def chart_problems(found: ReportDefinition, place: str) -> list[Problem]:
    """Return what is wrong with the chart of a report whose columns are known."""
    chart = found.chart
    if chart is None:
        return []
    columns = [each.name for each in found.column]
    along = (*found.rows, *filter(None, (found.columns,)), *found.list, *columns)
    drawn = (*found.measures, *found.list, *columns)
    wrong = [
        ("x", chart.x, along),
        *([("by", chart.by, (*found.rows, *found.list, *columns))] if chart.by or chart.kind is ChartKind.HEAT else []),
        *(("y", name, drawn) for name in chart.y or ("",)),
    ]
    return [
        Problem(f"a chart cannot have {name!r} as {side}", "the table has no such column", place, nearest(name, known))
        for side, name, known in wrong
        if name not in known
    ]
