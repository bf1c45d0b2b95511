"""Pages of calls that stand still while calls arrive: each begins after the last call of the one before.

A cursor names a call's place in the order, not a number of calls to leave out. That of the first page also holds how
far the feed of changes went then, so that what comes later moves nothing.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tollbook.model.problem import Misconfigured, Problem
from tollbook.store import questions
from tollbook.store.filters import ALL, Where
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery, form_of, window
from tollbook.store.questions import CallListing


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """The last call of a page: its start (ISO 8601), its id, and the last change when the first page was asked for."""

    started_at: str
    id: str
    until: int


class ChangedPage(msgspec.Struct, frozen=True):
    """Calls new or altered, ids of calls gone, the cursor to go on by, and how many changes there are after it."""

    calls: list[dict[str, Any]]
    gone: list[str]
    next: str
    behind: int


def page(ledger: Ledger, where: Where, cursor: str, most: int) -> tuple[list[dict[str, Any]], str | None]:
    """Return calls from a cursor on, newest first, and the cursor of the page after; raises `Misconfigured`."""
    place = _read(cursor) if cursor else None
    until = place.until if place else ledger.position().last
    where = where.and_("change <= $until", until=until)
    if place:
        moment = datetime.fromisoformat(place.started_at)
        after = "(started_at < $moment OR started_at = $moment AND id < $last)"
        where = where.and_(after, moment=moment, last=UUID(place.id))
    found = list(questions.calls(ledger, CallListing(where=where, order="-started_at", limit=most + 1)))
    if len(found) <= most:
        return found, None
    last = found[most - 1]
    return found[:most], _written(_Place(last["started_at"].removesuffix("Z"), last["id"], until))


def changes(ledger: Ledger, cursor: str, most: int) -> ChangedPage:
    """Return changes after a cursor; raises `Misconfigured` for one of a store that is no more."""
    epoch, _, number = cursor.partition(".")
    there = ledger.position()
    after = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else -1  # noqa: PLR2004 - fits BIGINT
    if not cursor:
        epoch, after = str(there.epoch), 0
    if epoch != str(there.epoch) or after < 0:
        reason = "it was made by another store: this one was made anew, and its changes are counted from the first"
        raise Misconfigured(Problem("the cursor means nothing here", reason, help="begin again without 'after'"))
    form = form_of(ledger, "tollbook", ALL)
    position, found = window(ledger, form, ChangeQuery(after=after, most=most))
    if found is None:
        return ChangedPage([], [], f"{epoch}.{after}", max(position.last - after, 0))
    with closing(found):
        keys = [UUID(row[0]).bytes for row in found.rows()]
        calls = {call["id"]: call for call in questions.calls_by_keys(ledger, keys)}
        rows = [calls[str(UUID(bytes=key))] for key in keys if str(UUID(bytes=key)) in calls]
        return ChangedPage(rows, found.gone, f"{epoch}.{found.upto}", position.last - found.upto)


def _written(place: _Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode("ascii").rstrip("=")


def _read(cursor: str) -> _Place:
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=="), type=_Place)
        UUID(place.id)
        zone = datetime.fromisoformat(place.started_at).tzinfo
    except (ValueError, binascii.Error, msgspec.DecodeError) as fault:
        raise _not_ours() from fault
    if zone is not None or not 0 <= place.until < 1 << 63:
        raise _not_ours()
    return place


def _not_ours() -> Misconfigured:
    hint = "take it from 'next' of the page before, or leave it out to begin"
    return Misconfigured(Problem("'cursor' is none of ours", "it cannot be read", help=hint))
