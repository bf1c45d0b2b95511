"""Import: one file of calls, put away by Tollbook and by its peers, each in a fresh process.

Every peer reads the same file, which the system holds in memory by then. Measured is the work, not the start of the
interpreter: from the moment a peer has imported what it needs until what it stored has been counted.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.peers.protocol import DONE, READY, Counted
from bench.processes import PeakMemory, cpu_s
from bench.scene import Fact, Result, Scene, SubjectFailed
from bench.tables import Table, count, duration, megabytes, ratio
from tollbook.clock import monotonic_s

ROOT = Path(__file__).parents[1]
_COLUMNS = ("what", "time", "rows/s", "CPU", "peak memory", "on disk", "time, Tollbook = 1", "what it does not do")
_WORDS = frozenset(("what", "what it does not do"))


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """One way of putting a file away: its program, where it keeps the calls, and what that leaves undone."""

    name: str
    module: str
    target: str
    lacks: str
    again: bool = False


_TOLLBOOK = Peer(
    name="Tollbook",
    module="tollbook_import",
    target="site",
    lacks="journal, fsync, parsing, time zone, direction, duplicates, numbers, owners: all done",
)
_AGAIN = Peer(
    name="Tollbook, the same file again",
    module="tollbook_import",
    target="again",
    lacks="every record is recognised and none stored twice",
    again=True,
)
_DUCKDB = Peer(
    name="DuckDB read_csv",
    module="duckdb_csv",
    target="peer.duckdb",
    lacks="no journal, no duplicates found, no time zone, no direction; the first odd line ends it",
)
_PEERS = (
    _DUCKDB,
    Peer(
        name="sqlite-utils insert --csv",
        module="sqlite_utils_csv",
        target="utils.sqlite",
        lacks="the same, and no index, no dates",
    ),
    Peer(
        name="Python csv + sqlite3",
        module="plain_sqlite",
        target="plain.sqlite",
        lacks="the same, and no dates; it has four indexes",
    ),
)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a peer took."""

    peer: Peer
    seconds: float
    cpu_s: float
    peak_bytes: int
    disk_bytes: int
    counted: Counted


class PeerFailed(SubjectFailed):
    """A peer ended without having done its work, or stored something else than it was given."""


def measure(scene: Scene) -> Result:
    """Let every peer put the file away, one after another."""
    file = scene.master()
    first = _run(scene, _TOLLBOOK, file)
    shutil.copytree(scene.site, scene.folder / _AGAIN.target)
    runs = [first, _run(scene, _AGAIN, file), *(_run(scene, peer, file) for peer in _PEERS)]
    for run in runs[1:]:
        _remove(scene.folder / run.peer.target)
    return Result(tables=[_table(scene, runs)], facts=_facts(scene, runs))


def fill(scene: Scene) -> Path:
    """Return the site that holds the calls, imported now where this run has not yet done so."""
    if not scene.site.exists():
        _run(scene, _TOLLBOOK, scene.master())
    return scene.site


def _run(scene: Scene, peer: Peer, file: Path) -> Run:
    scene.say(f"import: {peer.name}")
    target = scene.folder / peer.target
    before = _size(target)
    command = [sys.executable, "-m", f"bench.peers.{peer.module}", str(target), str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            run = _watched(process, peer)
            process.wait()
        except BaseException:
            process.kill()
            raise
    _check(scene, run)
    return msgspec.structs.replace(run, disk_bytes=_size(target) - before)


def _watched(process: subprocess.Popen[str], peer: Peer) -> Run:
    lines = iter(process.stdout or ())
    with PeakMemory(process.pid) as peak:
        _line(lines, READY, peer)
        begun, cpu_before = monotonic_s(), cpu_s(process.pid)
        told = _line(lines, DONE, peer)
        seconds, cpu = monotonic_s() - begun, cpu_s(process.pid) - cpu_before
    counted = msgspec.json.decode(told.removeprefix(DONE), type=Counted)
    return Run(peer=peer, seconds=seconds, cpu_s=cpu, peak_bytes=peak.bytes, disk_bytes=0, counted=counted)


def _line(lines: Iterator[str], wanted: str, peer: Peer) -> str:
    found = next((line for line in lines if line.startswith(wanted)), None)
    if found is None:
        message = f"{peer.name} ended without saying {wanted!r}"
        raise PeerFailed(message)
    return found


def _check(scene: Scene, run: Run) -> None:
    expected = Counted(calls=scene.sizes.calls, duplicates=scene.sizes.calls if run.peer.again else 0)
    if run.counted != expected:
        message = f"{run.peer.name} stored {run.counted} where {expected} belong"
        raise PeerFailed(message)


def _table(scene: Scene, runs: list[Run]) -> Table:
    calls, first = scene.sizes.calls, runs[0]
    rows = [
        (
            run.peer.name,
            duration(run.seconds),
            count(calls / run.seconds),
            duration(run.cpu_s),
            megabytes(run.peak_bytes),
            megabytes(run.disk_bytes),
            ratio(run.seconds / first.seconds),
            run.peer.lacks,
        )
        for run in runs
    ]
    size = megabytes(scene.master().stat().st_size)
    return Table(
        title=f"Import of {count(calls)} calls ({size} of CSV)",
        columns=_COLUMNS,
        words=_WORDS,
        rows=rows,
        notes=(
            "Time, CPU and memory are those of the peer's process and its children, their memory added up.",
            "Tollbook's size on disk is its journal, compressed, its spare room of 16 MiB and its store together.",
        ),
    )


def _facts(scene: Scene, runs: list[Run]) -> dict[Fact, float]:
    first = runs[0].seconds
    peer = next(run.seconds for run in runs if run.peer is _DUCKDB)
    return {Fact.IMPORT_RATE: scene.sizes.calls / first, Fact.IMPORT_RATIO: first / peer}


def _size(path: Path) -> int:
    """Return the bytes that a file or folder takes on the disk."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_blocks * 512 for each in files if each.is_file())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
