"""The record of a call at a centre: it lies at its place, which is asked for it, and brings it as it calls next."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tollbook.model.place import PlacedRecord
from tollbook.render.formatting import spelt
from tollbook.site.places.models import PlaceRecord
from tollbook.site.places.records import RECORDS
from tollbook.store import questions
from tollbook.web.asking import ledger_of
from tollbook.web.calls import parties
from tollbook.web.people.roles import may, needs

_MOST_LEGS = 20
"""Records of one call that a place is asked for; it shows the others itself."""


@needs("raw.see")
def records(request: HttpRequest, key: UUID) -> HttpResponse:
    """The records of a call as its PBX wrote them, or that they have not come yet: then the browser asks again."""
    ledger = ledger_of(request)
    found = questions.call(ledger, str(key))
    if found is None or ledger.is_of_this_site:
        raise Http404
    place = found["pbx"].rpartition("/")[0]
    context: dict[str, Any] = {"call": found, "place": place, "hidden": _is_hidden(request, found)}
    if not context["hidden"]:
        context["is_place"] = PlaceRecord.objects.filter(name=place).exclude(token_digest="").exists()
        parts = questions.legs(ledger, found["id"])[:_MOST_LEGS] if found["legs"] > 1 else [found]
        came = [RECORDS.ask(place, _where(each)) for each in parts] if context["is_place"] else []
        context |= {"records": [spelt(raw) for raw in came if raw], "is_waiting": None in came}
    return render(request, "web/parts/records-of-place.html", context)


def _is_hidden(request: HttpRequest, found: dict[str, Any]) -> bool:
    return parties.has_hidden(found) and not may(request, "hidden.see")


def _where(record: dict[str, Any]) -> PlacedRecord:
    return PlacedRecord(
        pbx=record["pbx"].rpartition("/")[2],
        body=record["body"] or 0,
        member=record["member"],
        position=record["position"],
        length=record["length"],
    )
