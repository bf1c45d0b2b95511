"""`/api/imports`: files of records, taken in pieces; each piece is on the disk when its request is answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Path as PathPart

from tollbook.engine import runtime
from tollbook.model.health import ImportState
from tollbook.model.problem import NotThere, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs import operations as pbxs
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.shapes import BYTES, FILTERS, answers, lists
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.pbxs import importing
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["imports"])

_OF_PBX = {"pbx": FILTERS["pbx"]}
Number = Annotated[int, PathPart(ge=0, lt=1 << 62)]


class BegunImport(msgspec.Struct, frozen=True):
    """The number of an import, to which its bytes are sent."""

    body: int


@router.post("/imports", summary="Begin an import", openapi_extra=answers(BegunImport, 201))
@needs("pbxs.change")
def begin_import(request: HttpRequest, pbx: str, name: str) -> HttpResponse:
    """Begin to import a file of a PBX; returns the number to send its bytes to."""
    importing.check_name(name)
    body = runtime.engine().begin_import(pbxs.find(pbx).name, name)
    audit.record(actor_of(request), "pbx.import", pbx, {"file": ["", name]})
    return answer(BegunImport(body), 201)


@router.put(
    "/imports/{body}",
    summary="Send bytes of an import",
    openapi_extra={**BYTES, **answers(importing.TakenBytes)},
)
@needs("pbxs.change")
def send_import(request: HttpRequest, body: Number) -> HttpResponse:
    """Take the file's next bytes, at most 8 MiB; they are on the disk when this is answered."""
    data = importing.piece_of(request)
    with _under_way(body):
        runtime.engine().take(body, data)
    return answer(importing.TakenBytes(len(data)))


@router.post("/imports/{body}/finish", summary="End an import", openapi_extra=answers(ImportState))
@needs("pbxs.change")
def finish_import(request: HttpRequest, body: Number, cut: str = "") -> HttpResponse:
    """Say that the file is complete, or with `cut` why it is not."""
    with _under_way(body):
        runtime.engine().finish_import(body, cut=cut)
        return answer(runtime.engine().import_state(body))


@router.get("/imports", summary="List imports", openapi_extra=lists(ImportState, words=_OF_PBX))
@needs("pbxs.see")
def list_imports(request: HttpRequest) -> HttpResponseBase:
    """List the last imports of a PBX, or of every PBX that is set up, newest first (`format` as for lists)."""
    words = words_of(request)
    named = [name for name in words.get("pbx", "").split(",") if name]
    pbxs.check_known(*named)
    engine = runtime.engine()
    names = named or list(engine.pbxs())
    found = [state for name in names for state in engine.imports.of(name, importing.MOST_LISTED)]
    rows = map(msgspec.structs.asdict, sorted(found, key=lambda state: -state.body))
    return listed(request, ImportState.__struct_fields__, rows)


@router.get("/imports/{body}", summary="How far an import is", openapi_extra=answers(ImportState))
@needs("pbxs.see")
def show_import(request: HttpRequest, body: Number) -> HttpResponse:
    """Say how far an import is, and what became of its records."""
    with importing.known():
        return answer(runtime.engine().import_state(body))


@router.post("/imports/{body}/undo", summary="Take an import back", openapi_extra=answers(ImportState, 202))
@needs("pbxs.change")
def undo_import(request: HttpRequest, body: Number) -> HttpResponse:
    """Let the calls leave the ledger that came from this import alone; its bytes stay, and `redo` brings them back.

    What its PBX sent is read again for that, without this import: it has left once `done` is true.
    """
    return answer(importing.take_back(actor_of(request), body), 202)


@router.post("/imports/{body}/redo", summary="Put an import back", openapi_extra=answers(ImportState, 202))
@needs("pbxs.change")
def redo_import(request: HttpRequest, body: Number) -> HttpResponse:
    """Let the calls of an import that was taken back come into the ledger again: once `done` is true, they have."""
    return answer(importing.put_back(actor_of(request), body), 202)


@contextmanager
def _under_way(body: int) -> Iterator[None]:
    try:
        yield
    except LookupError as fault:
        raise NotThere(
            Problem(f"there is no import {body} to go on with", str(fault), help="begin it again"),
        ) from fault
