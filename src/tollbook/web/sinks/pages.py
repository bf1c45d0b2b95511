"""Sinks: the list, one sink with its lag and its last error, adding and changing one."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.health import State, Tested
from tollbook.model.problem import Misconfigured, NotThere, Unavailable
from tollbook.model.sink import Sink, SinkHealth
from tollbook.sinks import known
from tollbook.sinks.known import title_of
from tollbook.site.audit import operations as audit
from tollbook.site.sinks import operations
from tollbook.site.sinks.checks import secret_names
from tollbook.web.pbxs.form import label_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal, ask
from tollbook.web.sinks.form import SinkForm

_GOING_ON_S, _AT_REST_S = 2, 10
"""Seconds after which a page asks how things are now: while something is being sent, and else."""
_TEST = "test"
"""The button of the form that keeps nothing."""
_SECRET = "set, not shown"  # noqa: S105 - stands in for one


def _sink_named(name: str) -> Sink:
    try:
        return operations.find(name)
    except NotThere as fault:
        raise Http404 from fault


def _health() -> dict[str, SinkHealth]:
    return {each.sink: each for each in engine().sinks.health()}


@needs("exports.see")
def sinks(request: HttpRequest) -> HttpResponse:
    """Every sink with its health, and the kinds that can be added."""
    kinds = [(kind, known.title_of(kind)) for kind in known.kinds()]
    shown = list(_health().values())
    context = {"sinks": shown, "kinds": kinds, "refresh_s": min(map(_refresh_s, shown), default=_AT_REST_S)}
    return render(request, "web/sinks.html", context)


def _refresh_s(health: SinkHealth) -> int:
    goes_on = health.behind or health.backfill or health.state is State.STARTING
    return _GOING_ON_S if goes_on else _AT_REST_S


@needs("exports.see")
def sink(request: HttpRequest, name: str) -> HttpResponse:
    """One sink: how it is doing, how it is set up, what it did not take."""
    found = _sink_named(name)
    health = _health().get(name)
    context = {
        "sink": found,
        "health": health,
        "refresh_s": _refresh_s(health) if health else _AT_REST_S,
        "title": known.title_of(found.kind),
        "mirrors": known.mirrors(found.kind),
        "settings": _settings_shown(found),
        "letters": engine().sinks.dead_letters(name),
    }
    return render(request, "web/sink.html", context)


def _settings_shown(sink: Sink) -> list[tuple[str, str]]:
    """Return a sink's settings for reading, called as in its form, without its secrets."""
    secret = secret_names(sink)
    shown = sorted((label_of(name), _SECRET if name in secret else text) for name, text in sink.settings.items())
    return [
        *shown,
        ("Columns", sink.columns),
        *((f"Only {label_of(name).lower()}", text) for name, text in sink.filter.items()),
    ]


@needs("exports.change")
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """A new sink of a kind."""
    if kind not in known.kinds():
        raise Http404
    form = SinkForm(Sink(name="", kind=kind), request.POST or None)
    if _TEST in request.POST:
        return _tested(request, form, known=False)
    if form.is_valid() and form.save(actor_of(request)):
        messages.success(request, f"{form.sink.name} is set up. Calls from now on go there.")
        return redirect("sink", name=form.sink.name)
    return render(request, "web/sink-form.html", {"form": form, "sink": form.sink, "title": known.title_of(kind)})


@needs("exports.change")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """A sink's settings."""
    found = _sink_named(name)
    form = SinkForm(found, request.POST or None)
    if _TEST in request.POST:
        return _tested(request, form, known=True)
    if form.is_valid() and form.save(actor_of(request)):
        messages.success(request, "The settings are changed.")
        return redirect("sink", name=name)
    context = {"form": form, "sink": found, "title": known.title_of(found.kind), "known": True}
    return render(request, "web/sink-form.html", context)


def _tested(request: HttpRequest, form: SinkForm, *, known: bool) -> HttpResponse:
    """Show the form again with what a test of it found."""
    tested = form.test() if form.is_valid() else Tested(well=False, message="see what is said beside the fields")
    faults = [(form[name].label if name in form.fields else "", words) for name, words in form.errors.items()]
    context = {"form": form, "sink": form.sink, "title": title_of(form.sink.kind), "known": known}
    return render(request, "web/sink-form.html", {**context, "tested": tested, "faults": faults})


def _pause(request: HttpRequest, sink: Sink) -> str:
    paused = not sink.paused
    operations.pause(actor_of(request), sink.name, paused=paused)
    messages.success(
        request,
        f"{sink.name} is paused: nothing is sent to it." if paused else f"{sink.name} is resumed.",
    )
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


_DEEDS: dict[str, Callable[[HttpRequest, Sink], str]] = {
    "pause": _pause,
    "test": _test,
    "backfill": _backfill,
    "resend": _resend,
}
"""What can be done with a sink; each returns whose page to go on with."""


@needs("exports.change")
@require_POST
def act(request: HttpRequest, name: str, deed: str) -> HttpResponse:
    """Do something with a sink."""
    found = _sink_named(name)
    if deed not in _DEEDS:
        raise Http404
    return redirect("sink", name=_DEEDS[deed](request, found))


@needs("exports.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then remove the sink; what it has written stays."""
    found = _sink_named(name)
    if request.method == "POST":
        operations.remove(actor_of(request), found.name)
        engine().sinks.forget(found.name)
        messages.success(request, f"{found.name} is removed. Rows already written stay.")
        return redirect("sinks")
    loss = "No more calls are sent there, and what waits is forgotten. Rows already written stay."
    where = {"list": reverse("sinks"), "list_title": "Exports", "back": reverse("sink", args=[name])}
    return ask(request, Removal(name=found.name, loss=loss, **where))
