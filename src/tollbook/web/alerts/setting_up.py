"""The pages on which alerts are set up, tried on the past, changed and removed."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tollbook import clock
from tollbook.alerts import known
from tollbook.engine.alerts.past import tried
from tollbook.model.alert import AlertRule
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere
from tollbook.site.alerts import operations
from tollbook.web.alerts.form import AlertForm
from tollbook.web.alerts.showing import TriedAlert, changeable, kinds_of_alert, shown_tried
from tollbook.web.asking import recent_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal, ask

_DAYS = 30
_GROUPS = (
    (
        "Single calls",
        (
            "missed_call",
            "emergency_call",
            "premium_call",
            "international_call",
            "country_call",
            "long_call",
            "dear_call",
        ),
    ),
    ("Many calls", ("usage", "short_calls", "same_number", "unusual_use", "lines_busy")),
    ("Budgets and the site itself", ()),
)


@needs("alerts.change")
def choose(request: HttpRequest) -> HttpResponse:
    """Which kind of alert is to be set up."""
    kinds = {each.kind.replace("-", "_"): each for each in kinds_of_alert()}
    named = {name for _, names in _GROUPS for name in names}
    rest = [each for name, each in kinds.items() if name not in named]
    groups = [(title, [kinds[name] for name in names if name in kinds] or rest) for title, names in _GROUPS]
    return render(request, "web/alert-choose.html", {"groups": groups})


@needs("alerts.change")
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """A new alert."""
    if kind.replace("-", "_") not in known.kinds():
        raise Http404
    return _asked(request, AlertForm(kind.replace("-", "_"), None, request.POST or None))


@needs("alerts.change")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The settings of an alert."""
    rule = _changeable(request, name)
    if rule is None:
        return redirect("alert", name=name)
    return _asked(request, AlertForm(rule.kind, rule, request.POST or None))


def _changeable(request: HttpRequest, name: str) -> AlertRule | None:
    """Return a rule that may be changed; None, with a message, where it may only be looked at."""
    try:
        return changeable(request, name)
    except NotThere as fault:
        raise Http404 from fault
    except NotAllowed as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.")
        return None


def _asked(request: HttpRequest, form: AlertForm) -> HttpResponse:
    """Show a form; try what it says on the past, or keep it."""
    found: TriedAlert | None = None
    if form.is_valid():
        try:
            if "try" in request.POST:
                found = _tried(request, form)
            else:
                return redirect("alert", name=_kept(request, form))
        except Misconfigured as fault:
            form.show(fault)
    back = reverse("alert", args=[form.rule.name]) if form.rule else reverse("alert-rules")
    context = {"form": form, "kind": form.found, "rule": form.rule, "tried": found, "back": back}
    return render(request, "web/alert-form.html", context)


def _tried(request: HttpRequest, form: AlertForm) -> TriedAlert:
    rule = operations.draft(actor_of(request), form.given())
    return shown_tried(request, _DAYS, tried(recent_of(request), rule, clock.now(), _DAYS))


def _kept(request: HttpRequest, form: AlertForm) -> str:
    if form.rule:
        operations.change(actor_of(request), form.rule.name, form.change(form.rule))
        messages.success(request, "The alert is changed.")
        return form.rule.name
    rule = operations.add(actor_of(request), form.given())
    messages.success(request, f"The alert {rule.name} is on, for calls that end from now on.")
    return rule.name


@needs("alerts.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then remove an alert."""
    if _changeable(request, name) is None:
        return redirect("alert", name=name)
    if request.method == "POST":
        operations.remove(actor_of(request), name)
        messages.success(request, f"{name} is removed.")
        return redirect("alert-rules")
    loss = "What it found is forgotten with it. Calls stay as they are."
    back = reverse("alert", args=[name])
    return ask(request, Removal(name=name, loss=loss, list=reverse("alert-rules"), list_title="Alerts", back=back))
