"""Calls: the list with its filter, one call, and the list as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from tollbook.engine.runtime import engine
from tollbook.model.call import SOME_NUMBERS, SOME_TEXTS
from tollbook.render.formatting import visible
from tollbook.render.tables import FORMATS
from tollbook.store import questions
from tollbook.store.ledger import Ledger
from tollbook.store.schema import CALL_VIEW, FORMER
from tollbook.web.api.listing import streamed
from tollbook.web.asking import ledger_of
from tollbook.web.calls import listing


def calls(request: HttpRequest) -> HttpResponse:
    """A page of the calls that the address means."""
    asked = listing.asked(request.GET)
    common, rare = listing.fields(asked, list(engine().pbxs()))
    context: dict[str, Any] = {
        "since": ledger_of(request).entry(),
        "asked": asked,
        "common": common,
        "rare": rare,
        "rare_in_use": any(field.value for field in rare),
        "headings": listing.headings(asked),
        "pbxs": engine().pbxs(),
        "asked_words": asked.address(),
    }
    return render(request, "web/calls.html", context | _page(ledger_of(request), asked))


def _page(ledger: Ledger, asked: listing.AskedCalls) -> dict[str, Any]:
    if asked.where is None:
        return {"rows": [], "page": listing.CallsPage(number=1, total=0)}
    page = listing.page_of(asked, questions.count_calls(ledger, asked.where))
    wanted = questions.CallListing(
        where=asked.where,
        order=asked.order,
        limit=listing.PER_PAGE,
        offset=(page.number - 1) * listing.PER_PAGE,
    )
    return {
        "rows": list(questions.calls(ledger, wanted)),
        "page": page,
        "previous": asked.address(page=page.number - 1) if page.number > 1 else "",
        "next": asked.address(page=page.number + 1) if page.number < page.pages else "",
    }


_GROUPS = (
    (
        "The call",
        (
            "direction", "outcome", "extension", "third_party", "caller", "caller_name", "called", "ddi", "trunk",
            "trunk_group", "account_code", "auth_code", "feature",
        ),
    ),
    ("Time", ("started_local", "started_at", "answered_at", "ended_at", "ring_s", "talk_s", "hold_s", "total_s")),
    (
        "As the PBX wrote it",
        (
            "status", "source_channel", "destination_channel", "device", "option1", "option2", "call_id", "linked_id",
            "pbx_charge", "pbx_currency", "pbx_units",
        ),
    ),
)  # fmt: skip
_ONLY_WHERE_GIVEN = frozenset((*SOME_TEXTS, *SOME_NUMBERS, *FORMER.values()))
"""Fields that many PBXs write nothing of: they take no line where there is nothing."""
_MOST_LEGS = 100
"""Legs that a page shows; the API has them all."""


def call(request: HttpRequest, key: UUID) -> HttpResponse:
    """One call: every field with its meaning, its raw record, and how that came here."""
    ledger = ledger_of(request)
    found = questions.call(ledger, str(key))
    if found is None:
        raise Http404
    pbx = engine().pbxs().get(found["pbx"])
    context = {
        "call": found,
        "groups": [(title, list(_fields(found, names))) for title, names in _GROUPS],
        "legs": [(leg, visible(engine().raw_of(leg))) for leg in _legs(ledger, found)],
        "raw": visible(engine().raw_of(found)),
        "body": engine().site.journal.body(found["body"]),
        "pbx": pbx,
        "layout": engine().catalogue.layouts().get(pbx.dialect) if pbx else None,
    }
    return render(request, "web/call.html", context)


def _fields(found: dict[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, Any, str]]:
    for name in names:
        if found[name] is not None or name not in _ONLY_WHERE_GIVEN:
            yield name, found[name], CALL_VIEW[name][1]


def _legs(ledger: Ledger, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a call, as many as a page shows; none where the call is a single one."""
    return questions.legs(ledger, found["id"])[:_MOST_LEGS] if found["legs"] > 1 else []


def download(request: HttpRequest, form: str) -> HttpResponseBase:
    """The calls that the address means, all of them, as a file."""
    if form not in FORMATS:
        raise Http404
    asked = listing.asked(request.GET)
    columns = request.GET.get("columns", "tollbook")
    if asked.where is None or columns not in questions.COLUMN_SETS:
        return HttpResponseBadRequest("The filter cannot be read.", content_type="text/plain")
    rows = questions.calls(
        ledger_of(request),
        questions.CallListing(where=asked.where, order=asked.order, columns=columns),
    )
    written = FORMATS[form]
    answer = streamed(request, written.write(list(questions.COLUMN_SETS[columns]), rows), written.content_type)
    answer["Content-Disposition"] = f'attachment; filename="calls.{form}"'
    return answer
