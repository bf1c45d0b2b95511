"""`/api/imports`: files of records, taken in pieces; each piece is on the disk when its request is answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from ninja import Router

from tollbook.engine import runtime
from tollbook.model.limits import LONGEST_ORIGIN
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs import operations as pbxs
from tollbook.web.api.listing import answer, read_words
from tollbook.web.people.actors import actor_of

router = Router(tags=["imports"])

LARGEST_PIECE = 8 << 20
"""Bytes of one request."""


@router.post("/imports", summary="Begin an import")
def begin(request: HttpRequest, pbx: str, name: str) -> HttpResponse:
    """Begin to import a file of a PBX; returns the number to send its bytes to."""
    read_words(request, ("pbx", "name"))
    if not 0 < len(name) <= LONGEST_ORIGIN:
        reason = f"it has {len(name)} characters of 1 to {LONGEST_ORIGIN}"
        raise Misconfigured(Problem("'name' must be the name of a file", reason))
    body = runtime.engine().begin_import(pbxs.find(pbx).name, name)
    audit.record(actor_of(request), "pbx.import", pbx, {"file": ["", name]})
    return answer({"body": body}, 201)


@router.put("/imports/{body}", summary="Send bytes of an import", openapi_extra={
    "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
})  # fmt: skip
def take(request: HttpRequest, body: int) -> HttpResponse:
    """Take the file's next bytes, at most 8 MiB; they are on the disk when this is answered."""
    read_words(request, ())
    # `request.body` has a limit of its own, made for forms.
    data = request.read(LARGEST_PIECE + 1)
    if len(data) > LARGEST_PIECE:
        reason = f"at most {LARGEST_PIECE} bytes are taken at once"
        raise Misconfigured(Problem("a piece is too large", reason, help="send the file in several pieces, in order"))
    with _under_way(body):
        runtime.engine().take(body, data)
    return answer({"taken": len(data)})


@router.post("/imports/{body}/finish", summary="End an import")
def finish(request: HttpRequest, body: int, cut: str = "") -> HttpResponse:
    """Say that the file is complete, or with `cut` why it is not."""
    read_words(request, ("cut",))
    with _under_way(body):
        runtime.engine().finish_import(body, cut=cut)
        return answer(runtime.engine().import_state(body))


@router.get("/imports/{body}", summary="How far an import is")
def state(request: HttpRequest, body: int) -> HttpResponse:
    """Say how far an import is, and what became of its records."""
    read_words(request, ())
    with _under_way(body):
        return answer(runtime.engine().import_state(body))


@contextmanager
def _under_way(body: int) -> Iterator[None]:
    try:
        yield
    except LookupError as fault:
        raise NotThere(
            Problem(f"there is no import {body} to go on with", str(fault), help="begin it again"),
        ) from fault
