"""Importing a file in the browser: choose it, see what its import would give, import it, take it back.

A form without scripts sends a file in one request, which has a limit; the script of the page sends it in pieces by the
API. Both come to the same upload, and nothing of that is stored before somebody says so.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.dry_run import Upload, UploadStage
from tollbook.model.health import ImportState
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.web.pbxs import importing
from tollbook.web.pbxs.pages import pbx_named
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs

_SHOWN = 50
_UNREADABLE = "even-if-unreadable"


@needs("pbxs.see")
def imports(request: HttpRequest, name: str) -> HttpResponse:
    """The imports of a PBX, and the form for another one."""
    pbx = pbx_named(name)
    context: dict[str, Any] = {"pbx": pbx, "piece": importing.LARGEST_PIECE, "is_added": "added" in request.GET}
    if request.method == "POST":
        if not may(request, "pbxs.change"):
            raise PermissionDenied
        try:
            return redirect("pbx-upload", name=name, upload=_taken(request, name))
        except Misconfigured as fault:
            context["problems"] = fault.problems
    found = engine().imports.of(name, _SHOWN)
    context |= {"imports": found, "changing": any(not each.done for each in found)}
    return render(request, "web/imports.html", context)


def _taken(request: HttpRequest, name: str) -> str:
    """Take the file of a form, which is in memory or in a file by now; returns the key of its upload."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or not file.name:
        raise Misconfigured(Problem("no file was chosen", "the form came without one", help="choose one"))
    uploads = engine().uploads
    key = uploads.begin(name, file.name)
    for piece in file.chunks():
        uploads.take(key, piece)
    uploads.finish(key)
    return key


@needs("pbxs.change")
def upload(request: HttpRequest, name: str, upload: str) -> HttpResponse:
    """What the import of a file would give; then it is imported, or dropped."""
    pbx, there = pbx_named(name), _upload_of(name, upload)
    context: dict[str, Any] = {"pbx": pbx}
    if request.method == "POST":
        try:
            return _acted(request, there)
        except Misconfigured as fault:
            context["problems"] = fault.problems
            there = _upload_of(name, upload)
    if there.body is not None:
        return redirect("pbx-import", name=name, body=there.body)
    working = there.stage in (UploadStage.READING, UploadStage.IMPORTING)
    return render(request, "web/import-upload.html", {**context, "upload": there, "working": working})


def _acted(request: HttpRequest, there: Upload) -> HttpResponse:
    if request.POST.get("act") == "drop":
        engine().uploads.drop(there.upload)
        messages.success(request, f"{there.name} is deleted. Nothing of it was stored.")
        return redirect("pbx-imports", name=there.pbx)
    forced = request.POST.get(_UNREADABLE) == "yes"
    importing.keep(actor_of(request), there.upload, even_if_unreadable=forced)
    return redirect("pbx-upload", name=there.pbx, upload=there.upload)


def _upload_of(pbx: str, key: str) -> Upload:
    try:
        there = engine().uploads.state(key)
    except LookupError as fault:
        raise Http404 from fault
    if there.pbx != pbx:
        raise Http404
    return there


@needs("pbxs.see")
def one(request: HttpRequest, name: str, body: int) -> HttpResponse:
    """How far one import is, and what became of its records."""
    return render(request, "web/import.html", {"pbx": pbx_named(name), "import": _import_of(name, body)})


@needs("pbxs.change")
def undo(request: HttpRequest, name: str, body: int) -> HttpResponse:
    """Ask whether it is meant, then take an import back."""
    context: dict[str, Any] = {"pbx": pbx_named(name), "import": _import_of(name, body)}
    if request.method == "POST":
        try:
            importing.take_back(actor_of(request), body)
        except Misconfigured as fault:
            context["problems"] = fault.problems
        else:
            messages.success(request, f"{context['import'].origin} is taken back.")
            return redirect("pbx-import", name=name, body=body)
    return render(request, "web/import-undo.html", context)


@needs("pbxs.change")
@require_POST
def redo(request: HttpRequest, name: str, body: int) -> HttpResponse:
    """Put an import back that was taken back."""
    there = _import_of(name, body)
    try:
        importing.put_back(actor_of(request), body)
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.")
    else:
        messages.success(request, f"{there.origin} is put back.")
    return redirect("pbx-import", name=name, body=body)


def _import_of(pbx: str, body: int) -> ImportState:
    try:
        with importing.known():
            there = engine().import_state(body)
    except NotThere as fault:
        raise Http404 from fault
    if there.pbx != pbx:
        raise Http404
    return there
