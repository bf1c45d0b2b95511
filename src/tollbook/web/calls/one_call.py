"""The page of one call: what it was, in words; then other calls of its number, its records, and every field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tollbook.engine.runtime import engine
from tollbook.model.outcome import Direction
from tollbook.render.formatting import duration, outcome, spelt
from tollbook.render.numbers import spaced
from tollbook.site.notes import operations as notes
from tollbook.store import questions
from tollbook.store.filters import where
from tollbook.store.ledger import Ledger
from tollbook.store.numbers import same
from tollbook.store.price_questions import explained_price
from tollbook.store.schema import CALL_VIEW
from tollbook.web.asking import ledger_of
from tollbook.web.calls import columns, parties
from tollbook.web.directory.phone_book_pages import in_phone_book
from tollbook.web.notes.noting import may_say_private
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs
from tollbook.web.plans.meaning import meaning_of
from tollbook.web.tariffs.known import version_labelled
from tollbook.web.templatetags.tollbook import local_time, moment_of

_Call = dict[str, Any]
_OTHERS = 5
"""Other calls of a number that the page shows; the list has them all."""
_MOST_LEGS = 100
"""Legs that the page shows; the API has them all."""
_THE_CALL = (
    "direction", "outcome", "caller", "caller_name", "called", "ddi", "extension", "third_party", "trunk",
    "trunk_group", "account_code", "auth_code", "person", "department", "company", "cost_centre", "feature",
    "pbx_charge", "pbx_units",
)  # fmt: skip
_TIMES = {
    "started_local": "Started",
    "answered_at": "Answered",
    "ended_at": "Ended",
    "ring_s": "Rang",
    "talk_s": "Talked",
    "hold_s": "On hold",
    "total_s": "In all",
}


@needs("calls.see")
def call(request: HttpRequest, key: UUID) -> HttpResponse:
    """One call: what it was, in words; every field with its meaning, its raw record, and how that came here."""
    ledger = ledger_of(request)
    there = questions.call(ledger, str(key))
    if there is None:
        raise Http404
    (found,) = parties.named(ledger, [there])
    pbx = engine().pbxs_of_calls().get(found["pbx"])
    number, e164 = _outside(found), found["number_e164"] or ""
    meaning = meaning_of(pbx, found, number)
    priced = explained_price(ledger, found["id"]) if found["tariff"] or found["unpriced_because"] else None
    context = {
        "call": found,
        "facts": [*_facts(found), *(meaning.taken_off if meaning else ())],
        "meaning": meaning,
        "times": list(_times(found)),
        "priced": priced,
        "priced_by": version_labelled(priced.tariff) if priced and priced.tariff else None,
        "number_told": found["number_name"] or (spaced(e164) if e164 else number),
        "unnamed": "" if in_phone_book(e164) else e164,
        "others": _others(ledger, found, number),
        "others_address": "?" + urlencode({"number": e164 or number}),
        "fields": [(name, found[name], meaning) for name, (_, meaning) in CALL_VIEW.items() if _is_given(found[name])],
        "legs": [(leg, _raw(request, leg)) for leg in _legs(ledger, found)],
        "raw": _raw(request, found),
        "hidden": parties.has_hidden(found),
        "body": engine().site.journal.body(found["body"]) if ledger.is_of_this_site else None,
        "place": "" if ledger.is_of_this_site else found["pbx"].rpartition("/")[0],
        "noted": notes.of_call(found["id"]),
        "tags_known": notes.tags_there_are(),
        "may_say_private": may(request, "notes.change") and may_say_private(request, found["id"]),
        "own_name": actor_of(request).name,
        "pbx": engine().pbxs().get(found["pbx"]),
        "layout": engine().catalogue.layouts().get(pbx.dialect) if pbx else None,
    }
    return render(request, "web/call.html", context)


def _raw(request: HttpRequest, found: _Call) -> str:
    """Return a record as the PBX wrote it; nothing where digits are hidden in it from whoever asks."""
    may_see = may(request, "raw.see") and (may(request, "hidden.see") or not parties.has_hidden(found))
    return spelt(engine().raw_of(found)) if may_see else ""


def _is_given(value: object) -> bool:
    return value is not None and value != ""


def _facts(found: _Call) -> Iterator[tuple[str, str]]:
    """Yield what the PBX gave, each under its title; what it did not give has no line."""
    worded = {
        "outcome": outcome(found["direction"], found["outcome"]),
        "pbx_charge": " ".join(filter(None, (found["pbx_charge"], found["pbx_currency"]))),
    }
    for name in _THE_CALL:
        value = worded.get(name, found[name])
        if _is_given(value):
            yield columns.COLUMNS[name].title, str(value)


def _times(found: _Call) -> Iterator[tuple[str, str]]:
    for name, title in _TIMES.items():
        if name == "started_local":
            yield title, local_time(found, "full")
        elif name.endswith("_at") and found[name]:
            yield title, moment_of(found, name)
        elif name.endswith("_s") and found[name]:
            yield title, duration(found[name])


def _outside(found: _Call) -> str:
    """Return the number on the other side: the caller of an incoming call, else who was called."""
    return str(found["caller"] if found["direction"] == Direction.INCOMING else found["called"])


def _others(ledger: Ledger, found: _Call, number: str) -> list[_Call]:
    """Return the latest other calls of a number, by E.164 or with whatever prefixes; none for what is no number."""
    if not any(each.isdigit() for each in number):
        return []
    told = ("number_e164 = {}", [found["number_e164"]]) if found["number_e164"] else same(number)
    is_other = where("number", told).and_("id <> $this::UUID", this=found["id"])
    return parties.named(ledger, questions.calls(ledger, questions.CallListing(where=is_other, limit=_OTHERS)))


def _legs(ledger: Ledger, found: _Call) -> list[_Call]:
    """Return the records of a call, as many as a page shows; none where the call is a single one."""
    return questions.legs(ledger, found["id"])[:_MOST_LEGS] if found["legs"] > 1 else []
