"""How places stand beside the set-up that is handed down to them, for pages and the API."""

from __future__ import annotations

import msgspec

from tollbook import clock
from tollbook.site.places import operations
from tollbook.site.places.groups import group_named, groups
from tollbook.site.places.models import PlaceRecord
from tollbook.site.places.standing import PlaceStanding, standing_of
from tollbook.web.places.bundles import BUNDLES


class ShownPlaceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group of places: what is handed down to them, the digest of that, and why it is not where it is not."""

    name: str
    parts: list[str]
    places: int
    bundle: str = ""
    fault: str = ""


def standings() -> list[PlaceStanding]:
    """Return how every place stands, those that need somebody first."""
    return standing_of(operations.every(), clock.now(), _digests())


def standing(place: PlaceRecord) -> PlaceStanding:
    """Return how one place stands."""
    parts = group_named(place.group).parts
    return standing_of([place], clock.now(), {place.group: BUNDLES.of(parts).digest})[0]


def shown_groups() -> list[ShownPlaceGroup]:
    """Return every group by name."""
    counts: dict[str, int] = {}
    for each in operations.every():
        counts[each.group] = counts.get(each.group, 0) + 1
    return [shown_group(each.name, counts.get(each.name, 0)) for each in groups()]


def shown_group(name: str, places: int) -> ShownPlaceGroup:
    """Return a group that has so many places."""
    parts = group_named(name).parts
    bundle = BUNDLES.of(parts)
    return ShownPlaceGroup(name=name, parts=list(parts), places=places, bundle=bundle.digest, fault=bundle.fault)


def _digests() -> dict[str, str]:
    return {each.name: BUNDLES.of(each.parts).digest for each in groups()}
