"""A tariff or its next version: written or copied, looked at beside the version before, and only then kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.site.tariffs import operations
from tollbook.site.tariffs.importing import odd_rates
from tollbook.web.asking import ledger_of
from tollbook.web.costs.previewing import TariffPreview, previewed_calls
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.tariffs import drafting, list_drafts
from tollbook.web.tariffs.drafting import TariffDraft
from tollbook.web.tariffs.known import KnownTariff, folder, pbxs_priced_by, tariff_named
from tollbook.web.tariffs.typical import ComparedVersions, compared_calls, differing
from tollbook.web.zones import today

LAST_DAYS = 30
_SHOWN = 200
"""Changes and faults that the page shows of each; counts are of all."""


@needs("prices.change")
def add(request: HttpRequest) -> HttpResponse:
    """A tariff that is new to the site."""
    return _drafted(request, None)


@needs("prices.change")
def next_version(request: HttpRequest, name: str) -> HttpResponse:
    """The next version of a tariff, or a revision of one."""
    return _drafted(request, tariff_named(name, today()))


def _drafted(request: HttpRequest, known: KnownTariff | None) -> HttpResponse:
    name = known.name if known else ""
    if request.method != "POST":
        last = known.last.name if known else ""
        key = request.GET.get("list", "")
        asked = request.GET.dict()
        draft = list_drafts.draft_of_list(key, name, last) if key else drafting.draft_from(asked, name, last)
        return _page(request, known, draft, {})
    file = request.FILES.get("prices_file")
    try:
        draft = drafting.draft_sent(request.POST, file if isinstance(file, UploadedFile) else None, name)
    except Misconfigured as fault:
        draft = drafting.draft_sent(request.POST, None, name)
        return _page(request, known, draft, {"faults": drafting.faults_of(draft, fault.problems)})
    try:
        prepared = operations.prepare(folder(), draft.given())
        seen = drafting.seen(draft, prepared.added)
        if request.POST.get("act") == "keep" and request.POST.get("seen") == seen:
            return _kept(request, draft, prepared)
        context = {"added": prepared.added, "preview": _preview(request, prepared), "seen": seen}
        context["is_other"] = request.POST.get("act") == "keep"
        if request.POST.get("act") == "days":
            context["last_days"] = _last_days(request, prepared)
    except Misconfigured as fault:
        context = {"faults": drafting.faults_of(draft, fault.problems)}
    return _page(request, known, draft, context)


def _page(request: HttpRequest, known: KnownTariff | None, draft: TariffDraft, context: dict[str, Any]) -> HttpResponse:
    first = draft.first if request.method == "POST" else drafting.usual_first(draft, today())
    shown = {"known": known, "draft": draft, "first": first, "shown": _SHOWN, "days": LAST_DAYS}
    return render(request, "web/tariff-draft.html", {**shown, **context})


def _preview(request: HttpRequest, prepared: operations.PreparedVersion) -> dict[str, Any]:
    """Return what would be otherwise: rates that change, and some calls by both versions."""
    added = prepared.added
    versions = ComparedVersions(
        before=prepared.before,
        now=prepared.tariff,
        first=date.fromisoformat(added.name[:10]),
        pbxs=pbxs_priced_by(added.tariff),
    )
    return {
        "changes": added.changes.changes[:_SHOWN],
        "differing": differing(added.changes),
        "typical": compared_calls(ledger_of(request), versions),
        "warnings": [*added.warnings, *odd_rates(prepared.tariff)],
    }


def _last_days(request: HttpRequest, prepared: operations.PreparedVersion) -> TariffPreview | str:
    """Return what the calls of the last days would cost, or why that cannot be said."""
    given, until = prepared.given, today()
    days = {"from": (until - timedelta(days=LAST_DAYS)).isoformat(), "to": until.isoformat()}
    try:
        return previewed_calls(request, {"tariff": given.tariff, **days}, (given.document, given.prices), 1)
    except Misconfigured as fault:
        return f"{fault.problems[0].what}: {fault.problems[0].reason}"
    except Unavailable as fault:
        return str(fault)


def _kept(request: HttpRequest, draft: TariffDraft, prepared: operations.PreparedVersion) -> HttpResponse:
    operations.keep(actor_of(request), folder(), prepared)
    added = prepared.added
    kind, _, key = draft.kept.partition(":")
    if kind == "draft":
        list_drafts.finished(key, added.tariff)
    assigned = any(rule.tariff == added.tariff for rule in operations.rules())
    then = "It prices calls from now on, once it is valid." if assigned else "Say next which calls it prices."
    messages.success(request, f"{added.tariff} {added.name} is kept. {then}")
    return redirect("tariff" if assigned else "tariff-assign", name=added.tariff)
