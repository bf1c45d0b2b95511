"""Groups of places: which parts of the centre's set-up are handed down to them, and which version they should have."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.place import GROUP, PARTS, VERSION, PlaceGroup
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.places.models import PlaceGroupRecord, PlaceRecord
from tollbook.site.places.operations import find, name_faults


def group_named(name: str) -> PlaceGroup:
    """Return a group; to one of which nothing is kept nothing is handed down."""
    found = PlaceGroupRecord.objects.filter(name=name).first()
    if found is None:
        return PlaceGroup(name=name)
    return PlaceGroup(name=name, parts=_in_order(found.parts), version=found.version)


def groups() -> list[PlaceGroup]:
    """Return every group that has a place, or of which something is kept, by name."""
    names = {GROUP, *PlaceRecord.objects.values_list("group", flat=True)}
    kept = {each.name for each in PlaceGroupRecord.objects.all()}
    return [group_named(name) for name in sorted(names | kept)]


@transaction.atomic
def hand_down(actor: Actor, name: str, parts: Collection[str]) -> PlaceGroup:
    """Say what is handed down to the places of a group; raises `Misconfigured` with every fault."""
    problems = [
        Problem(f"no part of a set-up is called {each[:40]!r}", "it cannot be handed down", help=nearest(each, PARTS))
        for each in parts
        if each not in PARTS
    ]
    return _keep(actor, msgspec.structs.replace(group_named(name), parts=_in_order(parts)), problems)


@transaction.atomic
def want_version(actor: Actor, name: str, version: str) -> PlaceGroup:
    """Say which version the places of a group should have, empty for any; raises `Misconfigured`."""
    problems = []
    if version and not VERSION.fullmatch(version):
        reason = "it is numbers with dots, and maybe rc and a number behind them"
        problems.append(Problem(f"{version[:40]!r} is no version", reason, help="for example 1.4.0"))
    return _keep(actor, msgspec.structs.replace(group_named(name), version=version), problems)


def _keep(actor: Actor, group: PlaceGroup, problems: list[Problem]) -> PlaceGroup:
    problems = [*name_faults(group.name, "group"), *problems]
    if problems:
        raise Misconfigured(*problems)
    before = group_named(group.name)
    values = {"parts": list(group.parts), "version": group.version}
    PlaceGroupRecord.objects.update_or_create(name=group.name, defaults=values)
    if before != group:
        told = {
            "handed down": [" ".join(before.parts), " ".join(group.parts)],
            "version": [before.version, group.version],
        }
        changes = {field: values for field, values in told.items() if values[0] != values[1]}
        audit.record(actor, "place-group.set", group.name, changes)
    return group


def _in_order(parts: Collection[str]) -> tuple[str, ...]:
    return tuple(each for each in PARTS if each in parts)


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
