"""How each place stands, as people read it: what is wrong first, then those that are well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from django.db.models import Q

from tollbook.model.health import State
from tollbook.model.place import PlaceHealth
from tollbook.site.places.models import PlaceRecord

SILENT_AFTER = timedelta(minutes=5)
"""A place says each minute how it is; after this time without a word it is told as silent."""
_CLOCK_OFF_S = 60
_LONG_S = 600
_LOW_DISK = 500 << 20
_WRONG = frozenset((State.NOT_REACHABLE, State.NEEDS_ATTENTION, State.NOT_READABLE, State.NO_ROOM))
_MOST_NAMED = 5
_MANY_SILENT = 20


class PlaceState(StrEnum):
    """What can be said of a place in one word; the first needs somebody most."""

    SILENT = "silent"
    TROUBLE = "trouble"
    LEFT = "left"
    WAITING = "waiting"
    WELL = "well"


class SetUpThere(StrEnum):
    """What a place has of the set-up that is handed down to its group."""

    NONE = ""
    CURRENT = "current"
    OLD = "old"
    REFUSED = "refused"


class WantedOfPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """What places of a group should have: the digest of the set-up, and the version of Tollbook."""

    bundle: str = ""
    version: str = ""


class PlaceStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A place as it is listed. Instants are UTC; `troubles` says in sentences what is wrong.

    `behind` counts changes that its sinks have not been handed, `clock_s` by how much its clock is ahead of ours.
    `wanted` is the version that it should have and has not, `update` how it goes with that.
    """

    name: str
    group: str
    state: PlaceState
    troubles: list[str]
    heard_at: datetime | None
    last_record_at: datetime | None = None
    version: str = ""
    behind: int = 0
    rejects: int = 0
    disk_free: int = 0
    disk_size: int = 0
    clock_s: float = 0.0
    set_up: SetUpThere = SetUpThere.NONE
    wanted: str = ""
    update: str = ""

    @property
    def disk_free_gb(self) -> float:
        """The room on its disk."""
        return self.disk_free / 1e9

    @property
    def clock_told(self) -> str:
        """How its clock goes, in words."""
        return clock_told(self.clock_s)

    @property
    def lamp(self) -> str:
        """The state of a PBX that its lamp is drawn like."""
        return _LAMPS.get(self.state, State.NEEDS_ATTENTION).value


_LAMPS = {PlaceState.WELL: State.WORKING, PlaceState.WAITING: State.WAITING, PlaceState.LEFT: State.PAUSED}
_RANKS = list(PlaceState)


def standing_of(places: list[PlaceRecord], now: datetime, wanted: Mapping[str, WantedOfPlaces]) -> list[PlaceStanding]:
    """Return how places stand, those that need somebody first; `wanted` is what they should have, by group."""
    return sorted(
        (_standing(each, now, wanted.get(each.group, WantedOfPlaces())) for each in places),
        key=lambda each: (_RANKS.index(each.state), each.name),
    )


def silences(now: datetime) -> list[str]:
    """Return in a sentence for each which places have joined and have not been heard lately; of many, one for all.

    Many are rather this centre's own network than as many places: nobody wants a message for each.
    """
    since = now - SILENT_AFTER
    never = Q(heard_at=None, joined_at__lte=since)
    joined = PlaceRecord.objects.exclude(token_digest="").defer("health")
    found = list(joined.filter(Q(heard_at__lte=since) | never))
    if len(found) > _MANY_SILENT:
        names = ", ".join(each.name for each in found[:_MOST_NAMED])
        return [f"many places: {len(found)} have not been heard for 5 minutes, {names} among them"]
    return [f"place {each.name}: {_heard(each.heard_at)}" for each in found]


def _heard(moment: datetime | None) -> str:
    return f"it was last heard on {moment:%Y-%m-%d at %H:%M} UTC" if moment else "it has not been heard since it joined"


def health_of(place: PlaceRecord) -> PlaceHealth | None:
    """Return what a place said last of how it is; None where it has said nothing yet."""
    return msgspec.convert(place.health, PlaceHealth) if place.health else None


def _standing(place: PlaceRecord, now: datetime, wanted: WantedOfPlaces) -> PlaceStanding:
    health = health_of(place)
    state, told = _begun(place, now)
    if health is None:
        return PlaceStanding(name=place.name, group=place.group, state=state, troubles=told, heard_at=place.heard_at)
    wrong = _wrong(health, place.clock_s)
    return PlaceStanding(
        name=place.name,
        group=place.group,
        state=PlaceState.TROUBLE if wrong and state is PlaceState.WELL else state,
        troubles=told + wrong,
        heard_at=place.heard_at,
        last_record_at=health.last_record_at,
        version=health.version,
        behind=health.behind,
        rejects=health.rejects,
        disk_free=health.disk_free,
        disk_size=health.disk_size,
        clock_s=place.clock_s,
        set_up=_set_up(health, wanted.bundle),
        wanted=wanted.version if wanted.version != health.version else "",
        update=health.update,
    )


def _set_up(health: PlaceHealth, digest: str) -> SetUpThere:
    if not digest:
        return SetUpThere.NONE
    if health.bundle == digest:
        return SetUpThere.CURRENT
    return SetUpThere.REFUSED if health.bundle_fault else SetUpThere.OLD


def _begun(place: PlaceRecord, now: datetime) -> tuple[PlaceState, list[str]]:
    """Return whether a place has joined and been heard lately, and in words what is wrong with that."""
    if not place.token_digest:
        if place.joined_at:
            return PlaceState.LEFT, ["it has left this centre"]
        is_over = place.code_ends_at is None or place.code_ends_at <= now
        return PlaceState.WAITING, ["its code is over: make another"] if is_over else []
    if place.heard_at is None:
        since = place.joined_at or place.added_at
        is_silent = since + SILENT_AFTER <= now
        return (
            (PlaceState.SILENT, ["it has joined, and has not been heard since"])
            if is_silent
            else (
                PlaceState.WAITING,
                [],
            )
        )
    if place.heard_at + SILENT_AFTER <= now:
        minutes = int((now - place.heard_at).total_seconds() // 60)
        return PlaceState.SILENT, [f"it has not been heard for {_long(minutes)}"]
    return PlaceState.WELL, []


def _long(minutes: int) -> str:
    """Return a time without a word as people say it.

    >>> _long(7), _long(150), _long(3000)
    ('7 minutes', '2 hours', '2 days')
    """
    for unit, size in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"


def clock_told(clock_s: float) -> str:
    """Return how a clock goes beside ours.

    >>> clock_told(0.4), clock_told(-75), clock_told(7300)
    ('right', '75 s behind', '2 hours ahead')
    """
    off_s = round(abs(clock_s))
    if off_s < 1:
        return "right"
    far = _long(off_s // 60) if off_s >= _LONG_S else f"{off_s} s"
    return f"{far} {'ahead' if clock_s > 0 else 'behind'}"


def _wrong(health: PlaceHealth, clock_s: float) -> list[str]:
    told = [f"PBX {each.name}: {each.message or each.state}" for each in health.pbxs if each.state in _WRONG]
    told += health.troubles
    told += [f"sink {each.name}: {each.message or each.state}" for each in health.sinks if each.state in _WRONG]
    if len(told) > _MOST_NAMED:
        told = [*told[:_MOST_NAMED], f"and {len(told) - _MOST_NAMED} more troubles"]
    if health.bundle_fault:
        told.append(f"it did not take the set-up from here: {health.bundle_fault}")
    if health.update_failed:
        told.append(f"it was not updated: {health.update}")
    if health.disk_size and health.disk_free < _LOW_DISK:
        told.append(f"{health.disk_free >> 20} MB are free on its disk")
    if abs(clock_s) > _CLOCK_OFF_S:
        told.append(f"its clock is {clock_told(clock_s)}")
    return told
