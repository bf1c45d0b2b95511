"""Has files of reports and phone bills made, by the words that their addresses have."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connections
from django.http import HttpRequest

from tollbook.clock import now
from tollbook.engine.ready_files import FileMaking
from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.ready_file import FileAsked, ReadyFile
from tollbook.model.report import ReportTable
from tollbook.render.bills.files import BILL_FORMATS, BillOptions, bill_file, bill_file_name
from tollbook.render.reports.formats import REPORT_FORMATS, file_name, report_file
from tollbook.reports.breakdown import checked
from tollbook.reports.costs import check_costs, refuse_amounts
from tollbook.reports.known import report
from tollbook.reports.running import choose, explore, run, title_of
from tollbook.web.asking import ledger_of
from tollbook.web.chargeback.bill_asked import asked_bill, asked_months, asked_subtotals, asked_target
from tollbook.web.files.whose import access_now, owner_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import check_may
from tollbook.web.reports.asked import asked_breakdown, asked_run, options_of, own_reports, settings_of

FILE_FORMATS = ("pdf", "xlsx", "csv", "parquet", "html", "json")
"""Kinds of files that are made in the background; a phone bill has those of them that bills can be had as."""
Makes = Callable[[FileMaking], None]


def ask(request: HttpRequest, asked: FileAsked) -> ReadyFile:
    """Have a file made for whoever asks, of what they may see now; raises `Misconfigured`."""
    form = asked.words.get("format", "").strip() or "xlsx"
    title, make = _of_bill(request, asked, form) if asked.of == "phone-bill" else _of_report(request, asked, form)
    kinds = BILL_FORMATS if asked.of == "phone-bill" else REPORT_FORMATS
    wanted = ReadyFile(
        key="",
        owner=owner_of(request),
        asked_by=actor_of(request).name,
        access=access_now(request),
        asked=asked,
        title=title,
        form=form,
        media_type=kinds[form].media_type,
        asked_at=now(),
    )
    return engine().files.ask(wanted, _apart(make))


def _apart(make: Makes) -> Makes:
    """Let go of the connections to the settings that a thread of its own has taken."""

    def made(making: FileMaking) -> None:
        try:
            make(making)
        finally:
            connections.close_all()

    return made


def _of_report(request: HttpRequest, asked: FileAsked, form: str) -> tuple[str, Makes]:
    """Return the title of a report and what makes its file; what is wrong with the words is raised at once."""
    _check_format(form, FILE_FORMATS)
    title, table = _explored(request, asked) if asked.of == "explore" else _run(request, asked)
    options = options_of(asked.words)

    def make(making: FileMaking) -> None:
        found = table()
        making.note(name=file_name(form, found), rows=len(found.rows))
        making.write(report_file, form, found, options)

    return title, make


def _explored(request: HttpRequest, asked: FileAsked) -> tuple[str, Callable[[], ReportTable]]:
    breakdown, ledger = checked(asked_breakdown(asked.words)), ledger_of(request)
    if ledger.scope.hides_costs:
        refuse_amounts(breakdown)
    wanted = asked_run(asked.words, {})
    choose(wanted, {}, "")
    return title_of(breakdown), lambda: explore(ledger, breakdown, wanted)


def _run(request: HttpRequest, asked: FileAsked) -> tuple[str, Callable[[], ReportTable]]:
    found, ledger = report(asked.report, own_reports()), ledger_of(request)
    wanted = asked_run(asked.words, settings_of(list(asked.settings)), actor_of(request))
    definition = found.filled(found.settings(wanted.settings))
    if ledger.scope.hides_costs:
        check_costs(found, definition)
    choose(wanted, definition.filter, definition.period)
    return definition.title, lambda: run(ledger, found, wanted)


def _of_bill(request: HttpRequest, asked: FileAsked, form: str) -> tuple[str, Makes]:
    """Return the title of a bill and what makes its file; what is wrong with the words is raised at once."""
    check_may(request, "costs.see")
    words = {name: text for name, text in asked.words.items() if text}
    _check_format(form, tuple(BILL_FORMATS))
    of_reports = options_of(words)
    by = asked_subtotals(words.get("by", ""))
    options = BillOptions(csv=of_reports.csv, paper=of_reports.paper, by=by, logo=of_reports.logo)
    target = asked_target(words)
    asked_months(words.get("month", ""))

    def make(making: FileMaking) -> None:
        bill = asked_bill(ledger_of(request), words)
        making.note(name=bill_file_name(form, bill), rows=sum(len(each.calls) for each in bill.sections))
        making.write(bill_file, form, bill, options)

    return f"Phone bill of {target.name}", make


def _check_format(form: str, known: tuple[str, ...]) -> None:
    if form not in known:
        raise Misconfigured(Problem(f"no file can be had as {form[:40]!r}", f"known are: {', '.join(known)}"))
