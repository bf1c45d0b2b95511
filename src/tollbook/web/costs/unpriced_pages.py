"""The page of calls without a price: by reason, with what to do about each."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tollbook.engine.runtime import engine
from tollbook.store.unpriced import UnpricedCalls, unpriced
from tollbook.store.unpriced_reasons import REASONS
from tollbook.web.asking import ledger_of
from tollbook.web.costs.destinations import destination_title
from tollbook.web.costs.periods import asked_days
from tollbook.web.people.roles import needs

_MOST_ROWS = 500

_OF_TARIFFS = ("no-tariff", "no-version", "no-rate", "no-band", "blocked", "too-much")
"""Reasons that are mended on the page of tariffs."""
"""Rows that the page shows; the API and the command have all."""


class ShownDestination(msgspec.Struct, frozen=True, kw_only=True):
    """A destination without a price: in words, and the address of its calls.

    `because` is empty where the reason's title says it all.
    """

    told: UnpricedCalls
    because: str
    title: str
    address: str


class ShownReason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason with what to do about it, and the destinations that it concerns."""

    word: str
    title: str
    what_to_do: str
    address: str
    destinations: list[ShownDestination]

    @property
    def calls(self) -> int:
        """How many calls have no price for it."""
        return sum(each.told.calls for each in self.destinations)

    @property
    def pbxs(self) -> list[str]:
        """The PBXs whose calls these are."""
        return sorted({each.told.pbx for each in self.destinations})


@needs("prices.see")
def unpriced_calls(request: HttpRequest) -> HttpResponse:
    """Calls that should have a price and have none, by reason."""
    asked = asked_days(request)
    found = list(islice(unpriced(ledger_of(request), asked.where), _MOST_ROWS + 1)) if asked.where else []
    reasons = _by_reason(found[:_MOST_ROWS], asked.words)
    context = {
        "asked": asked,
        "reasons": reasons,
        "calls": sum(each.calls for each in reasons),
        "is_cut": len(found) > _MOST_ROWS,
        "of_tariffs": _OF_TARIFFS,
        "pricing": engine().meanings.pricing,
        "download": reverse("api:list_unpriced") + "?" + urlencode({**asked.words, "format": "csv"}),
    }
    return render(request, "web/costs-unpriced.html", context)


def _by_reason(found: Iterable[UnpricedCalls], words: dict[str, str]) -> list[ShownReason]:
    by_word: dict[str, list[UnpricedCalls]] = {}
    for each in found:
        by_word.setdefault(each.reason, []).append(each)
    return [
        ShownReason(
            word=word,
            title=REASONS[word].title,
            what_to_do=REASONS[word].what_to_do,
            address=_calls_address({**words, "unpriced": word}),
            destinations=[_shown(each, words) for each in some],
        )
        for word, some in by_word.items()
    ]


def _shown(told: UnpricedCalls, words: dict[str, str]) -> ShownDestination:
    named = {"pbx": told.pbx, "unpriced": told.reason, "country": told.country, "kind": told.kind}
    only = {name: text for name, text in named.items() if text}
    if told.kind and not told.country and told.prefix:
        only["number"] = told.prefix
    return ShownDestination(
        told=told,
        because="" if told.because in REASONS[told.reason].texts else told.because,
        title=destination_title(told.country, told.kind),
        address=_calls_address({**words, **only}),
    )


def _calls_address(words: dict[str, str]) -> str:
    return reverse("calls") + "?" + urlencode(words)
