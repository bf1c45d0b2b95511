"""Formats passed on in the browser: one as a download, and one that somebody shared as an upload."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tollbook.engine.runtime import engine
from tollbook.engine.sharing.adding import AddedFormat, AddingChoices, add
from tollbook.engine.sharing.sharing import SharedFormat, shared
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sharing_limits import SHARED_BYTES
from tollbook.site.audit import operations as audit
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs


def choices(*, name: str, replace: bool, even_so: bool) -> AddingChoices:
    """Return what somebody decides who adds a format."""
    return AddingChoices(slug=name.strip(), replace=replace, even_so=even_so)


def shared_by(actor: Actor, slug: str, *, fictitious: bool, even_so: bool) -> SharedFormat:
    """Return a format as one file, and note who took it; raises `Misconfigured` with what could be about somebody."""
    made = shared(engine().catalogue, slug, with_fictitious_numbers=fictitious)
    if not even_so:
        made.check()
    audit.record(actor, "format.share", slug)
    return made


def added_by(actor: Actor, data: bytes, chosen: AddingChoices) -> AddedFormat:
    """Add a format, and note who did; raises `Misconfigured` with what is wrong with it."""
    added = add(engine().catalogue, engine().site.path / "dialects", data, chosen)
    audit.record(actor, "format.add", added.slug)
    return added


def as_download(slug: str, made: SharedFormat) -> HttpResponse:
    """Return a format as a file that a browser keeps."""
    named = {"Content-Disposition": f'attachment; filename="{slug}.tollbook-format.zip"', "Cache-Control": "no-store"}
    return HttpResponse(made.data, content_type="application/zip", headers=named)


@needs("pbxs.change")
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """What a format holds that could be about somebody; then the format as a file."""
    if not engine().catalogue.is_own(slug):
        raise Http404
    fictitious, even_so = "fictitious" in request.POST, "even-so" in request.POST
    context: dict[str, Any] = {"slug": slug, "fictitious": fictitious}
    try:
        made = context["made"] = shared(engine().catalogue, slug, with_fictitious_numbers=fictitious)
    except Misconfigured as fault:
        context["problems"] = list(fault.problems)
    else:
        if request.method == "POST" and (even_so or not made.findings):
            audit.record(actor_of(request), "format.share", slug)
            return as_download(slug, made)
    return render(request, "web/format-share.html", context)


@needs("pbxs.change")
def from_file(request: HttpRequest) -> HttpResponse:
    """A format that somebody shared: choose its file, and it is added once its own cases come to what they say."""
    context: dict[str, Any] = {"asked": request.POST}
    if request.method == "POST":
        try:
            added = added_by(actor_of(request), _sent(request), _chosen(request))
        except Misconfigured as fault:
            context["problems"] = list(fault.problems)
        else:
            messages.success(request, f"Format {added.slug} added. Cases: {added.cases}, calls in them: {added.calls}.")
            if added.asks:
                there = " and ".join(added.asks)
                messages.warning(request, f"It asks {there}: the secrets of a PBX that uses it are sent there.")
            return redirect("format-own", slug=added.slug)
    return render(request, "web/format-add.html", context)


def _chosen(request: HttpRequest) -> AddingChoices:
    name = request.POST.get("name", "")
    return choices(name=name, replace="replace" in request.POST, even_so="even-so" in request.POST)


def _sent(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Misconfigured(Problem("no file was chosen", "the form came without one", help="choose one"))
    return bytes(file.read(SHARED_BYTES + 1))
