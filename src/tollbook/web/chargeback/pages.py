"""The pages of charge-back: what a month comes to by whom it is charged to, and one of those by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tollbook.chargeback.lines import NOBODY, ChargedTo, StatementAsked, StatementLine, totals
from tollbook.chargeback.monthly import charged_parts
from tollbook.chargeback.statement import DestinationLine, by_destination
from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured
from tollbook.store.filter_values import NONE_OF_IT
from tollbook.web.api.words import LONGEST_TEXT
from tollbook.web.asking import ledger_of
from tollbook.web.chargeback.asked import asked_statement, asked_words, basis, names_of
from tollbook.web.chargeback.shown import (
    NOBODYS,
    TITLES,
    by_currency,
    calls_address,
    in_currency,
    month_of,
    name_of,
    unpriced_of,
)
from tollbook.web.costs.destinations import destination_title
from tollbook.web.people.roles import needs

_MOST_ROWS = 500
"""Lines of a currency that the page shows; the downloads have all."""
_MOST_IDS = 1 << 63


class ChargedDestination(msgspec.Struct, frozen=True, kw_only=True):
    """What calls to one destination come to, and the address of those calls."""

    title: str
    calls: str
    told: StatementLine


@needs("prices.see")
def charge_back(request: HttpRequest) -> HttpResponse:
    """What a month comes to, by department, person, cost centre or extension."""
    words = _words(request)
    try:
        asked, faults = asked_words(words), list[str]()
    except Misconfigured as fault:
        asked, faults = asked_words({}), [f"{each.what}: {each.reason}" for each in fault.problems]
    context = {**_of_month(asked), "faults": faults, "given": words}
    if not faults:
        lines = asked_statement(request, asked)
        shown = by_currency(asked, lines, names_of(asked.by, (each.whom for each in lines)))
        context |= {
            "currencies": [each for each in shown if each.currency],
            "without": next((each for each in shown if not each.currency), None),
            "nobody": NOBODYS[asked.by],
            "has_nobody": any(each.whom == NOBODY for each in lines),
            "tax_unknown": sum(each.tax_unknown for each in lines),
            "most": _MOST_ROWS,
            "pricing": engine().meanings.pricing,
            "downloads": {form: _download(asked, form) for form in ("csv", "xlsx")},
        }
    return render(request, "web/charge-back.html", context)


def _words(request: HttpRequest) -> dict[str, str]:
    return {name: str(request.GET.get(name, "")).strip()[:LONGEST_TEXT] for name in ("month", "by")}


def _of_month(asked: StatementAsked) -> dict[str, Any]:
    return {"by": asked.by, "by_title": TITLES[asked.by], "titles": TITLES, "month": month_of(asked.days)}


def _download(asked: StatementAsked, form: str) -> str:
    words = {"month": f"{asked.days.first:%Y-%m}", "by": asked.by, "format": form}
    words |= {"csv": "comma"} if form == "csv" else {}
    return reverse("api:list_statement") + "?" + urlencode(words)


@needs("prices.see")
def line(request: HttpRequest) -> HttpResponse:
    """What a month comes to for one of those: monthly charges one by one, and calls by destination."""
    try:
        asked, whom = asked_words(_words(request)), _whom(request.GET)
    except (Misconfigured, ValueError) as fault:
        raise Http404 from fault
    known = basis()
    names = names_of(asked.by, [whom])
    if (whom.id and whom.id not in names) or bool(whom.extension) != (asked.by == "extension" and whom != NOBODY):
        raise Http404
    parts = charged_parts(known.charges, known.directory, asked.by, asked.days)
    own = [each for each in parts if each.whom == whom]
    calls = by_destination(ledger_of(request), known, asked, whom)
    together = totals([*(each.line for each in calls), *(each.line for each in own)])
    kept = {name: text for name, text in msgspec.structs.asdict(whom).items() if text}
    context = {
        **_of_month(asked),
        "name": name_of(asked.by, whom, names),
        "whom": whom,
        "same": urlencode(kept),
        "kept": list(kept.items()),
        "parts": own,
        "destinations": [_destination(asked, each, names) for each in calls],
        "totals": [each for each in together if each.currency],
        "unpriced": unpriced_of(together),
        "calls_address": calls_address(asked, whom, names),
        "all_address": f"{reverse('charge-back')}?{urlencode({'month': month_of(asked.days).word, 'by': asked.by})}",
    }
    return render(request, "web/charge-back-line.html", context)


def _destination(asked: StatementAsked, each: DestinationLine, names: Mapping[int, str]) -> ChargedDestination:
    only = {"country": each.country or NONE_OF_IT, "kind": each.kind or NONE_OF_IT, **in_currency(each.line.currency)}
    return ChargedDestination(
        title=destination_title(each.country, each.kind),
        calls=calls_address(asked, each.line.whom, names, **only),
        told=each.line,
    )


def _whom(words: Mapping[str, str]) -> ChargedTo:
    """Return whom the words of an address name; raises `ValueError`."""
    number = int(words.get("id") or 0)
    if not 0 <= number < _MOST_IDS:
        raise ValueError
    return ChargedTo(number, words.get("pbx", "")[:LONGEST_TEXT], words.get("extension", "")[:LONGEST_TEXT])
