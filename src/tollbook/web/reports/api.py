"""`/api/reports`: the reports there are, one of them run, and a breakdown of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tollbook.model.problem import Problem
from tollbook.reports.breakdown import apart, offered
from tollbook.reports.costs import is_of_costs, offered_without_amounts
from tollbook.reports.definition import Report
from tollbook.reports.known import faulty, report, reports
from tollbook.reports.running import explore, run
from tollbook.reports.vocabulary import Dimension, Measure
from tollbook.web.api.listing import listed
from tollbook.web.api.shapes import FILTERS, answers, choice, lists, text, whole_number
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs
from tollbook.web.reports.asked import asked_breakdown, asked_run, own_reports, sent, settings_of

router = WordRouter(tags=["reports"])
REPORT_FORMAT = {
    "format": choice("ReportFormat", "how the report is written; json unless said"),
    "csv": choice("CsvStyle", "how CSV is written"),
    "paper": choice("Paper", "on which paper a PDF is"),
    "compare": choice(
        "Compared", "with which other days each measure is compared: those before, or of the year before"
    ),
}
_SET = {"set": {"type": "array", "items": {"type": "string"}, "description": "parameters of the report: name=value"}}
_BREAKDOWN = {
    "rows": text("dimensions that rows are told apart by, separated by commas"),
    "measures": text("measures, separated by commas"),
    "columns": text("dimension whose values become columns"),
    "order": text("dimension or measure to order by, turned by a - before it"),
    "limit": whole_number("most rows; the others are put together in one. 0: all"),
    "subtotals": choice("YesNo", "whether each value of the dimensions before the last has a line of its own"),
    "share": text("measures whose part of the total stands beside, separated by commas"),
}


class ReportParameterInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a report, what it is unless said, and what it may be."""

    name: str
    title: str
    kind: str
    default: str
    choices: list[str]


class ReportInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A report by its slug. `own` ones are in the site's own folder; `faults` says what is wrong with one of them.

    One that is at fault cannot be run.
    """

    slug: str
    title: str
    question: str
    group: str
    own: bool
    parameters: list[ReportParameterInfo]
    faults: list[str]


class WordInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A dimension or a measure: its title, what it means, and the unit of its values."""

    name: str
    kind: str
    title: str
    meaning: str
    unit: str


class AnsweredPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """The days of a report, both included, by the clock of the zone; null is an open end."""

    first: str | None = msgspec.field(name="from")
    last: str | None = msgspec.field(name="to")
    zone: str
    words: str


class AnsweredColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a report; an amount has its currency."""

    name: str
    title: str
    unit: str
    currency: str


class AnsweredSubtotal(msgspec.Struct, frozen=True, kw_only=True):
    """A line between rows; `above` rows stand before it."""

    above: int
    values: list[str | int | float | None]


class AnsweredReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report with its rows: amounts are decimal text, shares go from 0 to 1, days are ISO 8601."""

    report: str
    title: str
    question: str
    period: AnsweredPeriod
    filter: dict[str, str]
    scope: str
    made_at: str
    calls: int
    columns: list[AnsweredColumn]
    rows: list[list[str | int | float | None]]
    has_others: bool
    subtotals: list[AnsweredSubtotal]
    totals: list[str | int | float | None] | None
    notes: list[str]


def _info(slug: str, each: Report) -> dict[str, Any]:
    document = each.document
    return {
        "slug": slug,
        **{name: document[name] for name in ("title", "question", "group")},
        "own": each.is_own,
        "parameters": [
            {
                "name": name,
                "title": parameter.title,
                "kind": parameter.kind,
                "default": parameter.default,
                "choices": list(parameter.choices),
            }
            for name, parameter in each.parameters.items()
        ],
        "faults": [],
    }


def _at_fault(slug: str, faults: Iterable[Problem]) -> dict[str, Any]:
    told = [". ".join(filter(None, (f"{each.what}: {each.reason}", each.help))) for each in faults]
    empty: dict[str, Any] = {"title": slug, "question": "", "group": "", "parameters": []}
    return {"slug": slug, **empty, "own": True, "faults": told}


@router.get("/reports", summary="The reports there are", openapi_extra=lists(ReportInfo))
@needs("calls.see")
def list_reports(request: HttpRequest) -> HttpResponseBase:
    """List the reports of the catalogue and the site's own, also those that are at fault.

    Those about costs are listed for whoever may see costs.
    """
    sees_costs = may(request, "costs.see")
    offers = (each for each in reports(own_reports()).items() if sees_costs or not is_of_costs(each[1]))
    found = (_info(slug, each) for slug, each in offers)
    wrong = (_at_fault(slug, faults) for slug, faults in faulty(own_reports()).items())
    return listed(request, ReportInfo.__struct_fields__, chain(found, wrong))


@router.get("/reports/words", summary="Dimensions and measures", openapi_extra=lists(WordInfo))
@needs("calls.see")
def list_report_words(request: HttpRequest) -> HttpResponseBase:
    """List what calls can be told apart by, and what can be counted and added up."""
    dimensions = (_word("dimension", each) for each in apart().values())
    counted = offered() if may(request, "costs.see") else offered_without_amounts(offered())
    rows = chain(dimensions, (_word("measure", each) for each in counted.values()))
    return listed(request, WordInfo.__struct_fields__, rows)


def _word(kind: str, each: Dimension | Measure) -> dict[str, str]:
    return {"name": each.name, "kind": kind, "title": each.title, "meaning": each.meaning, "unit": each.unit.value}


@router.get(
    "/reports/explore",
    summary="Calls told apart by dimensions",
    openapi_extra=answers(AnsweredReport, words={**_BREAKDOWN, **FILTERS, **REPORT_FORMAT}, files=True),
)
@needs("calls.see")
def explore_calls(request: HttpRequest) -> HttpResponse:
    """Return measures of the calls that all given filters mean, told apart by dimensions."""
    words = words_of(request)
    return sent(explore(ledger_of(request), asked_breakdown(words), asked_run(words, {})), words)


@router.get(
    "/reports/{slug}",
    summary="A report, run",
    openapi_extra=answers(AnsweredReport, words={**_SET, **FILTERS, **REPORT_FORMAT}, files=True),
)
@needs("calls.see")
def run_report(request: HttpRequest, slug: str) -> HttpResponse:
    """Return a report over the calls that all given filters mean, as JSON or as a file."""
    words = words_of(request)
    asked = asked_run(words, settings_of(request.GET.getlist("set")), actor_of(request))
    return sent(run(ledger_of(request), report(slug, own_reports()), asked), words)
