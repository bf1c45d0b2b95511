"""Destinations of messages: where they go, how each is doing, and what became of what was sent."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook.delivery import known
from tollbook.engine.runtime import engine
from tollbook.model.health import Tested
from tollbook.model.message import DestinationHealth, MessageDestination
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.audit import operations as audit
from tollbook.site.destinations import operations
from tollbook.site.destinations.checks import secret_names
from tollbook.site.outbox import operations as box
from tollbook.web.destinations.form import DestinationForm
from tollbook.web.pbxs.form import label_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal, ask

_REFRESH_S = 10
_SHOWN = 50
_TEST = "test"
"""The button of the form that keeps nothing."""
_SECRET = "set, not shown"  # noqa: S105 - stands in for one


def _named(name: str) -> MessageDestination:
    try:
        return operations.find(name)
    except NotThere as fault:
        raise Http404 from fault


def _health() -> dict[str, DestinationHealth]:
    return {each.destination: each for each in engine().outbox.health()}


@needs("exports.see")
def destinations(request: HttpRequest) -> HttpResponse:
    """Every destination with its health, what was sent last, and the kinds that can be added."""
    context = {
        "destinations": list(_health().values()),
        "kinds": [(kind, known.title_of(kind)) for kind in known.kinds()],
        "address": operations.pages_address(),
        "entries": box.entries(_SHOWN),
        "refresh_s": _REFRESH_S,
    }
    return render(request, "web/destinations.html", context)


@needs("exports.see")
def destination(request: HttpRequest, name: str) -> HttpResponse:
    """One destination: how it is doing, how it is set up, what was sent there last."""
    found = _named(name)
    context = {
        "destination": found,
        "health": _health().get(name),
        "title": known.title_of(found.kind),
        "addressed": found.kind in known.kinds() and known.find(found.kind).addressed,
        "settings": _settings_shown(found),
        "entries": box.entries(_SHOWN, destination=name),
        "refresh_s": _REFRESH_S,
    }
    return render(request, "web/destination.html", context)


def _settings_shown(found: MessageDestination) -> list[tuple[str, str]]:
    secret = secret_names(found)
    return sorted((label_of(name), _SECRET if name in secret else text) for name, text in found.settings.items())


@needs("exports.change")
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """A new destination of a kind."""
    kind = kind.replace("-", "_")
    if kind not in known.kinds():
        raise Http404
    form = DestinationForm(MessageDestination(name="", kind=kind), request.POST or None)
    if form.is_valid() and _TEST not in request.POST and form.save(actor_of(request)):
        messages.success(request, f"{form.destination.name} is set up.")
        return redirect("destination", name=form.destination.name)
    return _form_page(request, form, is_known=False)


@needs("exports.change")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """A destination's settings."""
    form = DestinationForm(_named(name), request.POST or None)
    if form.is_valid() and _TEST not in request.POST and form.save(actor_of(request)):
        messages.success(request, "The settings are changed.")
        return redirect("destination", name=name)
    return _form_page(request, form, is_known=True)


def _form_page(request: HttpRequest, form: DestinationForm, *, is_known: bool) -> HttpResponse:
    tested = None
    if _TEST in request.POST:
        tested = form.test() if form.is_valid() else Tested(well=False, message="see what is said beside the fields")
    context = {
        "form": form,
        "destination": form.destination,
        "title": known.title_of(form.destination.kind),
        "known": is_known,
        "tested": tested,
    }
    return render(request, "web/destination-form.html", context)


def _pause(request: HttpRequest, found: MessageDestination) -> None:
    paused = not found.paused
    operations.pause(actor_of(request), found.name, paused=paused)
    messages.success(request, f"{found.name} is {'paused: messages wait' if paused else 'resumed'}.")


def _test(request: HttpRequest, found: MessageDestination) -> None:
    recipient = request.POST.get("recipient", "").strip()[:300]
    tested = engine().outbox.test(found.name, recipient)
    audit.record(actor_of(request), "destination.test", found.name, {"recipient": ["", recipient]})
    (messages.success if tested.well else messages.error)(request, tested.message)


_DEEDS: dict[str, Callable[[HttpRequest, MessageDestination], None]] = {"pause": _pause, "test": _test}
"""What can be done with a destination."""


@needs("exports.change")
@require_POST
def act(request: HttpRequest, name: str, deed: str) -> HttpResponse:
    """Do something with a destination."""
    found = _named(name)
    if deed not in _DEEDS:
        raise Http404
    _DEEDS[deed](request, found)
    return redirect("destination", name=name)


@needs("exports.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then remove the destination."""
    found = _named(name)
    if request.method == "POST":
        operations.remove(actor_of(request), found.name)
        messages.success(request, f"{found.name} is removed.")
        return redirect("destinations")
    loss = "Nothing more is sent there, and what waits for it is cancelled. Schedules that name it will say so."
    where = {"list": reverse("destinations"), "list_title": "Deliveries", "back": reverse("destination", args=[name])}
    return ask(request, Removal(name=found.name, loss=loss, **where))


@needs("exports.change")
@require_POST
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Send a message once more that was refused or given up."""
    try:
        entry = box.again(number)
    except NotThere as fault:
        raise Http404 from fault
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.")
        return redirect("destinations")
    told = f"{entry.subject[:80]} to {entry.recipient or entry.destination}"
    audit.record(actor_of(request), "message.again", told)
    engine().outbox.news(entry.destination)
    messages.success(request, "It is being sent again.")
    return redirect("destination", name=entry.destination)


@needs("exports.change")
@require_POST
def address(request: HttpRequest) -> HttpResponse:
    """Say under which address recipients reach the pages."""
    try:
        kept = operations.set_pages_address(actor_of(request), request.POST.get("address", "")[:400])
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.")
    else:
        messages.success(request, f"Links in messages lead to {kept}." if kept else "Messages carry no links.")
    return redirect("destinations")
