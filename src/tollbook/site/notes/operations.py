"""Writing notes and tags on calls, and saying that a call is private. Each change has its line in the audit.

Whoever calls these has looked whether the call may be seen. Whoever subscribed is told, so that calls can be found by
what is noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.notes.models import LONGEST_NOTE, LONGEST_TAG, NoteRecord, PrivateCallRecord, TagRecord
from tollbook.store.noted import NotedCall

MOST_NOTES, MOST_TAGS = 100, 20
"""Of one call."""


class KnownNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note on a call: who wrote it, when, and when it was changed last (UTC; None: never)."""

    id: int
    call: str
    text: str
    author: str
    at: datetime
    changed_at: datetime | None


class NotesOfCall(msgspec.Struct, frozen=True, kw_only=True):
    """All that is noted on a call."""

    notes: tuple[KnownNote, ...] = ()
    tags: tuple[str, ...] = ()
    private: bool = False


def every() -> list[NotedCall]:
    """Return every call on which something is noted, as the store keeps it."""
    words: dict[str, list[str]] = {}
    tags: dict[str, list[str]] = {}
    for call, text in NoteRecord.objects.values_list("call", "text"):
        words.setdefault(str(call), []).append(text)
    for call, tag in TagRecord.objects.values_list("call", "tag"):
        tags.setdefault(str(call), []).append(tag)
    private = {str(call) for call in PrivateCallRecord.objects.values_list("call", flat=True)}
    return [
        NotedCall(
            id=call,
            words="\n".join(words.get(call, ())),
            tags=tuple(tags.get(call, ())),
            private=call in private,
        )
        for call in dict.fromkeys((*words, *tags, *private))
    ]


def of_call(call: str) -> NotesOfCall:
    """Return what is noted on a call, its notes in the order in which they were written."""
    return NotesOfCall(
        notes=tuple(_value(each) for each in NoteRecord.objects.filter(call=call)),
        tags=tuple(TagRecord.objects.filter(call=call).values_list("tag", flat=True)),
        private=PrivateCallRecord.objects.filter(call=call).exists(),
    )


def tags_there_are() -> list[str]:
    """Return every tag that a call has."""
    return list(TagRecord.objects.values_list("tag", flat=True).distinct().order_by("tag"))


@transaction.atomic
def write(actor: Actor, call: str, text: str) -> KnownNote:
    """Write a note on a call; raises `Misconfigured`."""
    text = _checked(text)
    if NoteRecord.objects.filter(call=call).count() >= MOST_NOTES:
        raise Misconfigured(Problem("the call has too many notes", f"{MOST_NOTES} can be kept", help="change one"))
    made = NoteRecord.objects.create(
        call=call, text=text, author=actor.name[:150], author_kind=actor.kind, at=clock.now()
    )
    audit.record(actor, "note.write", call)
    return _value(made)


@transaction.atomic
def rewrite(actor: Actor, number: int, text: str) -> KnownNote:
    """Change a note of one's own; raises `NotThere`, `NotAllowed`, `Misconfigured`."""
    found = _own(actor, number)
    found.text, found.changed_at = _checked(text), clock.now()
    found.save(update_fields=["text", "changed_at"])
    audit.record(actor, "note.change", str(found.call))
    return _value(found)


@transaction.atomic
def remove(actor: Actor, number: int, *, of_anybody: bool = False) -> KnownNote:
    """Remove a note of one's own, or of anybody; raises `NotThere`, `NotAllowed`."""
    found = _own(actor, number, of_anybody=of_anybody)
    gone = _value(found)
    found.delete()
    audit.record(actor, "note.remove", gone.call)
    return gone


@transaction.atomic
def set_tags(actor: Actor, call: str, tags: Sequence[str]) -> tuple[str, ...]:
    """Have a call bear these tags and no others; raises `Misconfigured` with every fault."""
    wanted = tuple(dict.fromkeys(tidied for tag in tags if (tidied := " ".join(tag.lower().split()))))
    problems = [
        Problem(f"{tag[:60]!r} cannot be a tag", f"a tag has up to {LONGEST_TAG} letters, and no comma")
        for tag in wanted
        if len(tag) > LONGEST_TAG or "," in tag or not tag.isprintable() or tag in ("-", "=")
    ]
    if len(wanted) > MOST_TAGS:
        problems.append(Problem("these are too many tags", f"a call can have {MOST_TAGS}, got {len(wanted)}"))
    if problems:
        raise Misconfigured(*problems)
    before = of_call(call).tags
    TagRecord.objects.filter(call=call).exclude(tag__in=wanted).delete()
    for tag in wanted:
        TagRecord.objects.get_or_create(call=call, tag=tag)
    if set(before) != set(wanted):
        audit.record(actor, "note.tags", call, {"tags": [", ".join(before), ", ".join(sorted(wanted))]})
    return tuple(sorted(wanted))


@transaction.atomic
def set_private(actor: Actor, call: str, *, private: bool) -> None:
    """Say that a call was a private one, or that it was not."""
    was = PrivateCallRecord.objects.filter(call=call).exists()
    if private and not was:
        PrivateCallRecord.objects.create(call=call, who=actor.name[:150], at=clock.now())
    elif was and not private:
        PrivateCallRecord.objects.filter(call=call).delete()
    if was != private:
        audit.record(actor, "note.private" if private else "note.not-private", call)


def find(number: int) -> KnownNote:
    """Return a note; raises `NotThere`."""
    return _value(_found(number))


def _own(actor: Actor, number: int, *, of_anybody: bool = False) -> NoteRecord:
    found = _found(number)
    is_own = (found.author, found.author_kind) == (actor.name, actor.kind)
    if not is_own and not of_anybody:
        reason = f"{found.author} wrote it"
        raise NotAllowed(Problem("the note is not yours", reason, help="write one of your own below it"))
    return found


def _found(number: int) -> NoteRecord:
    found = NoteRecord.objects.filter(pk=number).first()
    if found is None:
        raise NotThere(Problem("there is no such note", "somebody has removed it already"))
    return found


def _checked(text: str) -> str:
    tidied = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not tidied:
        raise Misconfigured(Problem("the note is empty", "it has no letters", help="write something"))
    if len(tidied) > LONGEST_NOTE:
        raise Misconfigured(Problem("the note is too long", f"it has {len(tidied)} of {LONGEST_NOTE} letters"))
    return tidied


def _value(record: NoteRecord) -> KnownNote:
    return KnownNote(
        id=record.pk,
        call=str(record.call),
        text=record.text,
        author=record.author,
        at=record.at,
        changed_at=record.changed_at,
    )
