"""Sinks: the list, one sink with its lag and its last error, adding and changing one."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, NotThere, Unavailable
from tollbook.model.sink import Sink, SinkHealth
from tollbook.sinks import known
from tollbook.site.audit import operations as audit
from tollbook.site.sinks import operations
from tollbook.site.sinks.checks import secret_names
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import for_admins
from tollbook.web.sinks.form import SinkForm

_SECRET = "set, not shown"  # noqa: S105 - stands in for one


def _sink_named(name: str) -> Sink:
    try:
        return operations.find(name)
    except NotThere as fault:
        raise Http404 from fault


def _health() -> dict[str, SinkHealth]:
    return {each.sink: each for each in engine().sinks.health()}


def sinks(request: HttpRequest) -> HttpResponse:
    """Every sink with its health, and the kinds that can be added."""
    kinds = [(kind, known.title_of(kind)) for kind in known.kinds()]
    return render(request, "web/sinks.html", {"sinks": list(_health().values()), "kinds": kinds})


def sink(request: HttpRequest, name: str) -> HttpResponse:
    """One sink: how it is doing, how it is set up, what it did not take."""
    found = _sink_named(name)
    secret = secret_names(found.kind) or set(found.settings)
    context = {
        "sink": found,
        "health": _health().get(name),
        "title": known.title_of(found.kind),
        "mirrors": known.mirrors(found.kind),
        "settings": [(each, _SECRET if each in secret else text) for each, text in sorted(found.settings.items())],
        "letters": engine().sinks.dead_letters(name),
    }
    return render(request, "web/sink.html", context)


@for_admins
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """A new sink of a kind."""
    if kind not in known.kinds():
        raise Http404
    form = SinkForm(Sink(name="", kind=kind), request.POST or None)
    if form.is_valid() and form.save(actor_of(request)):
        messages.success(request, f"{form.sink.name} is set up. Calls from now on go there.")
        return redirect("sink", name=form.sink.name)
    return render(request, "web/sink-form.html", {"form": form, "sink": form.sink, "title": known.title_of(kind)})


@for_admins
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """A sink's settings."""
    found = _sink_named(name)
    form = SinkForm(found, request.POST or None)
    if form.is_valid() and form.save(actor_of(request)):
        messages.success(request, "The settings are changed.")
        return redirect("sink", name=name)
    context = {"form": form, "sink": found, "title": known.title_of(found.kind), "known": True}
    return render(request, "web/sink-form.html", context)


def _pause(request: HttpRequest, sink: Sink) -> str:
    paused = not sink.paused
    operations.pause(actor_of(request), sink.name, paused=paused)
    messages.success(request, f"{sink.name} is paused: nothing is sent to it." if paused else f"{sink.name} goes on.")
    return sink.name


def _test(request: HttpRequest, sink: Sink) -> str:
    tested = engine().sinks.test(sink.name)
    (messages.success if tested.well else messages.error)(request, tested.message)
    return sink.name


def _backfill(request: HttpRequest, sink: Sink) -> str:
    try:
        since = request.POST.get("from", "")
        engine().sinks.backfill(sink.name, since)
        audit.record(actor_of(request), "sink.backfill", sink.name, {"from": ["", since or "the beginning"]})
        messages.success(request, "The history is being sent.")
    except Misconfigured as fault:
        messages.error(request, fault.problems[0].what)
    return sink.name


def _resend(request: HttpRequest, sink: Sink) -> str:
    try:
        taken, left = engine().sinks.resend(sink.name)
        audit.record(actor_of(request), "sink.resend", sink.name, {"taken": ["", str(taken)], "left": ["", str(left)]})
        messages.success(request, f"{taken} taken, {left} left.")
    except Unavailable as fault:
        messages.error(request, str(fault))
    return sink.name


def _remove(request: HttpRequest, sink: Sink) -> str:
    operations.remove(actor_of(request), sink.name)
    engine().sinks.forget(sink.name)
    messages.success(request, f"{sink.name} is removed. What it was handed stays where it is.")
    return ""


_DEEDS: dict[str, Callable[[HttpRequest, Sink], str]] = {
    "pause": _pause,
    "test": _test,
    "backfill": _backfill,
    "resend": _resend,
    "remove": _remove,
}
"""What can be done with a sink; each returns whose page to go on with, nothing for the list."""


@for_admins
@require_POST
def act(request: HttpRequest, name: str, deed: str) -> HttpResponse:
    """Do something with a sink."""
    found = _sink_named(name)
    if deed not in _DEEDS:
        raise Http404
    following = _DEEDS[deed](request, found)
    return redirect("sink", name=following) if following else redirect("sinks")
