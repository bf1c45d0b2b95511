"""The burst: one PBX sends all it has over one connection, to Tollbook and to its peers in turn.

Measured is the time from the first record's leaving the PBX until the last is kept, as it is seen from outside.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.processes import cpu_s
from bench.scene import Fact, Result, Scene, SubjectFailed
from bench.serving import Server, new_site, running
from bench.streams import burst_peers, records
from bench.streams.far_side import FarSide, listening
from bench.streams.kept import Kept
from bench.streams.watching import Progress, add_pbxs, listed, look_every, progress
from bench.tables import Table, count, duration
from tollbook.clock import monotonic_s

_LOOK_S = 0.05
_LONGEST_S = 120.0
_COLUMNS = ("what", "lines kept", "time", "lines/s", "CPU", "what it does not do")


def measure(scene: Scene) -> Result:
    """Let Tollbook take the burst, then its peers."""
    scene.say(f"streams: making {count(scene.sizes.burst_lines)} lines")
    made = records.calls(scene.sizes.burst_lines)
    lines = records.write_lines(scene.folder / "burst.txt", made)
    coded = records.write_lines(scene.folder / "burst-coded.txt", records.with_codes(made), records.BARE)
    del made
    ours = _tollbook(scene, lines)
    rows = [*ours, *burst_peers.all_of(scene, lines, coded)]
    stored = ours[-1]
    return Result(tables=[_table(scene, rows)], facts={Fact.BURST_RATE: stored.lines / (stored.seconds or _LONGEST_S)})


def _tollbook(scene: Scene, lines: Path) -> list[Kept]:
    scene.say("streams: burst, Tollbook")
    site = scene.folder / "burst"
    password = new_site(site)
    with listening(lines) as far, running(site, password) as server, server.by_token() as client:
        add_pbxs(client, {0: far.ports[0]})
        far.wait_until_connected()
        journalled, stored = _followed(scene, server, far, lines)
        found = [call.call_id for call in listed(client)]
    if not len(found) == len(set(found)) == scene.sizes.burst_lines:
        message = f"Tollbook stored {len(found)} calls, {len(set(found))} different, of {scene.sizes.burst_lines}"
        raise SubjectFailed(message)
    return [journalled, stored]


class _Seen(msgspec.Struct, frozen=True):
    """What was seen, when, and the processor time used until then."""

    at: float
    cpu_s: float
    progress: Progress


def _followed(scene: Scene, server: Server, far: FarSide, lines: Path) -> tuple[Kept, Kept]:
    """Have the burst sent and look on until all of it is in the store."""
    size, number, seen = lines.stat().st_size, scene.sizes.burst_lines, list[_Seen]()
    cpu_before = cpu_s(server.pid)
    with server.by_token() as client:

        def is_stored() -> bool:
            found = progress(client)
            seen.append(_Seen(monotonic_s(), cpu_s(server.pid) - cpu_before, found))
            return found.calls >= number and found.bytes_taken >= size

        far.go()
        if not look_every(_LOOK_S, _LONGEST_S, is_stored):
            message = f"after {_LONGEST_S:g} s Tollbook had stored {seen[-1].progress.calls} of {number} calls"
            raise SubjectFailed(message)
    begun = far.sent_at()[0]
    journalled = next(each for each in seen if each.progress.bytes_taken >= size)
    return (
        Kept(
            name="Tollbook: in the journal",
            lines=number,
            seconds=journalled.at - begun,
            cpu_s=journalled.cpu_s,
            lacks="on the disk with fsync; the store fills at the same time",
        ),
        Kept(
            name="Tollbook: in the store",
            lines=number,
            seconds=seen[-1].at - begun,
            cpu_s=seen[-1].cpu_s,
            lacks="parsing, time zone, direction, replays: all done, and every call can be asked for",
        ),
    )


def _table(scene: Scene, rows: list[Kept]) -> Table:
    size = count((scene.folder / "burst.txt").stat().st_size / 1e6)
    return Table(
        title=f"A burst of {count(scene.sizes.burst_lines)} lines ({size} MB) over one TCP connection",
        columns=_COLUMNS,
        words=frozenset(("what", "what it does not do")),
        rows=[_row(row) for row in rows],
        notes=(
            "From the first record's leaving the PBX until the last is kept; Tollbook is asked for it every 50 ms.",
            "CPU is that of the process that takes the lines, and its children; the PBX is one of its own.",
            "Kept are lines that can be found again whole.",
            *burst_peers.NOTES,
        ),
    )


def _row(kept: Kept) -> tuple[str, ...]:
    if kept.seconds is None:
        return (kept.name, "-", "-", "-", "-", kept.lacks)
    speed = (duration(kept.seconds), count(kept.lines / kept.seconds)) if kept.lines else ("-", "-")
    return (kept.name, count(kept.lines), *speed, duration(kept.cpu_s), kept.lacks)
