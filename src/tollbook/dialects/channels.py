"""Direction, extension and trunk from the two channels of a call, as Asterisk-based PBXs write them.

A channel's text says what is behind it (a trunk, a door phone, an extension); the layout declares those shapes.
The roles of the calling and the called side give the direction by table. Nothing is guessed where a table or the
owner's settings can say it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from tollbook.dialects.layout import Channel
from tollbook.dialects.memo import MOST, Memo
from tollbook.model.call import Direction

TRUNK, DOORPHONE, EXTENSION, NOTHING = "trunk", "doorphone", "extension", ""
BLIND_TRANSFER = "*"
"""What is written for the caller of a call that was transferred unannounced; it is nobody's extension."""
LONGEST_EXTENSION = 6
"""Digits; a longer number dialled without any channel for it was meant for the outside."""
_DIRECTION = {
    (True, True): Direction.TRANSIT.value,
    (True, False): Direction.INCOMING.value,
    (False, True): Direction.OUTGOING.value,
    (False, False): Direction.INTERNAL.value,
}


class End(msgspec.Struct, frozen=True):
    """What is behind one channel: its role, and its name (a trunk's number, an extension where known)."""

    role: str
    name: str


class Route(NamedTuple):
    """What two ends make of a call. `extension` is known, or is the number in the column named by `number`.

    `device` names the column with the extension's channel. A tuple, since a batch of them is turned into columns.
    """

    direction: str
    extension: str
    number: str
    trunk: str
    device: str


class Ends:
    """Tells what is behind a channel, from the layout's shapes and the owner's two lists."""

    def __init__(self, shapes: list[Channel], trunk_ids: frozenset[str], extensions: dict[str, str]) -> None:
        self._shapes = [(re.compile(shape.match), shape.role, shape.name) for shape in shapes]
        self._trunk_ids = trunk_ids
        self._extensions = extensions
        self._ends = Memo(self._tell)
        self.routes = Routes(self.end)

    def end(self, channel: str) -> End:
        """Return what is behind a channel, given without the part after its last hyphen."""
        return self._ends[channel]

    def _tell(self, channel: str) -> End:
        user = channel.partition("/")[2]
        if user in self._trunk_ids:
            return End(TRUNK, user)
        for pattern, role, name in self._shapes:
            match = pattern.match(channel)
            if match:
                return self._named(role, match.expand(name), (channel, user))
        return End(EXTENSION if channel else NOTHING, "")

    def _named(self, role: str, name: str, keys: tuple[str, ...]) -> End:
        if role != EXTENSION:
            return End(role, name)
        return End(role, next((self._extensions[key] for key in keys if key in self._extensions), ""))


class Routes(dict[tuple[str, str], Route]):
    """What two channels, without the parts after their last hyphens, make of a call; worked out once for each pair."""

    def __init__(self, end: Callable[[str], End]) -> None:
        super().__init__()
        self._end = end

    def __missing__(self, channels: tuple[str, str]) -> Route:
        """Work a pair out and keep it."""
        if len(self) >= MOST:
            self.clear()
        route = self[channels] = routed(self._end(channels[0]), self._end(channels[1]))
        return route


def routed(source: End, target: End) -> Route:
    """Return what two ends make of a call."""
    direction = _DIRECTION[source.role == TRUNK, target.role == TRUNK]
    return _ROUTES[direction](source, target)


def _incoming(source: End, target: End) -> Route:
    return Route(Direction.INCOMING.value, target.name, "called", source.name, "destination_channel")


def _outgoing(source: End, target: End) -> Route:
    return Route(Direction.OUTGOING.value, source.name, "caller", target.name, "source_channel")


def _transit(source: End, _target: End) -> Route:
    return Route(Direction.TRANSIT.value, "", "", source.name, "source_channel")


def _internal(source: End, target: End) -> Route:
    if source.role == DOORPHONE:
        return Route(Direction.INTERNAL.value, target.name, "called", "", "source_channel")
    return Route(Direction.INTERNAL.value, source.name, "caller", "", "source_channel")


_ROUTES = {
    Direction.INCOMING.value: _incoming,
    Direction.OUTGOING.value: _outgoing,
    Direction.TRANSIT.value: _transit,
    Direction.INTERNAL.value: _internal,
}


def derive(columns: dict[str, Any], ends: Ends) -> dict[str, list[str]]:
    """Return the columns direction, extension, trunk and device for calls with both channels."""
    sources, targets = columns["source_channel"], columns["destination_channel"]
    known = ends.routes
    routes = [
        known[source.rpartition("-")[0] or source, target.rpartition("-")[0] or target]
        for source, target in zip(sources, targets, strict=True)
    ]
    if not all(targets):
        _meant(columns, routes, ends)
    directions, extensions, numbers, trunks, devices = (list(column) for column in zip(*routes, strict=True))
    calling, called = columns["caller"], columns["called"]
    return {
        "direction": directions,
        "extension": [
            extension or (callee if number == "called" else caller if number and caller != BLIND_TRANSFER else "")
            for extension, number, caller, callee in zip(extensions, numbers, calling, called, strict=True)
        ],
        "trunk": trunks,
        "device": [
            source if device == "source_channel" else target
            for device, source, target in zip(devices, sources, targets, strict=True)
        ],
    }


def _meant(columns: dict[str, Any], routes: list[Route], ends: Ends) -> None:
    """Route calls that reached no channel by what they were meant for: the device dialled, or the number's length."""
    for row, target in enumerate(columns["destination_channel"]):
        if not target:
            source = columns["source_channel"][row]
            meant = _dialled(ends, columns["option1"][row], columns["option2"][row]) or _by_number(
                columns["called"][row]
            )
            routes[row] = routed(ends.end(source.rpartition("-")[0] or source), meant)


def _dialled(ends: Ends, *options: str) -> End | None:
    for option in options:
        # `DAHDI/4/2125550142,60,` or `SIP/2125550142@carrier1_,60,`: technology, device, the number dialled over it.
        technology, mark, rest = option.partition(",")[0].partition("&")[0].partition("/")
        if mark:
            return ends.end(f"{technology}/{rest.rpartition('@')[2].partition('/')[0]}")
    return None


def _by_number(called: str) -> End:
    digits = called.lstrip("+")
    outside = digits.isdigit() and len(digits) > LONGEST_EXTENSION
    return End(TRUNK if outside else NOTHING, "")
