"""Places: the list with what is wrong first, one place with its PBXs and sinks, and codes to join."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.destinations.operations import pages_address
from tollbook.site.places import operations
from tollbook.site.places.groups import hand_down, want_version
from tollbook.site.places.models import PlaceRecord
from tollbook.site.places.standing import health_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs
from tollbook.web.places.form import NewPlaceForm, PlaceGroupForm
from tollbook.web.places.shown import shown_groups, standing, standings
from tollbook.web.removing import Removal, ask

_REFRESH_S = 20
_CHANGE = "system.change"


def _place_named(name: str) -> PlaceRecord:
    try:
        return operations.find(name)
    except NotThere as fault:
        raise Http404 from fault


@never_cache
@needs("system.see")
def places(request: HttpRequest) -> HttpResponse:
    """Every place, and for who may a form for one more; the answer to the form shows its code this once."""
    form, added = None, None
    if may(request, _CHANGE):
        form = NewPlaceForm(request.POST or None)
        if form.is_valid():
            try:
                added = operations.add(actor_of(request), form.cleaned_data["name"], form.cleaned_data["group"])
                form = NewPlaceForm()
            except Misconfigured as fault:
                for problem in fault.problems:
                    form.add_error(None, f"{problem.what[:1].upper()}{problem.what[1:]}: {problem.reason}.")
    return _listed(request, form, added)


def _listed(request: HttpRequest, form: NewPlaceForm | None, added: operations.AddedPlace | None) -> HttpResponse:
    told = {
        "standings": standings(),
        "groups": shown_groups(),
        "form": form,
        "added": added,
        "here": _address(request),
        "refresh_s": _REFRESH_S,
    }
    return render(request, "web/places.html", told)


def _address(request: HttpRequest) -> str:
    """Return where other sites find this one: the address that was set for its pages, else the one that is asked."""
    return pages_address() or f"{request.scheme}://{request.get_host()}"


@needs("system.see")
def place(request: HttpRequest, name: str) -> HttpResponse:
    """One place: how it stands, its PBXs and sinks as it told them last."""
    found = _place_named(name)
    told = {"place": standing(found), "record": found, "health": health_of(found), "refresh_s": _REFRESH_S}
    return render(request, "web/place.html", told)


@never_cache
@require_POST
@needs(_CHANGE)
def code(request: HttpRequest, name: str) -> HttpResponse:
    """Make another code for a place and show it this once."""
    _place_named(name)
    return _listed(request, NewPlaceForm(), operations.renew_code(actor_of(request), name))


@needs(_CHANGE)
def group(request: HttpRequest, name: str) -> HttpResponse:
    """Say what is handed down to the places of a group, and which version they should have."""
    shown = next((each for each in shown_groups() if each.name == name), None)
    if shown is None:
        raise Http404
    initial = {"parts": shown.parts, "version": shown.version}
    # A form in which nothing is ticked and nothing written is one that was sent, too.
    form = PlaceGroupForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        hand_down(actor_of(request), name, form.cleaned_data["parts"])
        want_version(actor_of(request), name, form.cleaned_data["version"])
        messages.success(request, f"The places of {name} are told within a minute or two.")
        return redirect("places")
    return render(request, "web/place-group.html", {"form": form, "group": shown})


@needs(_CHANGE)
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then know a place no longer."""
    _place_named(name)
    if request.method != "POST":
        loss = "It is told of here no more, and its token opens nothing. It goes on collecting; its calls stay."
        back = reverse("place", args=(name,))
        return ask(request, Removal(name=name, loss=loss, list=reverse("places"), list_title="Places", back=back))
    operations.remove(actor_of(request), name)
    messages.success(request, f"{name} is no place of this centre any more.")
    return redirect("places")
