"""How places stand beside the set-up that is handed down to them, for pages and the API."""

from __future__ import annotations

import msgspec

from tollbook import clock
from tollbook.model.place import PlaceGroup
from tollbook.site.places import operations
from tollbook.site.places.groups import group_named, groups
from tollbook.site.places.models import PlaceRecord
from tollbook.site.places.standing import PlaceStanding, WantedOfPlaces, standing_of
from tollbook.web.places.bundles import BUNDLES


class ShownPlaceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group of places: what is handed down to them, the digest of that, and why it is not where it is not.

    `version` is the one that they should have; empty: any.
    """

    name: str
    parts: list[str]
    places: int
    version: str = ""
    bundle: str = ""
    fault: str = ""


def standings() -> list[PlaceStanding]:
    """Return how every place stands, those that need somebody first."""
    return standing_of(operations.every(), clock.now(), {each.name: _wanted(each) for each in groups()})


def standing(place: PlaceRecord) -> PlaceStanding:
    """Return how one place stands."""
    return standing_of([place], clock.now(), {place.group: _wanted(group_named(place.group))})[0]


def shown_groups() -> list[ShownPlaceGroup]:
    """Return every group by name."""
    counts: dict[str, int] = {}
    for each in operations.every():
        counts[each.group] = counts.get(each.group, 0) + 1
    return [shown_group(each.name, counts.get(each.name, 0)) for each in groups()]


def shown_group(name: str, places: int) -> ShownPlaceGroup:
    """Return a group that has so many places."""
    group = group_named(name)
    bundle = BUNDLES.of(group.parts)
    told = {"version": group.version, "bundle": bundle.digest, "fault": bundle.fault}
    return ShownPlaceGroup(name=name, parts=list(group.parts), places=places, **told)


def _wanted(group: PlaceGroup) -> WantedOfPlaces:
    return WantedOfPlaces(bundle=BUNDLES.of(group.parts).digest, version=group.version)
