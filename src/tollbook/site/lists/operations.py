"""Saved filters and choices of columns: each person's own, seen by nobody else, and gone with the person.

They change nothing of the site, so that the audit has no line of them. A filter is kept in words; it holds no rights,
and means the calls that whoever looks may see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.page_limits import SAVED_FILTERS
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem, nearest
from tollbook.site.lists.models import ListChoiceRecord, SavedFilterRecord
from tollbook.store.filters import ASKED
from tollbook.store.schema import CALL_VIEW

LONGEST_NAME, LONGEST_WORD = 60, 1000
_BESIDE = ("sort", "columns", "size")
"""What a saved filter may hold beside the words of a filter."""


class SavedFilter(msgspec.Struct, frozen=True):
    """A filter by name, in the words of an address."""

    name: str
    words: dict[str, str]


class ListChoice(msgspec.Struct, frozen=True):
    """A person's columns, none where they have chosen none, and their calls a page, 0 likewise."""

    columns: tuple[str, ...] = ()
    size: int = 0


def saved_filters(actor: Actor) -> list[SavedFilter]:
    """Return a person's filters by name; none for anybody who is no person."""
    found = SavedFilterRecord.objects.filter(person__username=actor.name) if actor.kind == "person" else ()
    return [SavedFilter(each.name, each.words) for each in found]


@transaction.atomic
def save_filter(actor: Actor, name: str, words: Mapping[str, str]) -> SavedFilter:
    """Keep a filter, in place of the one of that name; raises `Misconfigured` with every fault."""
    person, name = _person(actor), " ".join(name.split())
    problems = list[Problem]()
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        problems.append(Problem(f"'name' must have 1 to {LONGEST_NAME} letters", f"got {name[:80]!r}"))
    problems += [
        Problem(f"nothing can be filtered by {word!r}", f"known are: {', '.join(ASKED)}", help=nearest(word, ASKED))
        for word in words
        if word not in ASKED and word not in _BESIDE
    ]
    problems += [
        Problem(f"'{word}' is too long", f"{len(text)} characters; {LONGEST_WORD} are taken")
        for word, text in words.items()
        if len(text) > LONGEST_WORD
    ]
    others = SavedFilterRecord.objects.filter(person=person).exclude(name=name)
    if others.count() >= SAVED_FILTERS:
        problems.append(Problem("there are too many saved filters", f"{SAVED_FILTERS} can be kept", help="remove one"))
    if problems:
        raise Misconfigured(*problems)
    SavedFilterRecord.objects.update_or_create(person=person, name=name, defaults={"words": dict(words)})
    return SavedFilter(name, dict(words))


@transaction.atomic
def remove_filter(actor: Actor, name: str) -> SavedFilter:
    """Forget a filter and return what it was, so that it can be saved again; raises `NotThere`."""
    found = SavedFilterRecord.objects.filter(person=_person(actor), name=name).first()
    if found is None:
        raise NotThere(Problem(f"no filter is called {name!r}", "you have saved none of that name"))
    found.delete()
    return SavedFilter(found.name, found.words)


def choice_of(actor: Actor) -> ListChoice:
    """Return what a person has chosen."""
    if actor.kind != "person":
        return ListChoice()
    found = ListChoiceRecord.objects.filter(person__username=actor.name).first()
    return ListChoice(tuple(found.columns), found.size) if found else ListChoice()


@transaction.atomic
def choose(actor: Actor, columns: Collection[str], size: int) -> ListChoice:
    """Keep a person's columns and calls a page; raises `Misconfigured` for a column that there is not."""
    problems = [
        Problem(f"no column is called {name!r}", "a call has no such field", help=nearest(name, CALL_VIEW))
        for name in columns
        if name not in CALL_VIEW
    ]
    if problems:
        raise Misconfigured(*problems)
    chosen = ListChoice(tuple(dict.fromkeys(columns)), size)
    kept = {"columns": list(chosen.columns), "size": chosen.size}
    ListChoiceRecord.objects.update_or_create(person=_person(actor), defaults=kept)
    return chosen


def _person(actor: Actor) -> User:
    found = User.objects.filter(username=actor.name).first() if actor.kind == "person" else None
    if found is None:
        reason = "lists and filters are kept for people who sign in"
        raise NotAllowed(Problem("nothing can be kept for you", reason, help="write the filter into the address"))
    return found
