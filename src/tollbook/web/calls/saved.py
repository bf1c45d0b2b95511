"""What a person keeps of the list: filters by name, columns, calls a page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.lists import operations as lists
from tollbook.web.calls import columns, listing
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs


def _from(request: HttpRequest) -> listing.AskedCalls:
    """Return the list that a form was sent from: its address is read as any other, and leads nowhere else."""
    return listing.asked(QueryDict(request.POST.get("list", "").removeprefix("?")))


@needs("calls.see")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the list's filter by a name."""
    asked = _from(request)
    try:
        kept = lists.save_filter(
            actor_of(request),
            request.POST.get("name", ""),
            {name: str(value) for name, value in asked.words.items()},
        )
        messages.success(
            request,
            f"The filter “{kept.name}” is saved. Only you see it; its link can be given to others.",
        )
    except Misconfigured as fault:
        messages.error(request, "The filter is not saved: " + "; ".join(each.what for each in fault.problems) + ".")
    return redirect(reverse("calls") + asked.address())


@needs("calls.see")
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Forget a filter. Its link is shown once more, so that it can be saved again."""
    asked = _from(request)
    try:
        gone = lists.remove_filter(actor_of(request), request.POST.get("name", ""))
        messages.success(request, f"The filter “{gone.name}” is removed. To have it back, save this list by its name.")
        return redirect(reverse("calls") + address_of(gone))
    except NotThere:
        messages.success(request, "The filter was removed already.")
    return redirect(reverse("calls") + asked.address())


def address_of(saved: lists.SavedFilter) -> str:
    """Return the address of a saved filter's list; words that mean nothing any more are left out."""
    query = QueryDict(mutable=True)
    query.update(saved.words)
    return listing.asked(query).address()


@needs("calls.see")
@require_POST
def view(request: HttpRequest) -> HttpResponse:
    """Keep which columns the list has and how many calls a page, and show it so."""
    asked = _from(request)
    chosen = [field for field in columns.COLUMNS if field in (columns.FIRST, *request.POST.getlist("column"))]
    size = request.POST.get("size", "")
    lists.choose(actor_of(request), chosen, int(size) if size in {str(each) for each in listing.SIZES} else 0)
    return redirect(reverse("calls") + asked.address(columns="", size=""))
