"""The crowd: hundreds of PBXs connected at once, silent at first, then each sending at its own pace.

How long a record takes is known of each one, by the id that its PBX gave it: from its leaving the PBX until the list
of calls, asked for every 50 ms, shows it. The list is asked for from the oldest call on that it has not shown yet.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import httpx2
import msgspec

from bench.pages import percentile
from bench.processes import Memory, cpu_s, memory
from bench.scene import Fact, Result, Scene, SubjectFailed
from bench.serving import Server, new_site, running
from bench.streams import records
from bench.streams.far_side import FarSide, listening
from bench.streams.watching import add_pbxs, listed, look_every, name_of
from bench.tables import Table, count, duration, megabytes
from tollbook.clock import monotonic_s
from tollbook.simulator.row import CallRow

_LOOK_S = 0.05
_LATE_S = 30.0
"""Seconds after the last record's due time after which the missing ones are given up."""
_LAST_S = 10.0
"""Seconds that the PBXs are given for their last records."""

Key = tuple[str, str]
"""A record's PBX and the id that the PBX gave it."""


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of the crowd's records."""

    sent: int
    stored: int
    keys: int
    lost: list[Key]
    doubled: int
    times_s: list[float]
    cpu_share: float


def measure(scene: Scene) -> Result:
    """Look at the memory of few and of many idle connections, then let all of them send."""
    sizes = scene.sizes
    made = sorted(records.calls(sizes.crowd_records), key=lambda row: (row.start_time, row.unique_id))
    lines = records.write_lines(scene.folder / "crowd.txt", made)
    with listening(lines, sizes.crowd_pbxs, sizes.crowd_s) as far:
        alone, crowded, crowd = _at_work(scene, far, made)
    grown = crowded.rss - alone.rss
    facts = {
        Fact.CROWD_LATEST_S: max(crowd.times_s),
        Fact.CROWD_LOST: float(len(crowd.lost)),
        Fact.CROWD_DOUBLED: float(crowd.doubled),
        Fact.CROWD_BYTES: float(grown),
    }
    return Result(tables=[_table(scene, crowd), _memory_table(scene, alone, crowded)], facts=facts)


def _at_work(scene: Scene, far: FarSide, made: list[CallRow]) -> tuple[Memory, Memory, Crowd]:
    """Serve the site with one PBX, then afresh with all."""
    site = scene.folder / "crowd"
    password = new_site(site)
    ports = dict(enumerate(far.ports))
    with running(site, password) as server, server.by_token() as client:
        add_pbxs(client, {0: ports.pop(0)})
    alone = _idle_memory(scene, far, site, password)
    with running(site, password) as server, server.by_token() as client:
        scene.say(f"streams: adding {len(ports)} PBXs more")
        add_pbxs(client, ports)
    far.wait_until_alone()
    with running(site, password) as server, server.by_token() as client:
        crowded = _settled(scene, server, far, len(far.ports))
        return alone, crowded, _sent(scene, (server, client), far, made)


def _idle_memory(scene: Scene, far: FarSide, site: Path, password: str) -> Memory:
    far.wait_until_alone()
    with running(site, password) as server:
        found = _settled(scene, server, far, 1)
    far.wait_until_alone()
    return found


def _settled(scene: Scene, server: Server, far: FarSide, connections: int) -> Memory:
    far.wait_until_connected(connections)
    scene.say(f"streams: memory with PBXs connected: {count(connections)}; waiting {scene.sizes.idle_s / 2:g} s")
    time.sleep(scene.sizes.idle_s / 2)
    return memory(server.pid)


class _Looking:
    """Looks for records until all have been seen; `seen_at` says when each was first."""

    def __init__(self, client: httpx2.Client, due: dict[Key, str]) -> None:
        self.seen_at: dict[Key, float] = {}
        self._client = client
        self._due = list(due.items())
        self._oldest = 0

    def look(self) -> bool:
        """Look once; say whether all have been seen."""
        found = listed(self._client, self._due[self._oldest][1])
        now_s = monotonic_s()
        for call in found:
            self.seen_at.setdefault((call.pbx, call.call_id), now_s)
        while self._oldest < len(self._due) and self._due[self._oldest][0] in self.seen_at:
            self._oldest += 1
        return self._oldest == len(self._due)


def _sent(scene: Scene, at: tuple[Server, httpx2.Client], far: FarSide, made: list[CallRow]) -> Crowd:
    (server, client), sizes = at, scene.sizes
    plan = records.plan(len(made), sizes.crowd_pbxs, sizes.crowd_s)
    due = {(name_of(each.pbx), row.unique_id): row.start_time for each, row in zip(plan, made, strict=True)}
    scene.say(f"streams: {count(len(made))} records of {sizes.crowd_pbxs} PBXs in {sizes.crowd_s:g} s")
    looking = _Looking(client, due)
    far.wait_until_connected()
    cpu_before, begun = cpu_s(server.pid), monotonic_s()
    far.go()
    look_every(_LOOK_S, sizes.crowd_s + _LATE_S, looking.look)
    cpu_share = (cpu_s(server.pid) - cpu_before) / (monotonic_s() - begun)
    sent_at = dict(zip(due, far.sent_at(), strict=True))
    _check_sent(far.left(_LAST_S))
    times = [looking.seen_at[key] - sent_at[key] for key in due if key in looking.seen_at]
    if not times:
        raise SubjectFailed("not one record of the crowd was stored")
    stored = listed(client)
    kept = {(call.pbx, call.call_id) for call in stored}
    return Crowd(
        sent=len(due),
        stored=len(stored),
        keys=len({call.id for call in stored}),
        lost=sorted(due.keys() - kept),
        doubled=len(stored) - len(kept),
        times_s=times,
        cpu_share=cpu_share,
    )


def _check_sent(left: list[int]) -> None:
    """See that what was not stored was not kept back by the PBXs themselves."""
    kept_back = {name_of(number): records for number, records in enumerate(left) if records}
    if kept_back:
        message = f"PBXs could not get their records away, since nothing was connected to them: {kept_back}"
        raise SubjectFailed(message)


def _table(scene: Scene, crowd: Crowd) -> Table:
    sizes, times = scene.sizes, crowd.times_s
    cells = (
        *map(count, (sizes.crowd_pbxs, crowd.sent, crowd.stored, crowd.keys, len(crowd.lost), crowd.doubled)),
        *map(duration, (percentile(times, 50), percentile(times, 95), max(times))),
        f"{crowd.cpu_share:.0%}",
    )
    return Table(
        title=f"{count(sizes.crowd_pbxs)} PBXs connected at once, each sending at its own pace for {sizes.crowd_s:g} s",
        columns=("PBXs", "sent", "stored", "ids", "lost", "doubled", "p50", "p95", "longest", "CPU of one core"),
        words=frozenset(),
        rows=[cells],
        notes=(
            "From a record's leaving its PBX until the list of calls shows it.",
            "The list is asked for every 50 ms, which is in the times and in the CPU.",
            *_lost_from(crowd.lost),
        ),
    )


def _lost_from(lost: list[Key]) -> list[str]:
    """Say whose records are missing: all of one PBX's, or one of many PBXs', have different causes.

    >>> _lost_from([("pbx007", "1.1"), ("pbx007", "1.2"), ("pbx101", "1.3")])
    ['Lost: pbx007 2, pbx101 1.']
    """
    by_pbx = Counter(pbx for pbx, _ in lost)
    return [f"Lost: {', '.join(f'{pbx} {records}' for pbx, records in by_pbx.items())}."] if lost else []


def _memory_table(scene: Scene, alone: Memory, crowded: Memory) -> Table:
    pss = None if alone.pss is None or crowded.pss is None else crowded.pss - alone.pss
    rows = [
        _row("one", alone),
        _row(count(scene.sizes.crowd_pbxs), crowded),
        _row("the difference", Memory(crowded.rss - alone.rss, pss)),
    ]
    return Table(
        title="Memory of a server whose PBXs are connected and silent",
        columns=("connections", "RSS", "PSS"),
        words=frozenset(("connections",)),
        rows=rows,
        notes=(f"{scene.sizes.idle_s / 2:g} s after the last connection was made; nobody asked the server anything.",),
    )


def _row(what: str, found: Memory) -> tuple[str, ...]:
    return what, megabytes(found.rss), "-" if found.pss is None else megabytes(found.pss)
