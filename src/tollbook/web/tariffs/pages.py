"""Tariffs: the list of them with what each prices, one tariff with its versions, one version, the examples."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tollbook.engine.runtime import engine
from tollbook.model.problem import NotThere
from tollbook.rating.lists.comparing import compare
from tollbook.site.tariffs.examples import example as example_named
from tollbook.site.tariffs.examples import examples
from tollbook.site.tariffs.importing import odd_rates
from tollbook.web.asking import ledger_of
from tollbook.web.people.roles import needs
from tollbook.web.tariffs.known import (
    ShownVersion,
    folder,
    known_tariffs,
    pbxs_priced_by,
    tariff_named,
    version_named,
)
from tollbook.web.tariffs.rate_search import find_rates, row
from tollbook.web.tariffs.texts import packed
from tollbook.web.tariffs.typical import ComparedVersions, compared_calls, differing
from tollbook.web.tariffs.week import coming_holidays, week_of
from tollbook.web.tariffs.words import bundle_told, settings_told
from tollbook.web.zones import today

_ROWS = 50
_MOST_CHANGES = 500
_TYPES = {"toml": "application/toml", "csv": "text/csv"}


@needs("prices.see")
def tariffs(request: HttpRequest) -> HttpResponse:
    """All tariffs; where there is none, what to begin with."""
    found = known_tariffs(today())
    context = {
        "tariffs": found,
        "examples": examples(),
        "without_plan": [pbx.name for pbx in engine().pbxs().values() if not pbx.plan],
        "unassigned": [each for each in found if not each.rules],
        **pricing_state(),
    }
    return render(request, "web/tariffs.html", context)


def pricing_state() -> dict[str, Any]:
    """Return of which PBXs calls are being priced, and what went wrong with it."""
    meanings = engine().meanings
    return {"pricing": meanings.pricing, "trouble": meanings.trouble}


@needs("prices.see")
def pricing(request: HttpRequest) -> HttpResponse:
    """Whether calls are being priced, for the page, which asks until they are."""
    return render(request, "web/parts/pricing.html", {**pricing_state(), "was_asked": True})


@needs("prices.see")
def tariff(request: HttpRequest, name: str) -> HttpResponse:
    """One tariff: its versions, the last first, and which calls it prices."""
    found = tariff_named(name, today())
    return render(request, "web/tariff.html", {"tariff": found, "versions": found.versions[::-1], **pricing_state()})


@needs("prices.see")
def version(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """One version: its bands, rates, and what holds for every call; its rates are found by number or destination."""
    shown = version_named(name, version)
    known = tariff_named(name, today())
    usable = [each.name for each in known.versions if not each.fault]
    context: dict[str, Any] = {
        "known": known,
        "has_before": shown.version.name in usable[1:],
        "stored": shown.version,
        "document": shown.document,
        "has_prices": bool(shown.prices),
    }
    return render(request, "web/tariff-version.html", {**context, **_read(request, shown)})


def _read(request: HttpRequest, shown: ShownVersion) -> dict[str, Any]:
    if shown.tariff is None:
        return {"tariff": None}
    found = find_rates(shown.tariff, request.GET.get("q", ""))
    rows = Paginator(found.rates, _ROWS).get_page(request.GET.get("page"))
    return {
        "tariff": shown.tariff,
        "settings": list(settings_told(shown.tariff)),
        "bundles": [(each.name, bundle_told(each)) for each in shown.tariff.bundles],
        "week": week_of(shown.tariff),
        "holidays": coming_holidays(shown.tariff, today()),
        "found": found,
        "words": found.words,
        "rows": rows,
        "shown_rates": [row(rate) for rate in rows],
        "warnings": _warnings(shown.tariff.digest),
        "is_banded": any(rate.band for rate in shown.tariff.rates),
    }


@needs("prices.see")
def changes(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """What a version changed: rates beside those of the version before, and some calls by both."""
    shown = version_named(name, version)
    usable = [each for each in folder().versions(name) if not each.fault]
    place = next((place for place, each in enumerate(usable) if each.name == version), 0)
    if shown.tariff is None or not place:
        raise Http404
    before, now = folder().find(usable[place - 1].digest), shown.tariff
    compared = compare(before.rates if before else (), now.rates)
    first = date.fromisoformat(version[:10])
    versions = ComparedVersions(before=before, now=now, first=first, pbxs=pbxs_priced_by(name))
    context = {
        "known": tariff_named(name, today()),
        "stored": shown.version,
        "before": usable[place - 1],
        "compared": compared,
        "typical": compared_calls(ledger_of(request), versions),
        "changes": compared.changes[:_MOST_CHANGES],
        "differing": differing(compared),
        "shown": _MOST_CHANGES,
    }
    return render(request, "web/tariff-changes.html", context)


@lru_cache(32)
def _warnings(digest: str) -> list[str]:
    """Return what is odd about a version; it never changes, and a long one takes half a second."""
    found = folder().find(digest)
    return odd_rates(found) if found else []


@needs("prices.see")
def download(request: HttpRequest, name: str, version: str, form: str) -> HttpResponse:
    """A version's document, its price list, or both in a zip, as they were added."""
    del request
    shown = version_named(name, version)
    return _file(f"{name}-{shown.version.name}", form, shown.document, shown.prices)


def _file(stem: str, form: str, document: str, prices: str) -> HttpResponse:
    if form == "zip":
        answer = HttpResponse(packed(document, prices), content_type="application/zip")
    elif form == "toml" or (form == "csv" and prices):
        answer = HttpResponse(document if form == "toml" else prices, content_type=f"{_TYPES[form]}; charset=utf-8")
    else:
        raise Http404
    answer["Content-Disposition"] = f'attachment; filename="{stem}.{form}"'
    return answer


@needs("prices.see")
def example(request: HttpRequest, name: str) -> HttpResponse:
    """One of the tariffs that come with the program, to begin with."""
    try:
        return render(request, "web/tariff-example.html", {"example": example_named(name)})
    except NotThere as fault:
        raise Http404 from fault
