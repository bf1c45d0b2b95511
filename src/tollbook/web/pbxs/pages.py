"""PBXs: the list, one PBX with its health, adding and changing one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.health import Health, State
from tollbook.model.pbx import Pbx
from tollbook.model.problem import NotThere
from tollbook.numbering.plans import EVERY_LINE
from tollbook.site.pbxs import operations
from tollbook.site.pbxs.checks import secret_names
from tollbook.sources import known
from tollbook.store import questions
from tollbook.web.asking import ledger_of, pbxs_of
from tollbook.web.formats.search import LONGEST_QUESTION, makers
from tollbook.web.pbxs.connection_status import rate_told, standing
from tollbook.web.pbxs.form import PbxForm, label_of, zones
from tollbook.web.pbxs.source_kinds import grouped
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.plans.words import plan_told

_BEGINNING_S, _AT_REST_S = 2, 10
"""Seconds after which a page asks how things are now: while a PBX begins or calls wait to be stored, and else."""
_SECRET = "set, not shown"  # noqa: S105 - stands in for one


def pbx_named(name: str) -> Pbx:
    """Return a PBX that is set up; 404 for any other name."""
    found = engine().pbxs().get(name)
    if found is None:
        raise Http404
    return found


def health_of(name: str) -> Health | None:
    """Return how one PBX is doing."""
    return next((each for each in engine().health() if each.pbx == name), None)


def _refresh_s(*healths: Health | None) -> int:
    begins = any(each is None or each.state is State.STARTING for each in healths)
    return _BEGINNING_S if begins or engine().lag().entries else _AT_REST_S


def clears(pbx: Pbx) -> bool:
    """Say whether this PBX deletes its records as it answers."""
    return known.clears(pbx.source)


@needs("pbxs.see")
def pbxs(request: HttpRequest) -> HttpResponse:
    """Every PBX with its health."""
    counts = questions.counts_by_pbx(ledger_of(request))
    context = {
        "pbxs": [(pbx, health_of(name), counts.get(name, questions.Counts())) for name, pbx in engine().pbxs().items()],
        "of_sites": list(pbxs_of(request).values()) if engine().site.centre else [],
        "removed": operations.removed(),
        "refresh_s": _refresh_s(*engine().health()),
    }
    return render(request, "web/pbxs.html", context)


@needs("pbxs.see")
def healths(request: HttpRequest) -> HttpResponse:
    """How each PBX is doing, for the first page, which asks now and then."""
    return render(request, "web/parts/health.html", {"health": engine().health()})


def _settings_shown(pbx: Pbx) -> list[tuple[str, str]]:
    """Return a PBX's settings for reading, called as in its form, without its secrets."""
    secret = secret_names(pbx)
    return sorted((label_of(name), _SECRET if name in secret else text) for name, text in pbx.settings.items())


@needs("pbxs.see")
def pbx(request: HttpRequest, name: str) -> HttpResponse:
    """One PBX: how it is, what became of its records, how it is set up."""
    found = pbx_named(name)
    health, now = health_of(name), clock.now()
    context = {
        "pbx": found,
        "health": health,
        "refresh_s": _refresh_s(health),
        "is_stream": known.is_stream(found.source),
        "is_by_hand": known.is_by_hand(found.source),
        "standing": standing(health, found.source, now) if health else "",
        "rate": rate_told(questions.usual_rate(ledger_of(request), name, now.astimezone(found.zone))),
        "counts": questions.counts_by_pbx(ledger_of(request)).get(name, questions.Counts()),
        "settings": _settings_shown(found),
        "source_title": known.title_of(found.source),
        "layout": engine().catalogue.layouts()[found.dialect],
        "clears": clears(found),
        "plan": plan_told(found.plan.get(EVERY_LINE, {})),
        "findings": [each for each in engine().troubles.found() if each.pbx == found.name],
    }
    return render(request, "web/pbx.html", context)


@needs("pbxs.change")
def choose(request: HttpRequest) -> HttpResponse:
    """The first steps of adding: what kind of PBX, and then how its records come."""
    catalogue, dialect, kind = engine().catalogue, request.GET.get("dialect", ""), request.GET.get("source", "")
    layouts = catalogue.layouts()
    if dialect in layouts and kind in known.kinds():
        return redirect("pbx-add", dialect=dialect, kind=kind)
    if dialect in layouts:
        usual = layouts[dialect].transport
        chosen = next((kind for kind in usual if kind in known.kinds()), "")
        context = {
            "ways": grouped(layouts.values()),
            "usual": usual,
            "chosen": chosen,
            "dialect": dialect,
            "layout": layouts[dialect],
        }
        return render(request, "web/pbx-ways.html", context)
    find = request.GET.get("find", "")[:LONGEST_QUESTION]
    own = {slug for slug in layouts if catalogue.is_own(slug)}
    context = {"makers": makers(layouts, engine().pbxs().values(), find), "find": find, "own": own}
    return render(request, "web/pbx-choose.html", context)


@needs("pbxs.change")
def add(request: HttpRequest, dialect: str, kind: str) -> HttpResponse:
    """The second step: what that kind needs."""
    if dialect not in engine().catalogue.layouts() or kind not in known.kinds():
        raise Http404
    others = list(engine().pbxs().values())
    blank = Pbx(name="", dialect=dialect, source=kind, timezone=others[0].timezone if others else "")
    form = PbxForm(blank, request.POST or None, taken=frozenset(engine().pbxs()))
    if form.is_valid():
        operations.add(actor_of(request), form.pbx, engine().bounds)
        next_step, told = (
            ("pbx-imports", "Now import a file") if known.is_by_hand(kind) else ("pbx-test", "See below what it sends")
        )
        messages.success(request, f"{form.pbx.name} is set up. {told}.")
        return redirect(reverse(next_step, args=[form.pbx.name]) + "?added=yes")
    return render(request, "web/pbx-form.html", _form_context(form, blank))


@needs("pbxs.change")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """A PBX's settings."""
    found = pbx_named(name)
    form = PbxForm(found, request.POST or None)
    if form.is_valid():
        operations.edit(actor_of(request), name, form.change(), engine().bounds)
        messages.success(request, "The settings are changed.")
        return redirect("pbx", name=name)
    return render(request, "web/pbx-form.html", _form_context(form, found))


def _form_context(form: PbxForm, shown: Pbx) -> dict[str, Any]:
    return {
        "form": form,
        "pbx": shown,
        "zones": zones(),
        "layout": engine().catalogue.layouts()[shown.dialect],
        "source_title": known.title_of(shown.source),
        "is_by_hand": known.is_by_hand(shown.source),
        "clears": clears(shown),
    }


@needs("pbxs.change")
@require_POST
def pause(request: HttpRequest, name: str) -> HttpResponse:
    """Stop asking the PBX, or go on."""
    paused = not pbx_named(name).paused
    operations.pause(actor_of(request), name, paused=paused)
    messages.success(request, f"{name} is paused: nothing is asked of it." if paused else f"{name} is resumed.")
    return redirect("pbx", name=name)


@needs("pbxs.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then remove the PBX; its calls stay."""
    found = pbx_named(name)
    if request.method == "POST":
        operations.remove(actor_of(request), name)
        messages.success(request, f"{name} is removed. Its calls are still in the ledger.")
        return redirect("pbxs")
    counts = questions.counts_by_pbx(ledger_of(request)).get(name, questions.Counts())
    return render(request, "web/pbx-remove.html", {"pbx": found, "counts": counts})


@needs("pbxs.change")
@require_POST
def bring_back(request: HttpRequest, name: str) -> HttpResponse:
    """Set a removed PBX up again as it was."""
    try:
        operations.bring_back(actor_of(request), name, engine().bounds)
    except NotThere as fault:
        raise Http404 from fault
    messages.success(request, f"{name} is back.")
    return redirect("pbx", name=name)
