"""Places at their centre: one is added with a code that is good once, and joins with it for a token of its own.

Code and token are random and kept as digests: who reads the database can join as nobody. A code ends after a day. A
place that joins again gets another token, and the one before opens nothing from then on.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.page_limits import PLACES
from tollbook.model.place import GROUP, Joined, PlaceHealth
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.places.models import PlaceRecord

CODE_LASTS = timedelta(hours=24)
_NAME = re.compile(r"[^\W_][\w .-]{0,59}")
_CODE_BYTES, _GROUP_LETTERS = 15, 4
_TOKEN_BEGINS = "tollbook_place_"  # noqa: S105 - so that a scanner for lost secrets knows one
_LONGEST = 200


class AddedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place that may join: its code, which is told this once, and until when it is good."""

    name: str
    group: str
    code: str
    code_ends_at: datetime


def every() -> list[PlaceRecord]:
    """Return every place by name."""
    return list(PlaceRecord.objects.all())


def find(name: str) -> PlaceRecord:
    """Return a place; raises `NotThere`."""
    found = PlaceRecord.objects.filter(name=name).first()
    if found:
        return found
    names = PlaceRecord.objects.values_list("name", flat=True)
    raise NotThere(Problem(f"no place is called {name!r}", "this centre has no such place", help=nearest(name, names)))


@transaction.atomic
def add(actor: Actor, name: str, group: str = "") -> AddedPlace:
    """Let a place join; returns the code for it. Raises `Misconfigured` with every fault."""
    problems = [each for text, what in ((name, "place"), (group or GROUP, "group")) for each in name_faults(text, what)]
    if PlaceRecord.objects.filter(name__iexact=name).exists():
        help_ = f"for another code: tollbook place code {name!r}"
        problems.append(Problem(f"there is a place called {name!r} already", "a name stands for one place", help=help_))
    if PlaceRecord.objects.count() >= PLACES:
        problems.append(Problem(f"a centre has {PLACES} places at most", "there are as many", help="remove one first"))
    if problems:
        raise Misconfigured(*problems)
    made = PlaceRecord(name=name, group=group or GROUP)
    audit.record(actor, "place.add", name, {"group": ["", made.group]})
    return _with_code(made)


@transaction.atomic
def renew_code(actor: Actor, name: str) -> AddedPlace:
    """Return another code for a place that is to join, or to join again; its token is good until it does."""
    found = find(name)
    audit.record(actor, "place.code", name)
    return _with_code(found)


@transaction.atomic
def remove(actor: Actor, name: str) -> PlaceRecord:
    """Know a place no longer: its token opens nothing from now on. Raises `NotThere`."""
    gone = find(name)
    PlaceRecord.objects.filter(name=name).delete()
    audit.record(actor, "place.remove", name)
    return gone


@transaction.atomic
def join(code: str, address: str) -> Joined:
    """Take a place in that has a code, and return its token; raises `NotAllowed` for a code that opens nothing."""
    found = PlaceRecord.objects.filter(code_digest=_digest(_plain(code))).first() if len(code) <= _LONGEST else None
    if found is None or found.code_ends_at is None or found.code_ends_at <= clock.now():
        help_ = "make another at the centre: tollbook place code NAME, or on its page Places"
        raise NotAllowed(Problem("this code opens nothing", "it was used already, or its day is over", help=help_))
    token = _TOKEN_BEGINS + secrets.token_urlsafe(32)
    found.code_digest, found.code_ends_at = "", None
    found.token_digest, found.joined_at = _digest(token), clock.now()
    found.save(update_fields=["code_digest", "code_ends_at", "token_digest", "joined_at"])
    audit.record(Actor(kind="program", name=found.name, address=address), "place.join", found.name)
    return Joined(name=found.name, token=token)


@transaction.atomic
def leave(place: PlaceRecord, address: str) -> None:
    """Let a place's token open nothing, as the place asked; it stays in the list until somebody removes it."""
    PlaceRecord.objects.filter(pk=place.pk).update(token_digest="")
    audit.record(Actor(kind="program", name=place.name, address=address), "place.leave", place.name)


def known(token: str) -> PlaceRecord | None:
    """Return the place that has a token; None for one that there is not."""
    if not token.startswith(_TOKEN_BEGINS) or len(token) > _LONGEST:
        return None
    return PlaceRecord.objects.filter(token_digest=_digest(token)).first()


def note_health(place: PlaceRecord, health: PlaceHealth) -> None:
    """Keep how a place says it is, in the place of what it said before."""
    now = clock.now()
    PlaceRecord.objects.filter(pk=place.pk).update(
        heard_at=now,
        clock_s=(health.at - now).total_seconds(),
        health=msgspec.to_builtins(health),
    )


def _with_code(place: PlaceRecord) -> AddedPlace:
    letters = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    code = "-".join(letters[at : at + _GROUP_LETTERS] for at in range(0, len(letters), _GROUP_LETTERS))
    ends = clock.now() + CODE_LASTS
    place.code_digest, place.code_ends_at = _digest(letters), ends
    place.save()
    return AddedPlace(name=place.name, group=place.group, code=code, code_ends_at=ends)


def _plain(code: str) -> str:
    """Return a code as it is kept, however it was typed.

    >>> _plain(" abcd-efgh ")
    'ABCDEFGH'
    """
    return "".join(code.split()).replace("-", "").upper()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def name_faults(name: str, what: str) -> list[Problem]:
    """Return why a text cannot be the name of a place or a group."""
    if _NAME.fullmatch(name) and name == name.strip():
        return []
    reason = "it is 1 to 60 letters, digits, blanks and . - _, and begins with a letter or digit"
    return [Problem(f"{name[:80]!r} cannot be the name of a {what}", reason, help="for example 'Hamburg'")]
