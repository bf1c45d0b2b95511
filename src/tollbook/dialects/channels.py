"""Direction, extension and trunk from the two channels of a call, as Asterisk-based PBXs write them.

A channel's text says what is behind it (a trunk, a door phone, an extension); the layout declares those shapes.
The roles of the calling and the called side give the direction by table. Nothing is guessed where a table or the
owner's settings can say it.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tollbook.dialects.layout import Channel
from tollbook.dialects.memo import Memo
from tollbook.model.call import Direction

TRUNK, DOORPHONE, EXTENSION, NOTHING = "trunk", "doorphone", "extension", ""
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


class Ends:
    """Tells what is behind a channel, from the layout's shapes and the owner's two lists."""

    def __init__(self, shapes: list[Channel], trunk_ids: frozenset[str], extensions: dict[str, str]) -> None:
        self._shapes = [(re.compile(shape.match), shape.role, shape.name) for shape in shapes]
        self._trunk_ids = trunk_ids
        self._extensions = extensions
        self.known = Memo(self._tell)

    def column(self, channels: list[str]) -> list[End]:
        """Return what is behind each channel; the part after the last hyphen is the PBX's own and says nothing."""
        known = self.known
        return [known[channel.rpartition("-")[0] or channel] for channel in channels]

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


def derive(columns: dict[str, list[Any]], ends: Ends) -> dict[str, list[str]]:
    """Return the columns direction, extension, trunk and device for calls with both channels."""
    sources = ends.column(columns["source_channel"])
    targets = ends.column(columns["destination_channel"])
    if not all(columns["destination_channel"]):
        targets = _reached_for(columns, targets, ends)
    directions = [
        _DIRECTION[source.role == TRUNK, target.role == TRUNK] for source, target in zip(sources, targets, strict=True)
    ]
    told = [
        _SIDE[direction](source, target, caller, called)
        for direction, source, target, caller, called in zip(
            directions, sources, targets, columns["caller"], columns["called"], strict=True
        )
    ]
    return {
        "direction": directions,
        "extension": [extension for extension, _, _ in told],
        "trunk": [trunk for _, trunk, _ in told],
        "device": [
            (target or source) if side == "target" else (source or target)
            for (_, _, side), source, target in zip(
                told, columns["source_channel"], columns["destination_channel"], strict=True
            )
        ],
    }


def _reached_for(columns: dict[str, list[Any]], targets: list[End], ends: Ends) -> list[End]:
    """Fill in what a call that reached no channel was meant for: the device it dialled, or the number's length."""
    return [
        target if channel else _meant(ends, called, option1, option2)
        for target, channel, called, option1, option2 in zip(
            targets,
            columns["destination_channel"],
            columns["called"],
            columns["option1"],
            columns["option2"],
            strict=True,
        )
    ]


def _meant(ends: Ends, called: str, option1: str, option2: str) -> End:
    for option in (option2, option1):
        device = option.partition(",")[0]
        if "/" in device:
            return ends.known[device]
    digits = called.lstrip("+")
    outside = digits.isdigit() and len(digits) > LONGEST_EXTENSION
    return End(TRUNK if outside else NOTHING, "")


def _incoming(source: End, target: End, _caller: str, called: str) -> tuple[str, str, str]:
    return target.name or called, source.name, "target"


def _outgoing(source: End, target: End, caller: str, _called: str) -> tuple[str, str, str]:
    return source.name or _number(caller), target.name, "source"


def _transit(source: End, _target: End, _caller: str, _called: str) -> tuple[str, str, str]:
    return "", source.name, "source"


def _internal(source: End, target: End, caller: str, called: str) -> tuple[str, str, str]:
    if source.role == DOORPHONE:
        return target.name or called, "", "source"
    return source.name or _number(caller), "", "source"


def _number(caller: str) -> str:
    """A blind transfer writes `*` for the caller, which is nobody's extension."""
    return "" if caller == "*" else caller


_SIDE = {
    Direction.INCOMING.value: _incoming,
    Direction.OUTGOING.value: _outgoing,
    Direction.TRANSIT.value: _transit,
    Direction.INTERNAL.value: _internal,
}
