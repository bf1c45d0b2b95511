"""How a report is asked for by the words of a request, for the API and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import get_args

from django.http import HttpResponse

from tollbook.budgets.evaluating import KnownBudgets
from tollbook.clock import now
from tollbook.engine.jobs import JobFailed
from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, Problem, Unavailable, nearest
from tollbook.model.report import ReportTable
from tollbook.render.reports.formats import REPORT_FORMATS, ReportOptions, file_name, refuse_too_long, report_file
from tollbook.render.reports.sheets import Paper
from tollbook.render.tables import CSV_STYLES, PLAIN
from tollbook.reports.breakdown import Breakdown
from tollbook.reports.running import Compare, ReportRun
from tollbook.site.budgets import operations as budgets
from tollbook.site.directory import operations as directory
from tollbook.store.filters import ASKED
from tollbook.web.asking import check_pbxs
from tollbook.web.system.kept_logo import kept_logo
from tollbook.web.zones import today

FOLDER = "reports"
COMPARED: tuple[str, ...] = get_args(Compare)
SETTING = "set-"
"""What the name of a parameter's field begins with."""
BREAKDOWN = ("rows", "measures", "columns", "order", "limit", "subtotals", "share")
"""The words of a breakdown."""


def own_reports() -> Path:
    """Return the folder of the site's own reports; it need not be there."""
    return engine().site.path / FOLDER


def asker_of(actor: Actor) -> str:
    """Return by what statements of somebody's own SQL are known, of which one runs at a time."""
    return f"{actor.kind} {actor.name}"


def asked_run(words: Mapping[str, str], settings: Mapping[str, str], actor: Actor | None = None) -> ReportRun:
    """Return how a report is to be run, by whom if that is known; raises `Misconfigured`."""
    given = {name: text for name, text in words.items() if name in ASKED and text.strip()}
    check_pbxs(given.get("pbx", ""))
    compare = words.get("compare", "").strip()
    if compare not in COMPARED:
        known = [each for each in COMPARED if each]
        raise Misconfigured(
            Problem(
                f"'compare' must be one of {', '.join(known)}", f"got {compare[:40]!r}", help=nearest(compare, known)
            )
        )
    return ReportRun(
        words=given,
        settings=dict(settings),
        compare=compare,  # type: ignore[arg-type] # it is one of them
        today=today(given.get("pbx", "")),
        zone=zones_of(given.get("pbx", "")),
        made_at=now(),
        budgets=_budgets,
        own_sql=partial(engine().own_sql.ask, who=asker_of(actor) if actor else ""),
    )


def zones_of(chosen: str) -> str:
    """Return the zones of the PBXs that a report is about."""
    names = {name.strip() for name in chosen.split(",") if name.strip()}
    zones = [pbx.zone.key for name, pbx in engine().pbxs_of_calls().items() if not names or name in names]
    return ", ".join(dict.fromkeys(zones)) or "UTC"


def _budgets() -> KnownBudgets:
    return KnownBudgets(budgets.every(), directory.owners_alone())


def settings_of(pairs: list[str]) -> dict[str, str]:
    """Return parameters that were given as `name=value`; raises `Misconfigured`."""
    given: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise Misconfigured(Problem("a parameter is given as name=value", f"got {pair[:60]!r}"))
        given[name.strip().replace("-", "_")] = value
    return given


def asked_breakdown(words: Mapping[str, str]) -> Breakdown:
    """Return the breakdown that words ask for; raises `Misconfigured` for a limit that is no number."""
    limit = words.get("limit", "").strip() or "0"
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10):  # noqa: PLR2004 - no more rows than that
        raise Misconfigured(Problem("'limit' must be a whole number from 0 on", f"got {limit[:40]!r}"))
    return Breakdown(
        rows=_names(words.get("rows", "")),
        measures=_names(words.get("measures", "")),
        columns=words.get("columns", "").strip().replace("-", "_"),
        order=_order(words.get("order", "")),
        limit=int(limit),
        subtotals=words.get("subtotals", "").strip() == "yes",
        share=_names(words.get("share", "")),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip().replace("-", "_") for name in text.split(",") if name.strip())


def _order(text: str) -> str:
    turned = "-" if text.strip().startswith("-") else ""
    return turned + text.strip().removeprefix("-").replace("-", "_")


def sent(table: ReportTable, words: Mapping[str, str], *, as_file: bool = False) -> HttpResponse:
    """Answer with a report in the format that words ask for; what is heavy is made in a process of its own."""
    name = words.get("format", "").strip() or "json"
    if name not in REPORT_FORMATS:
        known = ", ".join(REPORT_FORMATS)
        raise Misconfigured(Problem(f"no report can be had as {name[:40]!r}", f"known are: {known}"))
    options = options_of(words)
    form = REPORT_FORMATS[name]
    refuse_too_long(name, table)  # here: a process of its own could only say that it failed
    try:
        data = (
            engine().jobs.run(report_file, name, table, options) if form.is_heavy else report_file(name, table, options)
        )
    except JobFailed as fault:
        raise Unavailable(f"the file could not be made: {fault}") from None
    response = HttpResponse(data, content_type=form.media_type, headers={"Cache-Control": "no-store"})
    if as_file:
        response["Content-Disposition"] = f'attachment; filename="{file_name(name, table)}"'
    return response


def options_of(words: Mapping[str, str]) -> ReportOptions:
    """Return what words choose about a file; raises `Misconfigured`."""
    style, paper = words.get("csv", "").strip() or PLAIN, words.get("paper", "").strip() or Paper.A4.value
    if style not in CSV_STYLES:
        raise Misconfigured(Problem(f"'csv' must be one of {', '.join(CSV_STYLES)}", f"got {style[:40]!r}"))
    papers = {each.value: each for each in Paper}
    if paper not in papers:
        raise Misconfigured(Problem(f"'paper' must be one of {', '.join(papers)}", f"got {paper[:40]!r}"))
    logo = kept_logo() if words.get("format", "").strip() == "pdf" else b""
    return ReportOptions(csv=CSV_STYLES[style], paper=papers[paper], logo=logo)
