"""How the records of a PBX are read: shares by day and reason, and what looks like a wrong parse."""

from __future__ import annotations

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook import clock
from tollbook.dialects.checks.all_checks import CHECKS
from tollbook.engine.care.parses import ParseLook, look_at
from tollbook.engine.runtime import engine
from tollbook.model.limits import REJECT_NOTE
from tollbook.model.parse_figures import LinesOfDay, LinesOfReason, Suspicion
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.pbxs import findings
from tollbook.store.parse_figures import PERIOD_DAYS
from tollbook.web.asking import ledger_of
from tollbook.web.pbxs.pages import pbx_named
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs

_WIDTH = 1000
_PLACES = {
    "format": ("pbx-format", "pbxs.change", "Open the workbench"),
    "settings": ("pbx-edit", "pbxs.change", "Settings of the PBX"),
    "rejects": ("pbx-rejects", "raw.see", "Not readable"),
}
"""Where something is mended: the page of the PBX, what it needs, and how it is called."""


class ShareBar(msgspec.Struct, frozen=True, kw_only=True):
    """Lengths of a bar, of a thousand, and where each begins."""

    read: int
    skipped: int
    rejected: int

    @property
    def skipped_from(self) -> int:
        """Where the skipped lines begin."""
        return self.read

    @property
    def rejected_from(self) -> int:
        """Where the rejected lines begin."""
        return self.read + self.skipped


class ShownLines(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of a day or of all days, with their shares in words."""

    told: LinesOfDay
    bar: ShareBar
    read: str
    skipped: str
    rejected: str


class ShownSuspicion(msgspec.Struct, frozen=True, kw_only=True):
    """Something odd, and the page on which it is mended."""

    told: Suspicion
    address: str = ""
    link: str = ""


class ShownReasonOfLines(msgspec.Struct, frozen=True, kw_only=True):
    """Why lines are no calls, with their share of all."""

    told: LinesOfReason
    share: str


@needs("raw.see")
def parse(request: HttpRequest, name: str) -> HttpResponse:
    """What became of a PBX's lines of the last days, and whether its calls look like calls."""
    pbx = pbx_named(name)
    look = look_at(ledger_of(request), name, clock.now(), findings.every().get(name, ()))
    whole = look.figures.lines
    context = {
        "pbx": pbx,
        "layout": engine().catalogue.layouts()[pbx.dialect],
        "look": look,
        "checks": len(CHECKS),
        "period": PERIOD_DAYS,
        "whole": _shown(whole) if whole else None,
        "days": [_shown(each) for each in reversed(look.figures.days)],
        "reasons": _reasons(look, whole.lines if whole else 0),
        "suspicions": [_suspicion(request, name, each) for each in look.suspicions],
        "longest": REJECT_NOTE,
    }
    return render(request, "web/pbx-parse.html", context)


@needs("pbxs.change")
@require_POST
def put_aside(request: HttpRequest, name: str) -> HttpResponse:
    """Put something odd aside, with a note on why; only who sees all calls sees any."""
    look = look_at(ledger_of(request), pbx_named(name).name, clock.now(), findings.every().get(name, ()))
    check, note = request.POST.get("check", ""), request.POST.get("note", "")
    try:
        findings.put_aside(actor_of(request), name, findings.standing(name, look.suspicions, check), note)
    except (Misconfigured, NotThere) as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.".capitalize())
    else:
        messages.success(request, "Put aside.")
    return redirect("pbx-parse", name=name)


@needs("pbxs.change")
@require_POST
def bring_back(request: HttpRequest, name: str) -> HttpResponse:
    """Let something that was put aside stand again."""
    try:
        findings.bring_back(actor_of(request), pbx_named(name).name, request.POST.get("check", ""))
    except NotThere as fault:
        messages.error(request, f"{fault.problems[0].what}.".capitalize())
    else:
        messages.success(request, "Brought back.")
    return redirect("pbx-parse", name=name)


def _shown(lines: LinesOfDay) -> ShownLines:
    parts = [round(part * _WIDTH / max(lines.lines, 1)) for part in (lines.skipped, lines.rejected)]
    skipped, rejected = (
        max(part, 4) if count else 0 for part, count in zip(parts, (lines.skipped, lines.rejected), strict=True)
    )
    return ShownLines(
        told=lines,
        bar=ShareBar(read=max(_WIDTH - skipped - rejected, 0), skipped=skipped, rejected=rejected),
        read=share_told(lines.read, lines.lines),
        skipped=share_told(lines.skipped, lines.lines),
        rejected=share_told(lines.rejected, lines.lines),
    )


def _reasons(look: ParseLook, lines: int) -> list[ShownReasonOfLines]:
    return [ShownReasonOfLines(told=each, share=share_told(each.lines, lines)) for each in look.figures.reasons]


def _suspicion(request: HttpRequest, name: str, odd: Suspicion) -> ShownSuspicion:
    if odd.mend == "directory":
        return (
            ShownSuspicion(told=odd, address=reverse("directory"), link="Directory")
            if may(request, "directory.see")
            else ShownSuspicion(told=odd)
        )
    page, permission, link = _PLACES[odd.mend]
    if not may(request, permission):
        return ShownSuspicion(told=odd)
    return ShownSuspicion(told=odd, address=reverse(page, kwargs={"name": name}), link=link)


def share_told(part: int, whole: int) -> str:
    """Return a share in words: never 0 % where there is some, nor 100 % where some is missing.

    >>> share_told(1, 5000), share_told(4999, 5000), share_told(0, 5), share_told(5, 5), share_told(2, 7)
    ('<0.1 %', '>99.9 %', '0 %', '100 %', '28.6 %')
    """
    if not part or part == whole:
        return f"{100 if part else 0} %"
    if 1000 * part < whole:
        return "<0.1 %"
    return ">99.9 %" if 1000 * part > 999 * whole else f"{100 * part / whole:.1f} %"
