"""What a page and the API do alike with imports: each change has its line in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from django.http import HttpRequest

from tollbook.engine import runtime
from tollbook.model.actor import Actor
from tollbook.model.dry_run import Upload, refusal
from tollbook.model.health import ImportState
from tollbook.model.limits import LONGEST_ORIGIN
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.audit import operations as audit

MOST_LISTED = 200
"""Imports of a PBX that are listed."""


LARGEST_PIECE = 8 << 20
"""Bytes of one request."""


class TakenBytes(msgspec.Struct, frozen=True):
    """How many bytes a request brought."""

    taken: int


def check_name(name: str) -> None:
    """Raise `Misconfigured` for a file's name that is none."""
    if not 0 < len(name) <= LONGEST_ORIGIN:
        reason = f"it has {len(name)} characters of 1 to {LONGEST_ORIGIN}"
        raise Misconfigured(Problem("'name' must be the name of a file", reason))


def piece_of(request: HttpRequest) -> bytes:
    """Return the bytes that a request carries, at most 8 MiB; `request.body` has a limit of its own, made for forms."""
    data = request.read(LARGEST_PIECE + 1)
    if len(data) > LARGEST_PIECE:
        reason = f"at most {LARGEST_PIECE} bytes are taken at once"
        raise Misconfigured(Problem("a piece is too large", reason, help="send the file in several pieces, in order"))
    return data


def keep(actor: Actor, upload: str, *, even_if_unreadable: bool) -> Upload:
    """Import a file that was read; raises `Misconfigured` where nothing of it can be and that is not meant."""
    uploads = runtime.engine().uploads
    with uploaded():
        there = uploads.state(upload)
        if there.found and not there.found.readable and not even_if_unreadable:
            raise Misconfigured(refusal(there.name, there.pbx, there.found))
        uploads.keep(upload)
        audit.record(actor, "pbx.import", there.pbx, {"file": ["", there.name]})
        return uploads.state(upload)


@contextmanager
def uploaded() -> Iterator[None]:
    """Raise `NotThere` where an upload is asked for that there is not, or that is not as far."""
    try:
        yield
    except LookupError as fault:
        raise NotThere(Problem("the upload cannot be gone on with", str(fault), help="begin it again")) from fault


def take_back(actor: Actor, body: int) -> ImportState:
    """Take an import back; raises `NotThere` for one there is not, `Misconfigured` where it cannot be."""
    with known():
        before = runtime.engine().import_state(body)
        runtime.engine().imports.take_back(body)
    _record(actor, "pbx.import-undo", before)
    return runtime.engine().import_state(body)


def put_back(actor: Actor, body: int) -> ImportState:
    """Put an import back that was taken back; raises as `take_back` does."""
    with known():
        runtime.engine().imports.put_back(body)
    after = runtime.engine().import_state(body)
    _record(actor, "pbx.import-redo", after)
    return after


def _record(actor: Actor, action: str, state: ImportState) -> None:
    audit.record(actor, action, state.pbx, {"import": ["", str(state.body)], "file": ["", state.origin]})


@contextmanager
def known() -> Iterator[None]:
    """Raise `NotThere` where an import is asked for that there is not."""
    try:
        yield
    except LookupError as fault:
        hint = "`tollbook imports list` shows those there are"
        raise NotThere(Problem(str(fault), "no import has that number", help=hint)) from fault
