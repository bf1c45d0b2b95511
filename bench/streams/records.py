"""The records that PBXs send, made beforehand, and the moments at which each of many PBXs sends one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count, islice
from pathlib import Path

import msgspec

from tollbook.simulator.history import rows
from tollbook.simulator.office import Office
from tollbook.simulator.row import CallRow, Quoting, Style, write

_SEED = 4
_BEGIN = datetime(2025, 12, 1, 14, tzinfo=UTC)
_SPAN = timedelta(days=30)
"""Without a change of the clocks, so that wall times tell the order of the calls."""
_SPARE = 20
"""One call more for so many, in place of transfers, which are fewer."""
_CODES = 9000
_SLOWEST = 0.2
"""Of the PBXs' paces, where the fastest is 1."""

QUOTED = Style()
BARE = Style(quoting=Quoting.BARE)


class Due(msgspec.Struct, frozen=True):
    """One record of many PBXs': the seconds after the start at which it is sent, and the number of its PBX."""

    at_s: float
    pbx: int


def calls(number: int) -> list[CallRow]:
    """Return so many calls, in the order of their ends; no two have the same id, as those of a transfer would."""
    made = rows(Office(seed=_SEED), start=_BEGIN, end=_BEGIN + _SPAN, calls=number + number // _SPARE + _SPARE)
    return list(islice({row.unique_id: row for row in made}.values(), number))


def with_codes(made: Iterable[CallRow]) -> Iterator[CallRow]:
    """Yield calls with an account code each: without quotes, their lines begin with a digit."""
    for code, row in zip(count(), made):
        yield row._replace(account_code=str(1000 + code % _CODES))


def write_lines(path: Path, made: Iterable[CallRow], style: Style = QUOTED) -> Path:
    """Write calls as the lines that a PBX sends, each ended by a line feed."""
    path.write_bytes(b"".join(write(row, style) for row in made))
    return path


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of such a file without their ends."""
    return path.read_bytes().split(b"\n")[:-1]


def plan(records: int, pbxs: int, lasting_s: float) -> list[Due]:
    """Return when which PBX sends a record, in order: each at random moments, and at a pace of its own.

    >>> plan(3, 2, 60) == plan(3, 2, 60)
    True
    >>> [due.at_s for due in plan(3, 2, 60)] == sorted(due.at_s for due in plan(3, 2, 60))
    True
    """
    chance = random.Random(f"{_SEED} crowd")
    paces = list(accumulate(chance.uniform(_SLOWEST, 1) for _ in range(pbxs)))
    moments = sorted(chance.uniform(0, lasting_s) for _ in range(records))
    return [
        Due(moment, pbx)
        for moment, pbx in zip(moments, chance.choices(range(pbxs), cum_weights=paces, k=records), strict=True)
    ]
