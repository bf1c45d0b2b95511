"""The pages of alerts: what they found, how they are set up, and what can be done with one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import islice

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.alert import AlertRule
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.alerts import operations
from tollbook.web.alerts.showing import (
    ShownHit,
    acknowledged,
    changeable,
    rule_of,
    rules_of,
    sees_all,
    shown_hits,
    shown_rule,
    visible_hits,
)
from tollbook.web.page_context import TROUBLED
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import access_of, needs

_ROWS, _DIGITS = 50, 18
_MUTES = {"mute-hour": timedelta(hours=1), "mute-day": timedelta(days=1), "mute-week": timedelta(days=7)}


def _page(request: HttpRequest, rule: str = "", *, only_open: bool) -> tuple[list[ShownHit], int, bool]:
    """Return the hits of the page that is asked for, its number, and whether there are more behind it."""
    text = request.GET.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and int(text[:6]) > 0 else 1
    first = (min(page, 10_000) - 1) * _ROWS
    found = visible_hits(request, operations.hits(rule, only_open=only_open))
    rows = list(shown_hits(request, islice(found, first, first + _ROWS + 1)))
    return rows[:_ROWS], page, len(rows) > _ROWS


@needs("calls.see")
def alerts(request: HttpRequest) -> HttpResponse:
    """What alerts found, what nobody has acknowledged unless all is asked for."""
    everything = request.GET.get("show") == "all"
    hits, page, more = _page(request, only_open=not everything)
    context = {"hits": hits, "page": page, "more": more, "everything": everything, "trouble": _trouble()}
    own = rules_of(request)
    return render(request, "web/alerts.html", {**context, "rules": own, "opens": {each.name for each in own}})


def _trouble() -> str:
    health = engine().alert_watch.health
    return health.message if health.state in TROUBLED else ""


@needs("alerts.change")
@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Acknowledge the hits that were marked."""
    numbers = [
        int(text) for text in request.POST.getlist("hit") if text.isascii() and text.isdigit() and len(text) <= _DIGITS
    ]
    try:
        count = acknowledged(request, numbers, request.POST.get("note", ""))
        messages.success(request, f"{count} acknowledged.")
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.")
    name = request.POST.get("alert", "")
    known = name in {each.name for each in rules_of(request)}
    return redirect("alert", name=name) if known else redirect("alerts")


@needs("calls.see")
def rules(request: HttpRequest) -> HttpResponse:
    """The alerts that are set up."""
    counts = Counter(each.rule.name for each in visible_hits(request, operations.hits(only_open=True)))
    shown = [shown_rule(each, counts[each.name]) for each in rules_of(request)]
    return render(request, "web/alert-rules.html", {"rules": shown, "now": clock.now()})


@needs("calls.see")
def alert(request: HttpRequest, name: str) -> HttpResponse:
    """One alert: how it is set up, and what it found."""
    rule = _found(request, name)
    hits, page, more = _page(request, name, only_open=False)
    mine = rule.owner.name == actor_of(request).name or sees_all(access_of(request))
    context = {"rule": shown_rule(rule), "hits": hits, "page": page, "more": more, "everything": True}
    context |= {"fault": operations.found(name).fault, "now": clock.now(), "changeable": mine}
    return render(request, "web/alert.html", context)


def _found(request: HttpRequest, name: str) -> AlertRule:
    try:
        return rule_of(request, name)
    except NotThere as fault:
        raise Http404 from fault


def _switched(*, enabled: bool) -> Callable[[HttpRequest, str], str]:
    def switch(request: HttpRequest, name: str) -> str:
        operations.change(actor_of(request), name, operations.AlertChange(enabled=enabled))
        return f"{name} is on, for calls that end from now on." if enabled else f"{name} is off. What it found stays."

    return switch


def _muted(deed: str) -> Callable[[HttpRequest, str], str]:
    def mute(request: HttpRequest, name: str) -> str:
        length = _MUTES.get(deed)
        operations.mute(actor_of(request), name, clock.now() + length if length else None)
        return f"{name} is muted. What it finds is listed all the same." if length else f"{name} tells again."

    return mute


_DEEDS: dict[str, Callable[[HttpRequest, str], str]] = {
    "on": _switched(enabled=True),
    "off": _switched(enabled=False),
    **{deed: _muted(deed) for deed in (*_MUTES, "unmute")},
}
"""What can be done with an alert; each returns what is then told."""


@needs("alerts.change")
@require_POST
def act(request: HttpRequest, name: str, deed: str) -> HttpResponse:
    """Do something with an alert."""
    _found(request, name)
    if deed not in _DEEDS:
        raise Http404
    try:
        changeable(request, name)
        messages.success(request, _DEEDS[deed](request, name))
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.")
    return redirect("alert", name=name)
