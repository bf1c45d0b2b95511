"""Keeps reports of the site's own: a folder each, written as one that somebody could have written by hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from typing import Any

import tomli_w

from tollbook.clock import now
from tollbook.engine.care.manifest import settle_on_disk, sync
from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.reports.definition import FILE, QUERY, Report
from tollbook.reports.known import check_name, faulty, reports
from tollbook.reports.own_sql import OwnDays, columns_of, question_of
from tollbook.site.audit import operations as audit
from tollbook.store.filters import ASKED
from tollbook.web.reports.asked import asked_breakdown, asker_of, own_reports
from tollbook.web.reports.charts import chart_for

_LONGEST_TITLE, _MOST = 80, 500


def save(title: str, question: str, words: Mapping[str, str], actor: Actor) -> str:
    """Keep a breakdown with its filter as a report; returns its slug. Raises `Misconfigured`.

    The folder is there whole or not at all, whatever happens meanwhile.
    """
    title = title.strip()
    slug = _free_slug(title)
    document = _document(title, question.strip() or f"{title}?", words)
    report = Report(slug, document, is_own=True)
    report.filled(report.settings({}))
    _write(slug, {FILE: tomli_w.dumps(document)})
    audit.record(actor, "report.add", slug)
    return slug


def save_sql(title: str, text: str, words: Mapping[str, str], actor: Actor) -> str:
    """Keep SQL with its filter as a report, found in order; returns its slug. Raises `Misconfigured`."""
    title = title.strip()
    slug = _free_slug(title)
    document = {"title": title, "question": f"{title}?", "group": "calls", **_chosen(words)}
    report = Report(slug, document, text, is_own=True)
    definition = report.filled(report.settings({}))
    question = question_of(report, {}, OwnDays(now().date(), now().date(), now().date()))
    checked = engine().own_sql.examine(question, asker_of(actor))
    columns_of(checked.columns, definition, slug)
    _write(slug, {FILE: tomli_w.dumps(document), QUERY: text.rstrip() + "\n"})
    audit.record(actor, "report.add", slug)
    return slug


def _free_slug(title: str) -> str:
    """Return what a report of a title is called; raises `Misconfigured` where it cannot be saved."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not slug or len(title) > _LONGEST_TITLE:
        reason = f"it has letters or digits, and {_LONGEST_TITLE} characters at most"
        raise Misconfigured(Problem("the report needs a title", reason))
    check_name(slug)
    if own_reports().joinpath(slug).exists():
        raise _taken(slug)
    there = reports(own_reports())
    if sum(each.is_own for each in there.values()) + len(faulty(own_reports())) >= _MOST:
        raise Misconfigured(Problem(f"there are {_MOST} reports of your own already", "remove some first"))
    return slug


def _taken(slug: str) -> Misconfigured:
    return Misconfigured(Problem(f"there is a report {slug!r} already", "choose another title"))


def _write(slug: str, files: Mapping[str, str]) -> None:
    """Write the folder of a report under another name; it takes its place when all of it is on the disk."""
    folder = own_reports()
    part = folder / f".{slug}.part"
    try:
        shutil.rmtree(part, ignore_errors=True)  # of one that was broken off
        part.mkdir(parents=True)
        for name, text in files.items():
            part.joinpath(name).write_text(text, "utf-8", newline="\n")
        settle_on_disk(part)
        part.rename(folder / slug)
        sync(folder)
    except OSError as fault:
        shutil.rmtree(part, ignore_errors=True)
        if folder.joinpath(slug).exists():
            raise _taken(slug) from None
        reason = fault.strerror or str(fault)
        raise Misconfigured(Problem("the report could not be written", reason, str(folder))) from None


def _document(title: str, question: str, words: Mapping[str, str]) -> dict[str, Any]:
    asked = asked_breakdown(words)
    document: dict[str, Any] = {
        "title": title,
        "question": question,
        "group": "calls",
        "rows": list(asked.rows),
        "measures": list(asked.measures),
        "columns": asked.columns,
        "order": asked.order,
        "limit": asked.limit,
        "subtotals": asked.subtotals,
        "share": list(asked.share),
        **_chosen(words),
    }
    if chart := chart_for(asked, words.get("chart", "")):
        document["chart"] = {"kind": chart.kind.value, "x": chart.x, "y": list(chart.y), "by": chart.by}
    return {name: value for name, value in document.items() if value}


def _chosen(words: Mapping[str, str]) -> dict[str, Any]:
    """Return the period and filter of a report, those that words say."""
    filter_ = {name: text for name, text in words.items() if name in ASKED and name != "period"}
    chosen = {"period": words.get("period", ""), "filter": filter_}
    return {name: value for name, value in chosen.items() if value}


def remove(slug: str, actor: Actor) -> None:
    """Remove a report of the site's own; raises `NotThere`."""
    found = reports(own_reports()).get(slug)
    if found is None or not found.is_own:
        raise NotThere(Problem(f"no report of your own is called {slug!r}", "there is none"))
    gone = own_reports() / f".{slug}.gone"
    shutil.rmtree(gone, ignore_errors=True)
    own_reports().joinpath(slug).rename(gone)
    shutil.rmtree(gone)
    audit.record(actor, "report.remove", slug)
