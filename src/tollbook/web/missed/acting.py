"""What somebody does with an entry of missed calls, from a page or the API: only with one that they see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC
from uuid import UUID

import msgspec
from django.http import HttpRequest

from tollbook.model.actor import Actor
from tollbook.model.missed import MOST_AT_ONCE, DoneHow
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site.missed import operations
from tollbook.site.missed.operations import FollowedEntry
from tollbook.store.missed_questions import MissedEntry, entries_of, entry_of
from tollbook.web.asking import recent_of
from tollbook.web.missed.asked import AskedMissed, question
from tollbook.web.missed.shown import ShownMissed, shown_entries
from tollbook.web.people.actors import actor_of

Act = Callable[[Actor, FollowedEntry, str], object]
ACTS: Mapping[str, Act] = {
    "claim": lambda actor, entry, _: operations.claim(actor, entry),
    "release": lambda actor, entry, _: operations.release(actor, entry),
    "called": lambda actor, entry, note: operations.set_aside(actor, entry, "called", note),
    "set-aside": lambda actor, entry, note: operations.set_aside(actor, entry, "set aside", note),
    "reopen": lambda actor, entry, _: operations.reopen(actor, entry),
}
"""What can be done, by the last word of the address."""


def act(request: HttpRequest, call: UUID, word: str, note: str = "") -> ShownMissed:
    """Do something with the entry that a missed call is part of; return it as it is then.

    Raises `NotThere` for a call that is in no entry that whoever asks may see, and `Misconfigured`.
    """
    entry = _found(request, call)
    if entry.closed_how and word != "release":
        reason = f"the caller {'was called back' if entry.closed_how == 'called back' else 'got through'} meanwhile"
        raise Misconfigured(Problem("this entry is done already", reason, help="its state follows from the calls"))
    ACTS[word](actor_of(request), _followed(entry), note)
    return shown_entries(recent_of(request), [_found(request, call)])[0]


class DoneTogether(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries were set aside together, and how many were left: done meanwhile, or not to be seen any more."""

    done: int
    left: int


def act_on_many(request: HttpRequest, calls: Collection[UUID], how: DoneHow, note: str) -> DoneTogether:
    """Say of the entries of some missed calls that they are done; those that are so already are left as they are.

    Raises `Misconfigured`, also where no call is given or too many are.
    """
    if not 1 <= len(calls) <= MOST_AT_ONCE:
        what = "no call is marked" if not calls else "too many calls are marked"
        raise Misconfigured(Problem(what, f"got {len(calls)}", help=f"mark 1 to {MOST_AT_ONCE}"))
    found = entries_of(recent_of(request), question(AskedMissed(state="all")), calls)
    open_ones = [each for each in found if not each.is_done]
    if open_ones:
        operations.set_many_aside(actor_of(request), [_followed(each) for each in open_ones], how, note)
    meant = {call for each in found for call in each.calls}
    left = len(found) - len(open_ones) + len(set(calls) - meant)
    return DoneTogether(done=len(open_ones), left=left)


def _followed(entry: MissedEntry) -> FollowedEntry:
    return FollowedEntry(calls=entry.calls, id=entry.id, missed_at=entry.first_at.replace(tzinfo=UTC))


def done_how(text: str) -> DoneHow:
    """Return how an entry is done by its word; raises `Misconfigured`."""
    words: tuple[DoneHow, ...] = ("called", "set aside")
    found = next((each for each in words if each == text), None)
    if found is None:
        reason = f"got {text[:40]!r}"
        raise Misconfigured(Problem(f"'how' must be one of {', '.join(words)}", reason, help=nearest(text, words)))
    return found


def _found(request: HttpRequest, call: UUID) -> MissedEntry:
    entry = entry_of(recent_of(request), question(AskedMissed(state="all")), call)
    if entry is None:
        reason = "it is not among those you may see, was answered after all, or is older than what is looked at"
        raise NotThere(Problem(f"no entry has the missed call {call}", reason, help="`tollbook missed list` has them"))
    return entry
