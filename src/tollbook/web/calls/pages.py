"""The list of calls with its filter."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tollbook.engine.runtime import engine
from tollbook.site.lists import operations as lists
from tollbook.store import questions
from tollbook.store.filters import ASKED
from tollbook.store.ledger import Ledger
from tollbook.store.named import offered_names
from tollbook.web.asking import ledger_of, pbxs_of
from tollbook.web.calls import columns, fields, listing, parties, saved
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs


@needs("calls.see")
def calls(request: HttpRequest) -> HttpResponse:
    """A page of the calls that the address means."""
    asked, ledger = listing.asked(request.GET), ledger_of(request)
    known = pbxs_of(request)
    pbxs, have_plans = list(known), any(pbx.plan for pbx in known.values())
    common, rare = fields.fields(asked, pbxs, offered_names(ledger), have_plans=have_plans)
    actor = actor_of(request)
    choice = lists.choice_of(actor)
    shown = listing.shown_columns(asked, choice.columns or columns.usual(several_pbxs=len(pbxs) > 1))
    size = asked.size or choice.size or listing.PER_PAGE
    if tidied := _tidied(request, ledger, asked, size):
        return redirect(f"{request.path}{tidied}")
    context: dict[str, Any] = {
        "asked": asked,
        "common": common,
        "rare": rare,
        "both": (common, rare),
        "rare_in_use": any(field.value for field in rare),
        "periods": fields.periods(asked),
        "missed": fields.missed(asked),
        "columns": shown,
        "headings": listing.headings(asked, shown),
        "pbxs": pbxs,
        "asked_words": asked.address(),
        "downloads": _downloads(asked),
        "link": asked.address(columns=",".join(column.field for column in shown), size=size),
        "saved": [(each.name, saved.address_of(each)) for each in lists.saved_filters(actor)],
        "choices": [(column, column in shown) for column in columns.COLUMNS.values() if column.field != columns.FIRST],
        "sizes": [(each, asked.address(size=each)) for each in listing.SIZES],
        "size": size,
    }
    return render(request, "web/calls.html", context | _page(ledger, asked, size))


def _downloads(asked: listing.AskedCalls) -> list[tuple[str, str]]:
    """Return the files that the list can be had as, each with its address."""
    files = (
        ("Excel (XLSX)", "xlsx", asked.address()),
        ("CSV, commas", "csv", asked.address()),
        ("CSV, semicolons and decimal commas", "csv", asked.address(csv="semicolon")),
        ("CSV with column names of AGG", "csv", asked.address(columns="agg")),
        ("JSON, all fields", "json", asked.address(columns="")),
    )
    return [(title, reverse("calls-download", args=[form]) + address) for title, form, address in files]


def _tidied(request: HttpRequest, ledger: Ledger, asked: listing.AskedCalls, size: int) -> str:
    """Return the address to go to instead, where a form has sent empty words or asks for the page of a day."""
    if (before := listing.before_day(asked)) is not None:
        state = listing.snapshot(asked, ledger)
        count = questions.count_calls(ledger, before.and_("change <= $until", until=state.last))
        return asked.address(page=count // size + 1, until=state.name)
    is_untidy = any(not text or (name in ASKED and name not in asked.given) for name, text in request.GET.items())
    return asked.address(page=asked.page, until=asked.until if asked.page > 1 else "") if is_untidy else ""


def _page(ledger: Ledger, asked: listing.AskedCalls, size: int) -> dict[str, Any]:
    if asked.where is None:
        return {"rows": [], "page": listing.CallsPage(number=1, total=0)}
    fresh = asked if asked.page > 1 else msgspec.structs.replace(asked, until="")
    recent = engine().site.recent(ledger)
    heard_of = listing.snapshot(fresh, recent)  # before the list is made: a call in between is told of, not missed
    state = heard_of if recent is ledger else listing.snapshot(fresh, ledger)
    where = asked.where.and_("change <= $until", until=state.last)
    totals = questions.list_totals(ledger, where)
    page = listing.page_of(asked, totals.calls, size)
    wanted = questions.CallListing(
        where=where,
        order=asked.order,
        limit=page.size,
        offset=(page.number - 1) * page.size,
    )
    return {
        "rows": parties.named(ledger, questions.calls(ledger, wanted)),
        "page": page,
        "totals": totals,
        "until": state.name,
        "news": reverse("live-news") + asked.address(until=heard_of.name),
        "jumps_to_days": asked.order.removeprefix("-") == "started_at",
        "previous": asked.address(page=page.number - 1, until=state.name) if page.number > 1 else "",
        "next": asked.address(page=page.number + 1, until=state.name) if page.number < page.pages else "",
    }
