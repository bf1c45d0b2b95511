"""Shows what a PBX that streams sends, as it arrives: record by record with what became of each, or byte by byte."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from tollbook.cli.exits import Exit, say
from tollbook.cli.output import shown, write_text
from tollbook.model.health import State
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import seconds

if TYPE_CHECKING:
    from tollbook.cli.client import Client

_LONGEST_S = 600
_THERE = (State.WORKING, State.WAITING)


class ArrivalsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """For how many seconds to look on, and whether to show bytes rather than records."""

    seconds: int
    raw: bool = False


def read_time(text: str) -> int:
    """Return a stretch of time in seconds, 0 for none; raises `Misconfigured`.

    >>> read_time("30s"), read_time("2m"), read_time("")
    (30, 120, 0)
    """
    if not text:
        return 0
    try:
        return int(seconds(1, _LONGEST_S).read(text))
    except ValueError as fault:
        raise Misconfigured(
            Problem(f"'--for' must be {fault}", f"got {text!r}", help="for example --for 30s"),
        ) from None


def show(client: Client, pbx: Mapping[str, Any], wanted: ArrivalsWanted) -> Exit:
    """Print what arrives until the time is over; found wrong is a PBX that is not there in the end."""
    name = pbx["name"]
    if not pbx["stream"]:
        reason = f"its source is {pbx['source']}, which asks or fetches"
        hint = f"`tollbook pbx test {name}` asks it now"
        raise Misconfigured(Problem(f"{name} does not stream", reason, help=hint))
    say(f"what {name} sends in the next {wanted.seconds} s is shown, and kept as at any time")
    pieces = client.pieces(f"/api/pbxs/{quote(name, safe='')}/arrivals", {"seconds": str(wanted.seconds)})
    return _shown(_lines(pieces), wanted)


def _lines(pieces: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    from tollbook.cli.client import lines

    return lines(iter(pieces))


def _shown(arriving: Iterable[dict[str, Any]], wanted: ArrivalsWanted) -> Exit:
    state, records, arrivals = State.STARTING, 0, 0
    for each in arriving:
        if "health" in each:
            state = State(each["health"]["state"])
            say(f"{state.words}: {shown(each['health']['message'])}")
            continue
        arrivals += 1
        records += len(each["shown"]["records"])
        _write(each["shown"], wanted)
    say(f"{arrivals} arrivals, {records} records")
    return Exit.WELL if state in _THERE else Exit.FOUND


def _write(arrived: Mapping[str, Any], wanted: ArrivalsWanted) -> None:
    moment = arrived["at"][11:23]
    if wanted.raw:
        for line in arrived["raw"].splitlines():
            write_text(f"{moment}  {shown(line)}")
        return
    for record in arrived["records"]:
        write_text(f"{moment}  {record['number']:>4}  {shown(record['told'])}")
        write_text(f"{'':20}{shown(record['raw'])}")
