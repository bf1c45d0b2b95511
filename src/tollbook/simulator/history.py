"""A plausible past for an office: any number of call records between two instants.

Records come in the order in which a PBX writes them, that is by the end of the call; the
ends follow the hours of an office week in the PBX's own zone. Everything is drawn from one
seeded generator. What could be drawn slowly (durations, wall times) comes from tables made
once: a million rows take seconds.

In an office without `twins` no two lines are alike, in any style.
"""

import random
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from tollbook.simulator import office as place
from tollbook.simulator.office import Office
from tollbook.simulator.packing import MASTER, Packing, pack
from tollbook.simulator.row import NO_ANSWERED, CallRow, Style, WallClock, head, writer

_HOUR_S = 3600
_LONGEST_S = 4 * _HOUR_S
_TRANSFERRED_AT_MOST_S = 1200
_BLOCK = 2000

_ANSWERED, _BUSY, _FAILED = "ANSWERED", "BUSY", "FAILED"
_STATUSES = (_ANSWERED, NO_ANSWERED, _BUSY, _FAILED)
_INCOMING_SHARES = (0.80, 0.95, 0.98)
_OUTGOING_SHARES = (0.72, 0.88, 0.96)
_INTERNAL_SHARES = (0.78, 0.93, 0.99)


def _durations(median_s: float, spread: float) -> tuple[int, ...]:
    """Evenly spaced quantiles of a log-normal duration, in whole seconds."""
    normal = NormalDist()
    draws = (median_s * 2.718281828 ** (spread * normal.inv_cdf((n + 0.5) / 4096)) for n in range(4096))
    return tuple(min(_LONGEST_S, max(1, round(draw))) for draw in draws)


_TALKS = _durations(95, 1.15)
_RINGS = tuple(min(ring, 60) for ring in _durations(7, 0.6))


class _Call(NamedTuple):
    """Who calls whom by which channels: the first eight columns of a row, and what they mean."""

    account_code: str
    caller: str
    callee: str
    source: str
    destination: str
    feature: str
    application: str
    arguments: str
    direction: str
    extension: str
    trunk: str
    status: str


class _HandedOn(NamedTuple):
    """A call handed on to another extension, not ended yet."""

    source: str
    trunk: str
    unique_id: str
    since_s: int


class Switchboard:
    """The office's people making calls: asked for a call that ends at an instant, gives its row."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.clock = WallClock(office.zone)
        chance = random.Random(office.seed)  # noqa: S311 - plausible calls, not secrets
        self._share, self._bits = chance.random, chance.getrandbits
        self._devices = tuple(office.devices().items())
        self._sequence = 0
        self._transfers: deque[_HandedOn] = deque()
        self._second = -1
        self._told: list[CallRow] = []
        kinds: tuple[tuple[float, Callable[[], _Call]], ...] = (
            (39, self._incoming),
            (34, self._outgoing),
            (19, self._internal),
            (2, self._transit),
            (1.5, self._door),
            (3, self._voicemail),
            (1, self._paging),
            (0.5, self._meeting),
        )
        self._kinds = tuple(kind for _, kind in kinds)
        self._shares = tuple(accumulate(weight / 100 for weight, _ in kinds))[:-1]

    def ended(self, epoch_s: int) -> CallRow:
        """The record of some call that ended at this instant; instants must not go back."""
        row = self._draw(epoch_s)
        if epoch_s != self._second:
            self._second, self._told = epoch_s, [row]
            return row
        # A bare unique id leaves only the other columns to tell two rows apart.
        while any(row[:14] == other[:14] for other in self._told):
            row = self._draw(epoch_s)
        self._told.append(row)
        return row

    def _draw(self, end_s: int) -> CallRow:
        transfers = self._transfers
        if transfers and end_s - transfers[0].since_s > 20 and self._share() < 0.5:  # noqa: PLR2004 - seconds, a chance
            return self._transferred(transfers.popleft(), end_s)
        call = self._kinds[bisect(self._shares, self._share())]()
        ring_s, talk_s = self._lasting(call.status)
        start_s = end_s - ring_s - talk_s
        self._sequence += 1
        row = self._dated(call, start_s, (ring_s, talk_s), f"{start_s}.{self._sequence}")
        if call.direction == "incoming" and talk_s > 5 and self._share() < 0.05:  # noqa: PLR2004 - as above
            transfers.append(_HandedOn(call.source, call.trunk, row.unique_id, end_s))
        return row

    def _lasting(self, status: str) -> tuple[int, int]:
        """Ring and talk seconds of a call with this status."""
        draw = self._share
        ring_s = _RINGS[int(draw() * 4096)]
        if status == _ANSWERED:
            return ring_s, _TALKS[int(draw() * 4096)]
        if status == NO_ANSWERED:
            return min(60, 12 + 2 * ring_s), 0
        return int(draw() * 4), 0

    def _dated(self, call: _Call, start_s: int, lasting: tuple[int, int], unique_id: str) -> CallRow:
        ring_s, talk_s = lasting
        total_s = ring_s + talk_s
        status, text = call.status, self.clock.text
        start = text(start_s)
        return CallRow(
            *call[:8],
            start,
            text(start_s + ring_s) if status == _ANSWERED else "",
            text(start_s + total_s) if total_s else start,
            str(total_s),
            str(talk_s),
            status,
            unique_id,
            call.direction,
            call.extension,
            call.trunk,
            start_s,
        )

    def _transferred(self, transfer: _HandedOn, end_s: int) -> CallRow:
        """The second part of a call after a blind transfer: the caller is a star."""
        extension, device = self._phone()
        call = _Call(
            "", "*", extension, transfer.source, self._channel(device), "", "Dial",
            f"{device},30,", "incoming", extension, transfer.trunk, _ANSWERED,
        )  # fmt: skip
        start_s = max(transfer.since_s, end_s - _TRANSFERRED_AT_MOST_S)
        ring_s = min(_RINGS[int(self._share() * 4096)], end_s - start_s - 1)
        lasting = ring_s, end_s - start_s - ring_s
        return self._dated(call, start_s, lasting, transfer.unique_id)

    def _phone(self) -> tuple[str, str]:
        """An extension and its device, the first ones busier than the last."""
        devices = self._devices
        return devices[int(self._share() ** 1.4 * len(devices))]

    def _channel(self, device: str) -> str:
        if device[0] == "D":
            return f"{device}-1"
        return f"{device}-{self._bits(32):08x}"

    def _trunk(self) -> str:
        draw = self._share()
        if draw < 0.6:  # noqa: PLR2004 - the SIP trunk carries most calls
            return place.SIP_TRUNK
        return place.ANALOG_TRUNKS[int((draw - 0.6) * 10)]

    def _outside(self, numbers: tuple[str, ...]) -> str:
        """A number, the first ones far more often than the last."""
        return numbers[int(self._share() ** 2 * len(numbers))]

    def _caller_id(self) -> str:
        return "" if self._share() < 0.04 else self._outside(place.CALLERS)  # noqa: PLR2004 - withheld

    def _status(self, shares: tuple[float, ...]) -> str:
        return _STATUSES[bisect(shares, self._share())]

    def _incoming(self) -> _Call:
        (extension, device), trunk = self._phone(), self._trunk()
        status = self._status(_INCOMING_SHARES)
        return _Call(
            "", self._caller_id(), extension, self._channel(trunk),
            "" if status == _FAILED else self._channel(device), "", "Dial", f"{device},30,",
            "incoming", extension, trunk, status,
        )  # fmt: skip

    def _outgoing(self) -> _Call:
        (extension, device), trunk = self._phone(), self._trunk()
        number, status = self._outside(place.DIALLED), self._status(_OUTGOING_SHARES)
        draw = self._share()
        code = place.ACCOUNT_CODES[int(draw * 30)] if draw < 0.2 else ""  # noqa: PLR2004 - a fifth
        return _Call(
            code, extension, number, self._channel(device),
            "" if status == _FAILED else self._channel(trunk), "", "Dial", _dial(trunk, number),
            "outgoing", extension, trunk, status,
        )  # fmt: skip

    def _internal(self) -> _Call:
        (extension, device), (called, answering) = self._phone(), self._phone()
        status = _BUSY if called == extension else self._status(_INTERNAL_SHARES)
        return _Call(
            "", extension, called, self._channel(device),
            "" if status in {_BUSY, _FAILED} else self._channel(answering), "", "Dial",
            f"{answering},30,", "internal", extension, "", status,
        )  # fmt: skip

    def _transit(self) -> _Call:
        number = self._outside(place.DIALLED)
        trunk = place.ANALOG_TRUNKS[int(self._share() * 4)]
        return _Call(
            "", self._caller_id(), number, self._channel(trunk), self._channel(place.SIP_TRUNK),
            "", "Dial", _dial(place.SIP_TRUNK, number), "transit", "", trunk,
            self._status(_OUTGOING_SHARES[:2]),
        )  # fmt: skip

    def _door(self) -> _Call:
        extension, device = self._devices[int(self._share() * 3)]
        return _Call(
            "", "33", extension, self._channel(place.DOORPHONE), self._channel(device), "",
            "Dial", f"{device},30,", "internal", extension, "", self._status((0.7,)),
        )  # fmt: skip

    def _voicemail(self) -> _Call:
        extension, device = self._phone()
        if self._share() < 0.4:  # noqa: PLR2004 - somebody hears their messages
            return _Call(
                "", extension, place.VOICEMAIL, self._channel(device), "", "Voicemail",
                "VoiceMailMain", f"{extension}@default", "internal", extension, "", _ANSWERED,
            )  # fmt: skip
        trunk = self._trunk()
        return _Call(
            "", self._caller_id(), place.VOICEMAIL, self._channel(trunk), "", "Voicemail",
            "VoiceMail", f"{extension}@default,u", "incoming", place.VOICEMAIL, trunk, _ANSWERED,
        )  # fmt: skip

    def _paging(self) -> _Call:
        (extension, device), (_, heard) = self._phone(), self._phone()
        return _Call(
            "", extension, place.PAGING, self._channel(device), "", "Paging", "Page",
            f"{heard}&SIP/desk101,,10", "internal", extension, "", _ANSWERED,
        )  # fmt: skip

    def _meeting(self) -> _Call:
        extension, device = self._phone()
        return _Call(
            "", extension, place.MEETME, self._channel(device), "", "MeetMe", "MeetMe", "1,d",
            "internal", extension, "", _ANSWERED,
        )  # fmt: skip


def _dial(trunk: str, number: str) -> str:
    if trunk == place.SIP_TRUNK:
        return f"SIP/{number}@carrier1_,60,"
    return f"{trunk}/{number},60,"


def rows(office: Office, *, start: datetime, end: datetime, calls: int) -> Iterator[CallRow]:
    """Exactly `calls` records of calls that ended between two aware instants, as they ended."""
    exchange = Switchboard(office)
    draw = random.Random(f"{office.seed} twins").random  # noqa: S311 - plausible, not secret
    left = calls
    for end_s in ends(office, start=start, end=end, calls=calls):
        if left <= 0:
            return
        row = exchange.ended(end_s)
        yield row
        left -= 1
        if office.twins and left and draw() < office.twins:
            yield row
            left -= 1


def ends(office: Office, *, start: datetime, end: datetime, calls: int) -> Iterator[int]:
    """Epoch seconds at which calls end, rising, spread over the office's weeks."""
    noise = random.Random(f"{office.seed} hours")  # noqa: S311 - plausible, not secret
    first, last = int(start.timestamp()), int(end.timestamp())
    hours = [
        (at, min(at + _HOUR_S, last), _busyness(office.zone, at) * noise.lognormvariate(0, 0.25))
        for at in range(first, last, _HOUR_S)
    ]
    whole = sum(weight * (until - at) for at, until, weight in hours)
    reached, given = 0.0, 0
    for at, until, weight in hours:
        reached += weight * (until - at)
        due = round(calls * reached / whole) - given
        given += due
        yield from sorted(at + int(noise.random() * (until - at)) for _ in range(due))


def _busyness(zone: ZoneInfo, epoch_s: int) -> float:
    local = datetime.fromtimestamp(epoch_s, zone)
    weekday = local.weekday()
    hours = place.HOUR_SHAPE[weekday > 4]  # noqa: PLR2004 - Saturday and Sunday
    return place.DAY_SHAPE[weekday] * hours[local.hour]


class HistoryFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of calls that ended within `span` before `until`, an aware instant."""

    out: Path
    until: datetime
    rows: int = 100_000
    span: timedelta = timedelta(days=90)
    office: Office = Office()
    style: Style = Style()
    packing: Packing = Packing.TEXT


def write_history(history: HistoryFile) -> int:
    """Write the file, in order of the calls' ends; returns its size in bytes."""
    start = history.until - history.span
    records = rows(history.office, start=start, end=history.until, calls=history.rows)
    return write_blocks(file_bytes(records, history.style), history.out, history.packing, history.until)


def write_blocks(blocks: Iterator[bytes], out: Path, packing: Packing, until: datetime) -> int:
    """Write a file of records that was last changed at an aware instant; returns its size in bytes."""
    if packing is not Packing.TEXT:
        return out.write_bytes(pack(packing, MASTER, b"".join(blocks), until))
    with out.open("wb") as file:
        return sum(file.write(block) for block in blocks)


def file_bytes(records: Iterator[CallRow], style: Style) -> Iterator[bytes]:
    """A whole Master.csv, in blocks of some thousand rows."""
    line, block = writer(style), [head(style)]
    for row in records:
        block.append(line(row))
        if len(block) > _BLOCK:
            yield b"".join(block)
            block.clear()
    yield b"".join(block)
