"""Groups of places: which parts of the centre's set-up are handed down to which places."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.place import GROUP, PARTS, PlaceGroup
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.places.models import PlaceGroupRecord, PlaceRecord
from tollbook.site.places.operations import find, name_faults


def group_named(name: str) -> PlaceGroup:
    """Return a group; to one of which nothing is kept nothing is handed down."""
    found = PlaceGroupRecord.objects.filter(name=name).first()
    return PlaceGroup(name=name, parts=tuple(each for each in PARTS if each in found.parts)) if found else _empty(name)


def groups() -> list[PlaceGroup]:
    """Return every group that has a place, or of which something is kept, by name."""
    names = {GROUP, *PlaceRecord.objects.values_list("group", flat=True)}
    kept = {each.name for each in PlaceGroupRecord.objects.all()}
    return [group_named(name) for name in sorted(names | kept)]


@transaction.atomic
def hand_down(actor: Actor, name: str, parts: Collection[str]) -> PlaceGroup:
    """Say what is handed down to the places of a group; raises `Misconfigured` with every fault."""
    problems = list(name_faults(name, "group"))
    problems += [
        Problem(f"no part of a set-up is called {each[:40]!r}", "it cannot be handed down", help=nearest(each, PARTS))
        for each in parts
        if each not in PARTS
    ]
    if problems:
        raise Misconfigured(*problems)
    before, after = group_named(name), PlaceGroup(name=name, parts=tuple(each for each in PARTS if each in parts))
    PlaceGroupRecord.objects.update_or_create(name=name, defaults={"parts": list(after.parts)})
    if before != after:
        audit.record(actor, "place-group.set", name, {"handed down": [" ".join(before.parts), " ".join(after.parts)]})
    return after


@transaction.atomic
def move(actor: Actor, place: str, group: str) -> PlaceRecord:
    """Let a place belong to another group; raises `NotThere`, `Misconfigured`."""
    found, problems = find(place), list(name_faults(group, "group"))
    if problems:
        raise Misconfigured(*problems)
    before, found.group = found.group, group
    found.save(update_fields=["group"])
    audit.record(actor, "place.move", place, {"group": [before, group]})
    return found


def _empty(name: str) -> PlaceGroup:
    return PlaceGroup(name=name)
