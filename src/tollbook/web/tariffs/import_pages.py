"""A carrier's price list in the browser: chosen, asked about, seen beside the version before; then it is a draft."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.rating.lists.converting import ConvertedList
from tollbook.site.tariffs.files import NAME
from tollbook.site.tariffs.importing import ListImport
from tollbook.web.people.roles import needs
from tollbook.web.tariffs import list_drafts
from tollbook.web.tariffs.drafting import drafts
from tollbook.web.tariffs.known import KnownTariff, folder, known_tariffs, tariff_named
from tollbook.web.tariffs.list_drafts import ListDraft
from tollbook.web.zones import today

_SHOWN = 200
_ROWS_SHOWN = 20
_LONGEST_NAME = 120


class LeftOutRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of which nothing was taken, for one reason, with the first of them."""

    why: str
    count: int
    line: int
    text: str


@needs("prices.change")
def new(request: HttpRequest) -> HttpResponse:
    """A price list of a carrier that has no tariff yet."""
    return _chosen(request, None)


@needs("prices.change")
def of_tariff(request: HttpRequest, name: str) -> HttpResponse:
    """A price list for the next version of a tariff."""
    return _chosen(request, tariff_named(name, today()))


def _chosen(request: HttpRequest, known: KnownTariff | None) -> HttpResponse:
    """Ask for a file, and keep it until somebody has decided."""
    name = known.name if known else request.POST.get("tariff", "").strip()[:_LONGEST_NAME]
    context: dict[str, Any] = {"known": known, "name": name, "mapped": bool(known and folder().mapping(known.name))}
    if request.method == "POST":
        try:
            return redirect("tariff-list", key=_kept(request, name))
        except Misconfigured as fault:
            context["problems"] = fault.problems
    return render(request, "web/tariff-import.html", context)


def _kept(request: HttpRequest, name: str) -> str:
    file, problems = request.FILES.get("file"), list[Problem]()
    if not NAME.fullmatch(name):
        reason = "it has 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        problems.append(Problem(f"{name!r} cannot be a tariff's name", reason, help="for example 'carrier-a'"))
    if not isinstance(file, UploadedFile) or not file.size:
        problems.append(Problem("no file was chosen", "the form came without one", help="choose one"))
    if problems or not isinstance(file, UploadedFile):
        raise Misconfigured(*problems)
    return list_drafts.begin(
        list(file.chunks()), ListDraft(tariff=name, file=(file.name or "the list")[:_LONGEST_NAME])
    )


@needs("prices.change")
def one(request: HttpRequest, key: str) -> HttpResponse:
    """What a file comes to: what it does not say is asked, every fault has its line; once it is ready it goes on."""
    draft, problems = _draft(key), list[Problem]()
    if request.method == "POST":
        act = request.POST.get("act", "answer")
        if act == "drop":
            drafts().drop(key)
            return redirect("tariffs")
        if act == "text":
            problems = list_drafts.rewritten(key, request.POST.get("mapping", ""))
        elif act == "answer":
            problems = list_drafts.answered(key, request.POST.dict())
        draft = _draft(key)
    known = next(iter(known_tariffs(today(), draft.tariff)), None)
    context: dict[str, Any] = {"draft": draft, "known": known, "key": key, "shown": _SHOWN}
    try:
        found = list_drafts.imported(key, draft, known, today())
    except Misconfigured as fault:
        return render(request, "web/tariff-list.html", {**context, "problems": [*problems, *fault.problems]})
    if request.POST.get("act") == "go" and found.found.ready:
        return _went_on(key, draft, found, known)
    return render(request, "web/tariff-list.html", {**context, "problems": problems, **_shown(found)})


def _draft(key: str) -> ListDraft:
    try:
        return list_drafts.draft_of(key)
    except (NotThere, msgspec.DecodeError) as fault:
        raise Http404 from fault


def _shown(found: ListImport) -> dict[str, Any]:
    return {
        "list": found.found,
        "imported": found,
        "left_out": _left_out(found.found),
        "first_rows": found.rates[:_ROWS_SHOWN] if found.comparison is None else [],
        "changes": found.comparison.changes[:_SHOWN] if found.comparison else [],
        "faults": found.found.problems[:_SHOWN],
    }


def _left_out(found: ConvertedList) -> list[LeftOutRows]:
    first = {each.why: each for each in reversed(found.left_out)}
    counts = Counter(each.why for each in found.left_out)
    return [
        LeftOutRows(why=why, count=count, line=first[why].line, text=first[why].text) for why, count in counts.items()
    ]


def _went_on(key: str, draft: ListDraft, found: ListImport, known: KnownTariff | None) -> HttpResponse:
    ready = list_drafts.made_ready(draft, found)
    drafts().drop(key)
    address = reverse("tariff-next", args=[known.name]) if known else reverse("tariff-add")
    return redirect(f"{address}?{urlencode({'list': ready})}")
