"""The pages of reports: which there are, one of them, and calls told apart by what somebody chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from tollbook.engine.jobs import JobFailed
from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ChartKind, ReportTable
from tollbook.render.charts import NARROW, PAGE_INK, WIDE, Plot, Series, draw
from tollbook.render.charts import chart as chart_of
from tollbook.reports.breakdown import apart, offered
from tollbook.reports.costs import is_of_costs, offered_without_amounts
from tollbook.reports.definition import GROUPS, Report
from tollbook.reports.known import faulty, report, reports
from tollbook.reports.running import choose, explore, run
from tollbook.reports.trends import RowTrends, trends
from tollbook.store.filters import ASKED
from tollbook.store.named import offered_names
from tollbook.web.asking import ledger_of, pbxs_of
from tollbook.web.calls import fields, listing
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs
from tollbook.web.reports import saving
from tollbook.web.reports.asked import COMPARED, asked_breakdown, asked_run, own_reports
from tollbook.web.reports.charts import chart_for
from tollbook.web.reports.plots import kept
from tollbook.web.reports.shown import parameters, periods, plotted, settings_of_page, shown, words_of_page

_COMPARED = {"": "nothing", "before": "the days before", "year": "the year before"}
_CHARTS = {"": "the usual chart", "none": "no chart", **{each.value: each.value for each in ChartKind}}
_ROWS = 3
"""Dimensions of rows that the form asks for at least."""
_USUAL = {"rows": "department", "measures": "calls,incoming,outgoing,talk", "period": "last-30-days"}

_ELSEWHERE = {
    "cost": (
        (
            "costs-preview",
            "What another carrier would cost",
            "What would these calls cost by other prices?",
            "prices.change",
        ),
        (
            "costs-bills",
            "A carrier's bill beside ours",
            "Does the carrier's bill agree with our calls?",
            "prices.change",
        ),
        (
            "charge-back",
            "Charge-back",
            "What do calls and monthly charges come to, by whom they are charged to?",
            "prices.see",
        ),
    ),
    "system": (("audit", "Audit", "Who changed what, when, and from where?", "audit.see"),),
}
"""Pages that answer a question as a report would: their addresses, what they are called, answer and need."""


@needs("calls.see")
def reports_there_are(request: HttpRequest) -> HttpResponse:
    """The reports by what they are about, the site's own first."""
    sees_costs = may(request, "costs.see")
    found = {slug: each for slug, each in reports(own_reports()).items() if sees_costs or not is_of_costs(each)}
    groups = [("Your own", _listed(each for each in found.values() if each.is_own))]
    groups += [
        (
            title,
            [*_listed(each for each in found.values() if each.document["group"] == name), *_elsewhere(request, name)],
        )
        for name, title in GROUPS.items()
    ]
    context = {"groups": [group for group in groups if group[1]], "faulty": list(faulty(own_reports()).items())}
    return render(request, "web/reports.html", context)


def _listed(some: Iterable[Report]) -> list[tuple[str, str, str]]:
    """Return where each report is, its title, and its question."""
    return [(reverse("report", args=[each.slug]), each.document["title"], each.document["question"]) for each in some]


def _elsewhere(request: HttpRequest, group: str) -> list[tuple[str, str, str]]:
    """Return what answers a question of a group on a page of its own, of those that whoever asks may see."""
    return [
        (reverse(name), title, question)
        for name, title, question, permission in _ELSEWHERE.get(group, ())
        if may(request, permission)
    ]


@needs("calls.see")
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """A report over the calls that the address means."""
    try:
        found = report(slug, own_reports())
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}")
        return redirect("reports")
    if is_of_costs(found) and not may(request, "costs.see"):
        raise PermissionDenied(_closed(found))
    words = words_of_page(request.GET)
    given = settings_of_page(words)
    context: dict[str, Any] = {
        "slug": slug,
        "title": found.document["title"],
        "question": found.document["question"],
        "is_own": found.is_own,
        "parameters": parameters(found.parameters, given),
        "can_compare": "measures" in found.document and not found.document.get("columns"),
        "usual_period": found.document.get("period", ""),
    }
    pairs = {"set": [f"{name}={text}" for name, text in given.items()]}
    if "chart" in found.document:
        _expect_a_chart()
    asked = {name: text for name, text in words.items() if name in ASKED or name == "compare"}
    api = f"/api/reports/{slug}"
    went = partial(_trends, request, found, words)
    shows = _ReportPage("web/report.html", lambda: _ran(request, found, words), api, {**asked, **pairs}, went)
    return _page(request, shows, context)


def _closed(found: Report) -> Problem:
    reason = "Your role does not see what calls cost. An administrator can give you one that does."
    return Problem(f"{found.document['title']} is about costs", reason)


def _ran(request: HttpRequest, found: Report, words: Mapping[str, str]) -> ReportTable:
    return run(ledger_of(request), found, asked_run(words, settings_of_page(words), actor_of(request)))


def _trends(request: HttpRequest, found: Report, words: Mapping[str, str], table: ReportTable) -> RowTrends | None:
    wanted = asked_run(words, settings_of_page(words), actor_of(request))
    definition = found.filled(found.settings(wanted.settings))
    chosen = choose(wanted, definition.filter, definition.period)
    return trends(ledger_of(request), definition.breakdown, chosen.where, table) if definition.measures else None


def _expect_a_chart() -> None:
    """Let a process for drawing begin while the calls are asked: beginning takes most of the time of a first chart."""
    least = Plot(kind=ChartKind.COLUMNS, places=("",), series=(Series("", (1.0,)),))
    engine().jobs.warm(draw, [chart_of(least, NARROW, PAGE_INK)])


@needs("calls.see")
def explorer(request: HttpRequest) -> HttpResponse:
    """Calls told apart by dimensions that somebody chooses."""
    words = words_of_page(request.GET)
    if not words.get("measures"):
        return redirect(f"{reverse('report-explore')}?{urlencode({**_USUAL, **words})}")
    if words.get("chart"):
        _expect_a_chart()
    breakdown, sees_costs = asked_breakdown({**words, "limit": ""}), may(request, "costs.see")
    rows = (*breakdown.rows, *[""] * (_ROWS - len(breakdown.rows)))
    context: dict[str, Any] = {
        "rows": list(enumerate(rows, 1)),
        "chosen": breakdown,
        "limit": words.get("limit", ""),
        "dimensions": _grouped(apart()),
        "measures": _grouped(offered() if sees_costs else offered_without_amounts(offered())),
        "charts": _CHARTS,
        "drawn_as": words.get("chart", ""),
        "title": "Explore",
        "can_compare": not breakdown.columns,
        "orders": [(f"-{name}", f"{title}, most first") for name, title in _titles(breakdown.measures, offered())]
        + [(name, title) for name, title in _titles(breakdown.rows, apart())],
        "counted": [title.lower() for _, title in _titles(breakdown.measures, offered())],
        "kept": list(words.items()),
    }
    asked = {name: text for name, text in words.items() if name not in ("chart", "title")}
    went = partial(_explored_trends, request, words)
    ran = partial(_explored, request, words)
    shows = _ReportPage("web/report-explore.html", ran, "/api/reports/explore", asked, went)
    return _page(request, shows, context)


def _explored(request: HttpRequest, words: Mapping[str, str]) -> ReportTable:
    asked = asked_breakdown(words)
    return explore(ledger_of(request), asked, asked_run(words, {}), chart_for(asked, words.get("chart", "")))


def _explored_trends(request: HttpRequest, words: Mapping[str, str], table: ReportTable) -> RowTrends | None:
    where = choose(asked_run(words, {}), {}, "").where
    return trends(ledger_of(request), asked_breakdown(words), where, table)


def _titles(names: tuple[str, ...], known: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, known[name].title) for name in names if name in known]


def _grouped(known: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, each in known.items():
        groups.setdefault(each.group.capitalize(), []).append((name, each.title))
    return list(groups.items())


class _ReportPage(msgspec.Struct, frozen=True):
    """A page of a report: its template, what runs it, and the address and words by which the API has it as a file.

    `went` asks how the calls of each row went.
    """

    template: str
    ran: Callable[[], ReportTable]
    api: str
    words: dict[str, Any]
    went: Callable[[ReportTable], RowTrends | None]


def _page(request: HttpRequest, page: _ReportPage, context: dict[str, Any]) -> HttpResponse:
    """Show a report with its filter, or what is wrong with what was asked."""
    words = words_of_page(request.GET)
    asked = listing.asked(request.GET)
    known = pbxs_of(request)
    pbxs, have_plans = list(known), any(pbx.plan for pbx in known.values())
    common, rare = fields.fields(asked, pbxs, offered_names(ledger_of(request)), have_plans=have_plans)
    context |= {
        "common": common,
        "rare": rare,
        "rare_in_use": any(field.value for field in rare),
        "compared": _COMPARED,
        "compare": words.get("compare", "") if words.get("compare", "") in COMPARED else "",
        "query": request.GET.urlencode(),
    }
    try:
        table = page.ran()
    except Misconfigured as fault:
        return render(request, page.template, {**context, "faults": fault.problems, "periods": periods(words, "")})
    period = asked.given.get("period", "") or (
        "" if {"from", "to"} & asked.given.keys() else context.get("usual_period")
    )
    context |= {
        "shown": shown(table, page.api, page.words, page.went(table)),
        "title": table.title,
        "periods": periods(words, period or ""),
    }
    return render(request, page.template, context)


@needs("calls.see")
def chart(request: HttpRequest) -> HttpResponse:
    """The chart of a report, for the page that was sent without it."""
    words = words_of_page(request.GET)
    try:
        plot = kept(words.pop("plot", "")) or _plotted(request, words)
        if plot is None:
            return HttpResponse("")
        wide, narrow = engine().jobs.run(draw, [chart_of(plot, size, PAGE_INK) for size in (WIDE, NARROW)])
    except Misconfigured as fault:
        return render(request, "web/parts/chart.html", {"trouble": fault.problems[0].what})
    except JobFailed as fault:
        return render(request, "web/parts/chart.html", {"trouble": str(fault)})
    drawn = mark_safe(wide), mark_safe(narrow)  # noqa: S308 - drawn by Vega, which escapes every text
    return render(request, "web/parts/chart.html", {"drawn": drawn})


def _plotted(request: HttpRequest, words: dict[str, Any]) -> Plot | None:
    """Return what the chart of a report shows, asked anew."""
    slug = words.pop("report", "")
    found = plotted(_ran(request, report(slug, own_reports()), words) if slug else _explored(request, words))
    return found.plot if found else None


@needs("reports.change")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what was explored as a report of the site's own."""
    words = words_of_page(request.POST)
    query = {name: text for name, text in words.items() if name not in ("csrfmiddlewaretoken", "title", "question")}
    try:
        slug = saving.save(words.get("title", ""), words.get("question", ""), query, actor_of(request))
    except Misconfigured as fault:
        for each in fault.problems:
            messages.error(request, f"{each.what}: {each.reason}")
        return redirect(f"{reverse('report-explore')}?{urlencode(query)}")
    beside = " With which days it is compared is chosen when it is looked at." if words.get("compare") else ""
    messages.success(request, f"The report is saved. It is one of your own now.{beside}")
    return redirect("report", slug)


@needs("reports.change")
@require_POST
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove a report of the site's own."""
    saving.remove(slug, actor_of(request))
    messages.success(request, f"The report {slug} is removed.")
    return redirect("reports")
