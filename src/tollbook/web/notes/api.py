"""`/api/calls/{key}/notes`, tags and private calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.site.notes import operations as notes
from tollbook.site.notes.models import LONGEST_NOTE, LONGEST_TAG
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.notes.noting import check_private, check_seen, told
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs

router = WordRouter(tags=["calls"])


class GivenNote(Schema):
    """What to write on a call."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=2 * LONGEST_NOTE)]


class GivenTags(Schema):
    """The tags that a call is to have, and no others."""

    model_config = ConfigDict(extra="forbid")

    tags: Annotated[list[Annotated[str, Field(max_length=2 * LONGEST_TAG)]], Field(max_length=100)]


class GivenPrivacy(Schema):
    """Whether a call was a private one."""

    model_config = ConfigDict(extra="forbid")

    private: bool


class ShownNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note: who wrote it, when, and when it was changed last (UTC; null: never)."""

    id: int
    text: str
    author: str
    at: datetime
    changed_at: datetime | None


class ShownNotes(msgspec.Struct, frozen=True, kw_only=True):
    """All that is noted on a call."""

    notes: list[ShownNote]
    tags: list[str]
    private: bool


@router.get("/calls/{key}/notes", summary="What is noted on a call", openapi_extra=answers(ShownNotes))
@needs("calls.see")
def notes_of_call(request: HttpRequest, key: UUID) -> HttpResponse:
    """Return the notes on a call, in the order in which they were written, its tags, and whether it is private."""
    check_seen(request, str(key))
    return answer(_shown(str(key)))


@router.post("/calls/{key}/notes", summary="Write a note on a call", openapi_extra=answers(ShownNotes, 201))
@needs("notes.change")
def write_note(request: HttpRequest, key: UUID, note: GivenNote) -> HttpResponse:
    """Write a note on a call; returns all that is noted on it."""
    check_seen(request, str(key))
    notes.write(actor_of(request), str(key), note.text)
    return _told(str(key), 201)


@router.put("/calls/{key}/tags", summary="Set the tags of a call", openapi_extra=answers(ShownNotes))
@needs("notes.change")
def set_tags(request: HttpRequest, key: UUID, given: GivenTags) -> HttpResponse:
    """Have a call bear these tags and no others; returns all that is noted on it."""
    check_seen(request, str(key))
    notes.set_tags(actor_of(request), str(key), given.tags)
    return _told(str(key))


@router.put("/calls/{key}/private", summary="Say that a call was private", openapi_extra=answers(ShownNotes))
@needs("notes.change")
def set_private(request: HttpRequest, key: UUID, given: GivenPrivacy) -> HttpResponse:
    """Say that a call was a private one, or that it was not; returns all that is noted on it."""
    check_seen(request, str(key))
    check_private(request, str(key))
    notes.set_private(actor_of(request), str(key), private=given.private)
    return _told(str(key))


@router.patch("/notes/{number}", summary="Change a note", openapi_extra=answers(ShownNotes))
@needs("notes.change")
def change_note(request: HttpRequest, number: int, note: GivenNote) -> HttpResponse:
    """Change a note of one's own; returns all that is noted on its call."""
    check_seen(request, notes.find(number).call)
    return _told(notes.rewrite(actor_of(request), number, note.text).call)


@router.delete("/notes/{number}", summary="Remove a note", openapi_extra=answers(ShownNotes))
@needs("notes.change")
def remove_note(request: HttpRequest, number: int) -> HttpResponse:
    """Remove a note of one's own, administrators those of anybody; returns what is noted on its call then."""
    check_seen(request, notes.find(number).call)
    gone = notes.remove(actor_of(request), number, of_anybody=may(request, "people.change"))
    return _told(gone.call)


def _told(call: str, status: int = 200) -> HttpResponse:
    told()
    return answer(_shown(call), status)


def _shown(call: str) -> ShownNotes:
    found = notes.of_call(call)
    shown = [
        ShownNote(id=each.id, text=each.text, author=each.author, at=each.at, changed_at=each.changed_at)
        for each in found.notes
    ]
    return ShownNotes(notes=shown, tags=list(found.tags), private=found.private)
