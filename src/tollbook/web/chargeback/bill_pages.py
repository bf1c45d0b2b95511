"""The page of phone bills: whose and of which months, and the bill below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook.model.page_limits import SMALL_ROWS
from tollbook.model.phone_bill import BILLED_TO, MASKS, PhoneBill
from tollbook.model.problem import Misconfigured
from tollbook.model.report import ReportTable
from tollbook.render.bills.tables import BillPage, Subtotals, pages
from tollbook.render.bills.told import bill_foot, bill_head
from tollbook.render.reports.shown import ReportLine, heading, lines, stands_right
from tollbook.site.phone_bills import operations
from tollbook.store.named import offered_names
from tollbook.web.api.words import LONGEST_TEXT
from tollbook.web.asking import ledger_of
from tollbook.web.chargeback.asked import asked_month
from tollbook.web.chargeback.bill_asked import asked_bill, asked_subtotals
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

_MOST_LINES, _MOST_OF_ALL, _MOST_SECTIONS = 500, 1000, 50
"""Lines of a table, of all tables of calls, and sections that the page shows; the files have all."""
_MASKS = {
    "none": "whole numbers",
    "last-3": "numbers without the last three digits",
    "last-4": "numbers without the last four digits",
    "all-but-country": "the country of numbers alone",
}
_KINDS = {"person": "Person", "department": "Department", "extension": "Extension"}
_FORMATS = {"pdf": "PDF", "xlsx": "XLSX", "csv": "CSV", "json": "JSON"}


class ShownBillTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a bill as a page shows it; each cell is a text, and whether it stands to the right."""

    title: str
    headings: list[tuple[str, bool]]
    lines: list[tuple[ReportLine, list[tuple[str, bool]]]]
    is_cut: bool


@require_POST
@needs("prices.change")
def set_mask(request: HttpRequest) -> HttpResponse:
    """Set what is left out of numbers unless somebody says otherwise."""
    try:
        mask = operations.set_usual_mask(actor_of(request), str(request.POST.get("mask", "")))
        messages.success(request, f"Phone bills show {_MASKS[mask]} from now on.")
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}")
    return redirect("phone-bills")


@needs("costs.see")
def phone_bills(request: HttpRequest) -> HttpResponse:
    """A form for whose bill it is, and that bill where it is said."""
    words = {name: str(text).strip()[:LONGEST_TEXT] for name, text in request.GET.items()}
    kind = (
        words.get("kind") if words.get("kind") in BILLED_TO else next((k for k in BILLED_TO if words.get(k)), "person")
    )
    name = words.get("name") or words.get(str(kind), "")
    names = offered_names(ledger_of(request))
    context: dict[str, Any] = {
        "kinds": _KINDS,
        "kind": kind,
        "name": name,
        "pbx": words.get("pbx", ""),
        "month": words.get("month") or f"{asked_month('').first:%Y-%m}",
        "mask": words.get("mask", ""),
        "by": words.get("by", "kind"),
        "usual_mask": operations.usual_mask(),
        "masks": {each: _MASKS[each] for each in MASKS},
        "names": [*names.people, *names.departments],
    }
    if name:
        kept = {each: words[each] for each in ("pbx", "month", "mask", "by") if words.get(each)}
        context |= _answered(request, {str(kind): name, **kept})
    return render(request, "web/phone-bills.html", context)


def _answered(request: HttpRequest, words: Mapping[str, str]) -> dict[str, Any]:
    try:
        by, bill = asked_subtotals(words.get("by", "")), asked_bill(ledger_of(request), words)
    except Misconfigured as fault:
        return {"faults": [f"{each.what}: {each.reason}" for each in fault.problems]}
    calls = sum(len(each.calls) for each in bill.sections)
    downloads = []
    for form, title in _FORMATS.items():
        asked = {**words, "format": form, **({"csv": "comma"} if form == "csv" else {})}
        downloads.append((title, f"{reverse('api:make_phone_bill')}?{urlencode(asked)}"))
    told = {"head": bill_head(bill), "foot": bill_foot(bill), **_shown(bill, by)}
    if calls > SMALL_ROWS:
        return {"bill": bill, "made": _FORMATS, "words": urlencode(words), **told}
    return {"bill": bill, "downloads": downloads, **told}


def _shown(bill: PhoneBill, by: Subtotals) -> dict[str, Any]:
    every = pages(bill, by)
    some = every[:_MOST_SECTIONS]
    most = min(_MOST_LINES, _MOST_OF_ALL // len(some))
    return {
        "sections": [_section(each, most) for each in some],
        "more_sections": max(len(every) - _MOST_SECTIONS, 0),
    }


def _section(page: BillPage, most: int) -> dict[str, Any]:
    return {"name": page.name, "tables": [_table(each, most) for each in page.tables]}


def _table(table: ReportTable, most: int) -> ShownBillTable:
    sides = [stands_right(column) for column in table.columns]
    every = list(lines(table))
    kept = every if len(every) <= most else [*every[: most - 1], every[-1]]
    return ShownBillTable(
        title=table.title,
        headings=list(zip(map(heading, table.columns), sides, strict=True)),
        lines=[(line, list(zip(line.texts, sides, strict=True))) for line in kept],
        is_cut=len(kept) < len(every),
    )
