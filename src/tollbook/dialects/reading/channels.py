"""Direction, extension and trunk from the two channels of a call, as Asterisk-based PBXs write them.

A channel's text says what is behind it (a trunk, a door phone, an extension); the layout declares those shapes.
Where a shape leaves it open, since trunks and telephones are named alike, the layout's rules give `source_role` and
`target_role` by what else the record holds; without either it is a telephone. The roles of the calling and the called
side give the direction by table. Nothing is guessed where a table or the owner's settings can say it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.dialects.layout.layout import Channel
from tollbook.dialects.layout.patterns import compiled
from tollbook.dialects.reading.memo import MOST, Memo
from tollbook.dialects.reading.rules import FieldColumns
from tollbook.model.outcome import Direction
from tollbook.model.texts import FEW, Texts, choose, same_texts, texts_of

TRUNK, DOORPHONE, EXTENSION, EITHER, NOTHING = "trunk", "doorphone", "extension", "either", ""
ROLES = (TRUNK, DOORPHONE, EXTENSION, EITHER)
"""What a layout may say is behind a channel; `EITHER` is a trunk or an extension."""
SIDES = (TRUNK, EXTENSION)
"""What a rule may say is behind such a channel, as `source_role` or `target_role`."""
BLIND_TRANSFER = "*"
"""What is written for the caller of a call that was transferred unannounced; it is nobody's extension."""
_USUAL_TAIL = 12
"""Bytes from a channel's end in which its last hyphen is looked for in all channels at once, not in one by one."""
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

    def __init__(
        self,
        shapes: list[Channel],
        trunk_ids: frozenset[str],
        extensions: dict[str, str],
        *,
        trusted: bool,
    ) -> None:
        self._shapes = [(compiled(shape.match, trusted=trusted), shape.role, shape.name) for shape in shapes]
        self._trunk_ids = trunk_ids
        self._extensions = extensions
        self._ends = Memo(self._tell)
        self.undecided = any(shape.role == EITHER for shape in shapes)
        """Whether some shape leaves open what is behind a channel."""
        self.routes = Routes(self.end)

    def end(self, channel: str) -> End:
        """Return what is behind a channel, given without the part after its last hyphen."""
        return self._ends[channel]

    def _tell(self, channel: str) -> End:
        user = channel.partition("/")[2]
        if user in self._trunk_ids or channel in self._trunk_ids:
            return End(TRUNK, user)
        if channel in self._extensions:
            return End(EXTENSION, self._extensions[channel])
        for pattern, role, name in self._shapes:
            match = pattern.match(channel)
            if match:
                return self._named(role, match.expand(name), user)
        return End(EXTENSION if channel else NOTHING, "")

    def _named(self, role: str, name: str, user: str) -> End:
        if role in (EXTENSION, EITHER) and user in self._extensions:
            return End(EXTENSION, self._extensions[user])
        return End(role, name)


class Sides(NamedTuple):
    """The two channels of a call, without the parts after their last hyphens, and what rules say is behind each."""

    source: str
    target: str
    source_role: str
    target_role: str


class Routes(dict[Sides, Route]):
    """What two channels make of a call; worked out once for each pair."""

    def __init__(self, end: Callable[[str], End]) -> None:
        super().__init__()
        self._end = end

    def __missing__(self, sides: Sides) -> Route:
        """Work a pair out and keep it."""
        if len(self) >= MOST:
            self.clear()
        source = decided(self._end(sides.source), sides.source_role)
        route = self[sides] = routed(source, decided(self._end(sides.target), sides.target_role))
        return route


def decided(end: End, role: str) -> End:
    """Return an end that may be a trunk or an extension as what rules say it is; a telephone where they say nothing."""
    return End(role or EXTENSION, end.name) if end.role == EITHER else end


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


def derive(columns: FieldColumns, ends: Ends) -> dict[str, Texts]:
    """Return the columns direction, extension, called, trunk and device for calls with both channels, and any `ddi`.

    A number longer than an extension, or a trunk's own, is nobody's here: one that an outside caller dialled is the
    `ddi`. Where a line brings no number, its caller is taken to have called the extension that was reached. A trunk
    that rules name stays.
    """
    source, target = columns["source_channel"], columns["destination_channel"]
    caller, called = columns["caller"], columns["called"]
    numbers, routes = _routed(columns, ends)

    def by_route(name: str) -> Texts:
        return texts_of([getattr(route, name) for route in routes], source.letters)[numbers]

    def where(name: str, value: str) -> npt.NDArray[np.bool_]:
        return np.array([getattr(route, name) == value for route in routes], np.bool_)[numbers]

    nobody = (caller.lengths == len(BLIND_TRANSFER)) & (caller.edges()[0] == ord(BLIND_TRANSFER))
    by_number = choose(where("number", "called"), called, caller.without(nobody | where("number", "")))
    trunk = choose(columns["trunk"].lengths > 0, columns["trunk"], by_route("trunk"))
    incoming = where("direction", Direction.INCOMING.value)
    by_number = by_number.without((by_number.lengths > LONGEST_EXTENSION) | (incoming & same_texts(by_number, trunk)))
    extension = choose(where("extension", ""), by_number, by_route("extension"))
    found = {
        "direction": by_route("direction"),
        "extension": extension,
        "called": choose(incoming & (called.lengths == 0), extension, called),
        "trunk": trunk,
        "device": choose(where("device", "source_channel"), source, target),
    }
    dialled_in = incoming & ((called.lengths > LONGEST_EXTENSION) | same_texts(called, trunk))
    return {**found, "ddi": called.without(~dialled_in)} if dialled_in.any() else found


def _routed(columns: FieldColumns, ends: Ends) -> tuple[npt.NDArray[np.intp], list[Route]]:
    """Return the routes that occur, and before them each call's place among them.

    A call that reached no channel is routed by what it was meant for: the device dialled, or the number's length.
    """
    sources, source_texts = _bare(columns["source_channel"]).numbered()
    targets, target_texts = _bare(columns["destination_channel"]).numbered()
    calling, called, roles = _roles(columns, ends)
    choices, width = len(roles), len(target_texts)
    keys = ((sources * width + targets) * choices + calling) * choices + called
    pairs, numbers = np.unique(keys, return_inverse=True)
    routes = []
    for key in pairs.tolist():
        pair, roles_of = divmod(key, choices * choices)
        source, target = source_texts[pair // width], target_texts[pair % width]
        routes.append(ends.routes[Sides(source, target, roles[roles_of // choices], roles[roles_of % choices])])
    reached_none = np.flatnonzero(columns["destination_channel"].lengths == 0)
    if len(reached_none):
        callers = [
            decided(ends.end(source_texts[number]), roles[role])
            for number, role in zip(sources[reached_none].tolist(), calling[reached_none].tolist(), strict=True)
        ]
        told = zip(callers, *(columns[name][reached_none] for name in ("option1", "option2", "called")), strict=True)
        meant = [
            _dialled(ends, option1, option2) or _by_number(caller, called) for caller, option1, option2, called in told
        ]
        places: dict[Route, int] = {}
        numbers[reached_none] = [
            len(routes) + places.setdefault(routed(*each), len(places)) for each in zip(callers, meant, strict=True)
        ]
        routes += places
    return numbers, routes


Numbered = npt.NDArray[np.intp]


def _roles(columns: FieldColumns, ends: Ends) -> tuple[Numbered, Numbered, list[str]]:
    """Return what rules say is behind each side's channel, as places in a list of roles."""
    if not ends.undecided:
        return (nothing := np.zeros(columns.rows, np.intp)), nothing, [NOTHING]
    roles = {NOTHING: 0, TRUNK: 1, EXTENSION: 2}
    sides = [columns.numbered(name) for name in ("source_role", "target_role")]
    calling, called = (np.array([roles.get(text, 0) for text in texts], np.intp)[places] for places, texts in sides)
    return np.where((calling == 0) & _by_own_name(columns), roles[TRUNK], calling), called, list(roles)


def _by_own_name(columns: FieldColumns) -> npt.NDArray[np.bool_]:
    """Say which callers called their own channel's name with another's long number: no telephone does."""
    rows = np.flatnonzero((columns["caller"].lengths > LONGEST_EXTENSION) & (columns["called"].lengths > 0))
    channels, called, callers = (columns[name][rows] for name in ("source_channel", "called", "caller"))
    channels = _bare(channels)
    # What a channel ends in behind its slash, as long as the number called.
    starts = channels.ends - called.lengths
    slashes = np.frombuffer(channels.letters.data, np.uint8)[np.maximum(starts - 1, 0)] == ord("/")
    behind = np.flatnonzero((starts > channels.starts) & slashes)
    names = Texts(channels.letters, starts[behind], channels.ends[behind])
    found = np.zeros(columns.rows, np.bool_)
    found[rows[behind]] = same_texts(names, called[behind]) & ~same_texts(called[behind], callers[behind])
    return found


def _bare(channels: Texts) -> Texts:
    """Take off each channel's last hyphen and what follows it, unless nothing would be left."""
    ends = channels.ends.copy()
    data = np.frombuffer(channels.letters.data, np.uint8)
    rows, places = np.flatnonzero(channels.lengths), ends[channels.lengths > 0] - 1
    for _ in range(_USUAL_TAIL if len(rows) > FEW else 0):
        hyphens = data[places] == ord("-")
        ends[rows[hyphens]] = places[hyphens]
        further = ~hyphens & (places > channels.starts[rows])
        rows, places = rows[further], places[further] - 1
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        hyphen = channels.letters.data.rfind(b"-", int(channels.starts[row]), place + 1)
        ends[row] = hyphen if hyphen >= 0 else ends[row]
    return Texts(channels.letters, channels.starts, np.where(ends > channels.starts, ends, channels.ends))


def _dialled(ends: Ends, *options: str) -> End | None:
    """Return what is behind the first device that was dialled, as the arguments of the dialling show it."""
    for option in options:
        technology, mark, rest = option.partition(",")[0].partition("&")[0].partition("/")
        if mark:
            device, number = _device(technology, rest)
            return decided(ends.end(f"{technology}/{device}"), TRUNK if number else "")
    return None


def _device(technology: str, text: str) -> tuple[str, str]:
    """Return the device in what is dialled over a technology, and the number dialled through it.

    >>> _device("DAHDI", "4/2125550142"), _device("SIP", "2125550142@acme"), _device("SIP", "reception")
    (('4', '2125550142'), ('acme', '2125550142'), ('reception', ''))
    >>> _device("PJSIP", "102/sip:102@192.0.2.7:5060"), _device("Local", "102@from-queue/n")
    (('102', ''), ('102@from-queue', ''))
    """
    if technology == "Local":
        return text.partition("/")[0], ""
    device = text.partition("/sip:")[0].partition("/sips:")[0]
    number, mark, trunk = device.rpartition("@")
    if mark:
        return trunk.partition("/")[0], number
    device, _, number = device.partition("/")
    return device, number


def _by_number(caller: End, called: str) -> End:
    """Return what a number was meant for: the outside, if it is a long one that was not dialled from there."""
    digits = called.lstrip("+")
    outside = caller.role != TRUNK and digits.isdigit() and len(digits) > LONGEST_EXTENSION
    return End(TRUNK if outside else NOTHING, "")
