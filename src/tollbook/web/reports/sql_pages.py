"""The page on which administrators ask SQL of their own, have the answer as a file, and keep it as a report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ReportTable
from tollbook.render.reports.formats import REPORT_FORMATS
from tollbook.store.named import offered_names
from tollbook.store.schema import VIEWS
from tollbook.web.asking import ledger_of
from tollbook.web.calls import fields, listing
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.reports import saving
from tollbook.web.reports.asked import asked_run, asker_of, sent
from tollbook.web.reports.shown import FILES, shown, words_of_page
from tollbook.web.reports.sql_api import asked_sql

_BEGIN = """SELECT extension, count(*) AS calls, sum(talk_s) AS talk_s
FROM calls
GROUP BY ALL
ORDER BY calls DESC"""


@needs("sql.ask")
def sql(request: HttpRequest) -> HttpResponse:
    """A field for SQL, what it may ask of, and the answer to what was asked."""
    if request.method != "POST":
        return _page(request, _BEGIN, {})
    text, words = _typed(request), words_of_page(request.POST)
    try:
        table = _asked(request, text)
        if words.get("format", "") in REPORT_FORMATS:
            return sent(table, words, as_file=True)
    except Misconfigured as fault:
        return _page(request, text, {"faults": _placed(fault.problems)})
    return _page(request, text, {"shown": shown(table, "", {}), "title": table.title})


@needs("sql.ask")
@require_POST
def cancel_sql(request: HttpRequest) -> HttpResponse:
    """End what whoever asks is having asked; what was typed stays on the page."""
    if engine().own_sql.cancel(asker_of(actor_of(request))):
        messages.success(request, "The SQL is cancelled.")
    else:
        messages.info(request, "No SQL of yours is running.")
    return _page(request, _typed(request), {})


@needs("sql.ask")
@require_POST
def save_sql(request: HttpRequest) -> HttpResponse:
    """Keep what was asked, with its filter, as a report of the site's own."""
    text, words = _typed(request), words_of_page(request.POST)
    try:
        slug = saving.save_sql(words.get("title", ""), text, words, actor_of(request))
    except Misconfigured as fault:
        return _page(request, text, {"faults": _placed(fault.problems)})
    messages.success(request, "The report is saved. It is one of your own now.")
    return redirect("report", slug)


def _typed(request: HttpRequest) -> str:
    """Return the SQL that was typed, its lines ended as in files."""
    return str(request.POST.get("sql", "")).replace("\r\n", "\n")


def _asked(request: HttpRequest, text: str) -> ReportTable:
    actor = actor_of(request)
    return asked_sql(ledger_of(request), text, asked_run(words_of_page(request.POST), {}, actor), actor)


def _placed(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    """Return faults with where they are in words, and the line that they are in."""
    told = []
    for each in problems:
        where, _, line = each.where.partition("\n  | ")
        numbers = where.split(":")[1:]
        place = "line {}, column {}".format(*numbers) if len(numbers) == 2 else ""  # noqa: PLR2004 - these two
        told.append({"what": each.what, "reason": each.reason, "place": place, "line": line, "help": each.help})
    return told


def _page(request: HttpRequest, text: str, context: dict[str, Any]) -> HttpResponse:
    asked = listing.asked(request.POST)
    pbxs, have_plans = list(engine().pbxs()), any(pbx.plan for pbx in engine().pbxs().values())
    common, rare = fields.fields(asked, pbxs, offered_names(ledger_of(request)), have_plans=have_plans)
    rare_in_use = any(field.value for field in rare)
    context = {
        "sql": text,
        "views": [
            (view, told, [(name, meaning) for name, (_, meaning) in columns.items()])
            for view, (_, columns, told) in VIEWS.items()
        ],
        "common": common,
        "rare": rare,
        "rare_in_use": rare_in_use,
        "files": FILES,
        "title": "SQL",
        "save_as": words_of_page(request.POST).get("title", ""),
        **context,
    }
    return render(request, "web/report-sql.html", context)
