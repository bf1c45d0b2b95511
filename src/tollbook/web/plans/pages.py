"""The dial plan of a PBX: proposed, shown with what it explains, tried and changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tollbook.engine.runtime import engine
from tollbook.model.meaning import KIND_TITLES
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.numbering.examples import examples
from tollbook.numbering.places import country_names
from tollbook.numbering.plans import EVERY_LINE, PlanChange, PlanSettings, read_plans
from tollbook.numbering.proposing import Dialled, Proposal, judge, propose
from tollbook.site.pbxs import operations
from tollbook.store.dialled import dialled, extensions
from tollbook.web.asking import ledger_of
from tollbook.web.pbxs.pages import pbx_named
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs
from tollbook.web.plans.form import PlanForm
from tollbook.web.plans.meaning import Meaning, meaning
from tollbook.web.plans.words import plan_told

_LONGEST_GROUP, _LONGEST_NUMBER = 100, 200


class ShownPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is about: the plans of a PBX as they are kept or proposed, and how far they go.

    `group` is the trunk group whose settings are shown, empty for those of all lines. `dialled` are its numbers.
    """

    pbx: Pbx
    group: str
    plan: PlanSettings
    dialled: list[Dialled]
    judged: Proposal
    is_proposed: bool

    @property
    def address(self) -> str:
        """The address of the page."""
        words = "?" + urlencode({"group": self.group}) if self.group else ""
        return reverse("pbx-plan", args=[self.pbx.name]) + words


@needs("pbxs.see")
def plan(request: HttpRequest, name: str) -> HttpResponse:
    """The dial plan of a PBX, or of one of its trunk groups; where there is none, the one that is proposed."""
    shown = _shown(request, pbx_named(name))
    if request.headers.get("HX-Request"):
        return render(request, "web/parts/tried.html", _tried(request, shown))
    form = PlanForm(
        shown.plan,
        shown.group,
        request.POST or None,
        examples=examples(shown.dialled, shown.plan, shown.group),
    )
    if request.method == "POST":
        if not may(request, "pbxs.change"):
            raise PermissionDenied
        if _keep(request, shown, form):
            return redirect(reverse("pbx-plan", args=[name]))
    context = {
        **_tried(request, shown),
        "form": form,
        "countries": sorted(country_names().items(), key=lambda each: each[1]),
        "numbering": engine().numbering(name),
        "trouble": engine().lag().trouble,
        "percent": _percent(shown.judged),
        "unexplained": [(each, KIND_TITLES[each.kind]) for each in shown.judged.unexplained],
        "groups": [(group, plan_told(texts)) for group, texts in sorted(shown.pbx.plan.items()) if group],
        "known_groups": sorted({each.trunk_group for each in shown.dialled} - {"", *shown.pbx.plan}),
        "settings": plan_told(shown.plan.get(shown.group, {})),
    }
    return render(request, "web/pbx-plan.html", context)


@needs("pbxs.see")
def numbering(request: HttpRequest, name: str) -> HttpResponse:
    """Whether the calls of a PBX are being numbered, for the page, which asks until they are."""
    context = {"pbx": pbx_named(name), "numbering": engine().numbering(name), "trouble": engine().lag().trouble}
    return render(request, "web/parts/numbering.html", context)


def _shown(request: HttpRequest, pbx: Pbx) -> ShownPlan:
    ledger, group = ledger_of(request), request.GET.get("group", "").strip()[:_LONGEST_GROUP]
    is_proposed = not group and (not pbx.plan.get(EVERY_LINE) or "country" in request.GET)
    is_tried_alone = bool(request.headers.get("HX-Request")) and not is_proposed
    numbers = [] if is_tried_alone else dialled(ledger, pbx.name)
    if is_proposed:
        code = request.GET.get("country", "")
        country = code if code in country_names() else ""
        found = propose(numbers, extensions(ledger, pbx.name), pbx.timezone, country)
        plans = {**pbx.plan, EVERY_LINE: found.settings}
        return ShownPlan(pbx=pbx, group="", plan=plans, dialled=numbers, judged=found, is_proposed=True)
    of_group = [each for each in numbers if group in ("", each.trunk_group)]
    judged = judge(of_group, pbx.plan)
    return ShownPlan(pbx=pbx, group=group, plan=pbx.plan, dialled=of_group, judged=judged, is_proposed=False)


def _keep(request: HttpRequest, shown: ShownPlan, form: PlanForm) -> bool:
    """Keep what the form says, or take its settings away; return whether that is done."""
    lines = f"trunk group {shown.group}" if shown.group else "all lines"
    name, is_removed = shown.pbx.name, request.POST.get("act") == "remove"
    if not is_removed and not form.is_valid():
        return False
    texts = {} if is_removed else form.plan[shown.group]
    try:
        operations.change_plan(
            actor_of(request),
            name,
            PlanChange(settings={**texts}, trunk_group=shown.group, whole=True),
        )
    except Misconfigured as fault:
        form.show(fault)
        return False
    messages.success(request, f"The settings of {lines} are {'removed' if is_removed else 'saved'}.")
    return True


def _tried(request: HttpRequest, shown: ShownPlan) -> dict[str, Any]:
    """Return what the number means that somebody tries, by the plan that the page shows."""
    text, calling = request.GET.get("try", "").strip()[:_LONGEST_NUMBER], "calling" in request.GET
    found: Meaning | None = None
    if text and shown.plan.get(EVERY_LINE):
        number = read_plans(shown.plan, shown.pbx.name).number(text, calling=calling, trunk_group=shown.group)
        found = meaning(number)
        if number.after_answer:
            behind = ("Dialled once the call stood", number.after_answer)
            found = msgspec.structs.replace(found, taken_off=[*found.taken_off, behind])
    address = "?" + urlencode({**request.GET.dict(), "try": text})
    return {"shown": shown, "pbx": shown.pbx, "tried": text, "calling": calling, "found": found, "again": address}


def _percent(judged: Proposal) -> str:
    """Return how much is explained; all is said only of all.

    >>> _percent(Proposal(settings={}, because=[], calls=100_000, explained=0.99999))
    '99.9 %'
    """
    if judged.explained is None:
        return ""
    return "100 %" if judged.explained == 1 else f"{min(judged.explained * 100, 99.9):.1f} %"
