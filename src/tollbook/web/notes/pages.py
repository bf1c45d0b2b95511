"""Writing on a call: each form leads back to the page of the call."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook.model.problem import Misconfigured, NotAllowed, NotThere
from tollbook.site.notes import operations as notes
from tollbook.web.notes.noting import check_private, check_seen, told
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs


@require_POST
@needs("notes.change")
def write(request: HttpRequest, key: UUID) -> HttpResponse:
    """Write a note on a call."""
    return _done(request, key, lambda call: notes.write(actor_of(request), call, request.POST.get("text", "")))


@require_POST
@needs("notes.change")
def remove(request: HttpRequest, key: UUID, number: int) -> HttpResponse:
    """Remove a note of one's own; an administrator those of anybody."""

    def gone(call: str) -> None:
        if notes.find(number).call != call:
            raise Http404
        notes.remove(actor_of(request), number, of_anybody=may(request, "people.change"))

    return _done(request, key, gone)


@require_POST
@needs("notes.change")
def tags(request: HttpRequest, key: UUID) -> HttpResponse:
    """Have a call bear some tags and no others."""
    given = request.POST.get("tags", "").split(",")
    return _done(request, key, lambda call: notes.set_tags(actor_of(request), call, given))


@require_POST
@needs("notes.change")
def private(request: HttpRequest, key: UUID) -> HttpResponse:
    """Say that a call was a private one, or that it was not."""

    def said(call: str) -> None:
        check_private(request, call)
        notes.set_private(actor_of(request), call, private=request.POST.get("private") == "yes")

    return _done(request, key, said)


def _done(request: HttpRequest, key: UUID, do: Callable[[str], object]) -> HttpResponse:
    """Do something to a call that is seen, or say why it cannot be done, and lead back to the call."""
    call = str(key)
    try:
        check_seen(request, call)
        do(call)
        told()
    except NotThere as fault:
        raise Http404 from fault
    except (Misconfigured, NotAllowed) as fault:
        for problem in fault.problems:
            messages.error(request, f"{problem.what[:1].upper()}{problem.what[1:]}: {problem.reason}.")
    return redirect(reverse("call", args=[key]) + "#notes")
