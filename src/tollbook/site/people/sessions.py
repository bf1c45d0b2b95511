"""Where a person is signed in: each session with when it began, from where, and by what program."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.site.audit import operations as audit

_MARK = 20
BEGUN = "begun"
"""What a session notes of its beginning: `at` (seconds since 1970), `address` and `program`."""


class SignedInSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session of a person: when it began (UTC; None where that was not noted), from where, and by what program.

    `mark` tells it from others and opens nothing.
    """

    mark: str
    begun_at: datetime | None
    address: str
    program: str


def sessions_of(user: User) -> list[SignedInSession]:
    """Return where a person is signed in, the latest first."""
    found = [_value(each.session_key, each.get_decoded().get(BEGUN, {})) for each in _of(user)]
    return sorted(found, key=lambda each: each.begun_at or datetime.min.replace(tzinfo=UTC), reverse=True)


def end_sessions(user: User, but: str = "") -> int:
    """Sign a person out everywhere but in one session; returns how many were ended."""
    ended = [each.session_key for each in _of(user) if each.session_key != but]
    Session.objects.filter(session_key__in=ended).delete()
    return len(ended)


def end_session(actor: Actor, user: User, mark: str) -> bool:
    """End one session of a person by its mark; says whether there was one."""
    found = [each.session_key for each in _of(user) if mark_of(each.session_key) == mark]
    Session.objects.filter(session_key__in=found).delete()
    if found:
        audit.record(actor, "person.sign-out", user.username)
    return bool(found)


def mark_of(key: str | None) -> str:
    """Return the mark of a session with a key."""
    return hashlib.sha256((key or "").encode()).hexdigest()[:_MARK]


def _of(user: User) -> Iterator[Session]:
    """Yield the sessions of a person; a session names its person only within, so each is opened."""
    running = Session.objects.filter(expire_date__gt=clock.now())
    return (each for each in running.iterator() if each.get_decoded().get(SESSION_KEY) == str(user.pk))


def _value(key: str, begun: dict[str, object]) -> SignedInSession:
    at = begun.get("at")
    return SignedInSession(
        mark=mark_of(key),
        begun_at=datetime.fromtimestamp(at, UTC) if isinstance(at, int) else None,
        address=str(begun.get("address", "")),
        program=str(begun.get("program", "")),
    )
