"""The peers that take the burst: rsyslog with three ways of keeping lines, and a bare loop around SQLite."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.engines.postgres import NoServer, Postgres
from bench.engines.timing import TookTooLong
from bench.importing import ROOT
from bench.peers.protocol import DONE, READY, Counted
from bench.processes import cpu_s
from bench.scene import Scene, SubjectFailed
from bench.streams import rsyslog
from bench.streams.far_side import FarSide, dialling, end, listening
from bench.streams.kept import Kept
from bench.streams.records import read_lines
from bench.streams.watching import look_every
from tollbook.clock import monotonic_s

LONGEST_S = 30.0
"""Seconds that a peer is given."""
_STILL_S = 3.0
"""After so long without another line, and nothing left to send, a peer keeps no more."""
_HOPELESS_S = 8.0
"""After so long without a first line it will keep none, sent or not."""
_SCHEMA = Path("/usr/share/dbconfig-common/data/rsyslog-pgsql/install/pgsql")
NOTES = (
    "rsyslog: imtcp and its action with the settings they come with, but for what is said; lines end in LF, as sent.",
    f"A peer has {LONGEST_S:.0f} s: {_HOPELESS_S:.0f} s for a first line, {_STILL_S:.0f} s for another after all went.",
)
_FLAT = "no records are read or recognised: text, behind a time and a host name"


class _Run(msgspec.Struct, frozen=True, kw_only=True):
    """One way for rsyslog to keep lines: what its action is, how many it has kept, which those are."""

    name: str
    action: str
    module: str
    count: Callable[[], int]
    texts: Callable[[], Iterator[bytes]]
    apart_s: float
    lacks: str


class _Watched(msgspec.Struct, frozen=True):
    """When and with what processor time the last line seen was kept."""

    seconds: float
    cpu_s: float
    in_time: bool


def all_of(scene: Scene, lines: Path, coded: Path) -> list[Kept]:
    """Let every peer take the lines; `coded` are the same with a digit at the beginning of each."""
    loops = [_loop(scene, lines, "pieces"), _loop(scene, lines, "lines")]
    command = rsyslog.program()
    if command is None:
        return [*loops, Kept(name="rsyslog", lacks=f"not installed: {rsyslog.HOW_TO_INSTALL}")]
    files = [
        _take(scene, command, lines, _into_file(scene, "rsyslog to a file, sync off", "off", f"no fsync; {_FLAT}")),
        _take(scene, command, lines, _into_file(scene, "rsyslog to a file, sync on", "on", _FLAT)),
        _take(
            scene,
            command,
            coded,
            _into_file(
                scene,
                "rsyslog to a file, sync off; the PBX writes no quotes, and each line begins with a digit",
                "off",
                "it takes digits for the length of what follows (octet counting), and cuts lines there",
            ),
        ),
    ]
    return [*loops, *files, *_into_postgres(scene, command, lines)]


# ---------------------------------------------------------------- rsyslog


class _File:
    """A file that grows by lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = self._lines = 0

    def count(self) -> int:
        """Return how many lines it has by now."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                while piece := file.read(1 << 20):
                    self._read += len(piece)
                    self._lines += piece.count(b"\n")
        return self._lines

    def texts(self) -> Iterator[bytes]:
        """Yield the lines, without the time and the host name."""
        if self._path.exists():
            for line in read_lines(self._path):
                yield line.split(b" ", 2)[-1]


def _into_file(scene: Scene, name: str, sync: str, lacks: str) -> _Run:
    path = scene.folder / f"rsyslog-{sync}.txt"
    path.unlink(missing_ok=True)
    file = _File(path)
    return _Run(
        name=name,
        action=f'type="omfile" file="{path}" sync="{sync}"',
        module="imtcp",
        count=file.count,
        texts=file.texts,
        apart_s=0.05,
        lacks=lacks,
    )


def _into_postgres(scene: Scene, command: str, lines: Path) -> list[Kept]:
    """Let it fill the table that it comes with, then the same with a column that is too narrow for these lines mended.

    It takes what stands before a line's first blank for the name of a program.
    """
    name = "rsyslog to PostgreSQL (ompgsql)"
    if not rsyslog.has_module("ompgsql") or not _SCHEMA.exists():
        return [Kept(name=name, lacks=f"not installed: {rsyslog.HOW_TO_INSTALL}")]
    try:
        with _database() as server:
            refused = "PostgreSQL refuses lines with more than 60 letters before their first blank"
            as_it_comes = _take(scene, command, lines, _into_table(name, server, refused))
            server.run("TRUNCATE systemevents; ALTER TABLE systemevents ALTER syslogtag TYPE text")
            lacks = f"{_FLAT}; PostgreSQL's own CPU is not counted"
            widened = _take(scene, command, lines, _into_table(f"{name}, its table widened", server, lacks))
    except (NoServer, TookTooLong) as fault:
        return [Kept(name=name, lacks=f"not measured: {fault}")]
    return [as_it_comes, widened]


@contextmanager
def _database() -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.run(_SCHEMA.read_text("utf-8"))
        yield server
    finally:
        server.drop()


def _into_table(name: str, server: Postgres, lacks: str) -> _Run:
    at = server.address
    place = f'server="{at["host"]}" serverport="{at["port"]}" db="{at["database"]}" uid="{at["user"]}" pwd=""'
    return _Run(
        name=name,
        action=f'type="ompgsql" {place}',
        module="ompgsql",
        count=lambda: int(server.run("SELECT count(*) FROM systemevents")),
        texts=lambda: (
            text.encode() for text in server.run("SELECT syslogtag || message FROM systemevents").split("\n")
        ),
        apart_s=0.25,
        lacks=lacks,
    )


def _take(scene: Scene, command: str, lines: Path, run: _Run) -> Kept:
    scene.say(f"streams: burst, {run.name}")
    with rsyslog.running(command, scene.folder / "rsyslog", run.action, run.module) as peer:
        with dialling(lines, peer.port) as far:
            far.wait_until_connected()
            watched = _watched(far, peer.pid, scene.sizes.burst_lines, run)
        whole = len(set(read_lines(lines)).intersection(run.texts()))
    late = "" if watched.in_time else f"stopped after {LONGEST_S:.0f} s; "
    return Kept(name=run.name, lines=whole, seconds=watched.seconds, cpu_s=watched.cpu_s, lacks=late + run.lacks)


def _watched(far: FarSide, pid: int, number: int, run: _Run) -> _Watched:
    """Look on until all lines are kept, or no more of them will be."""
    cpu_before, begun = cpu_s(pid), monotonic_s()
    kept, changed_at, cpu = 0, begun, 0.0

    def is_over() -> bool:
        nonlocal kept, changed_at, cpu
        found = run.count()
        if found != kept:
            kept, changed_at, cpu = found, monotonic_s(), cpu_s(pid) - cpu_before
        still_s = monotonic_s() - changed_at
        return kept >= number or (far.has_sent() and still_s > _STILL_S) or (not kept and still_s > _HOPELESS_S)

    far.go()
    in_time = look_every(run.apart_s, LONGEST_S, is_over)
    left_at = far.sent_at()[0] if far.has_sent() else begun
    return _Watched(max(changed_at - left_at, 0), cpu, in_time)


# ---------------------------------------------------------------- a bare loop

_LOOPS = {
    "pieces": ("asyncio + SQLite, a row for each piece", "fsync every 50 ms, as our journal; pieces, no lines"),
    "lines": ("asyncio + SQLite, a row for each line", "fsync every 50 ms; lines of text, nothing read or recognised"),
}


def _loop(scene: Scene, lines: Path, kept: str) -> Kept:
    name, lacks = _LOOPS[kept]
    scene.say(f"streams: burst, {name}")
    database = scene.folder / f"loop-{kept}.sqlite"
    with listening(lines) as far:
        size = lines.stat().st_size
        arguments = [str(database), str(far.ports[0]), str(size), kept]
        command = [sys.executable, "-m", "bench.peers.group_commit", *arguments]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                found = _timed_loop(process, far, name, lacks)
            finally:
                end(process)
    if found.lines != scene.sizes.burst_lines:
        message = f"{name} kept {found.lines} lines"
        raise SubjectFailed(message)
    return found


def _timed_loop(process: subprocess.Popen[str], far: FarSide, name: str, lacks: str) -> Kept:
    words = iter(process.stdout or ())
    _word(words, READY, name)
    far.wait_until_connected()
    cpu_before = cpu_s(process.pid)
    far.go()
    told = _word(words, DONE, name)
    seconds_at, cpu = monotonic_s(), cpu_s(process.pid) - cpu_before
    counted = msgspec.json.decode(told.removeprefix(DONE), type=Counted)
    return Kept(name=name, lines=counted.calls, seconds=seconds_at - far.sent_at()[0], cpu_s=cpu, lacks=lacks)


def _word(words: Iterator[str], wanted: str, name: str) -> str:
    found = next((line for line in words if line.startswith(wanted)), None)
    if found is None:
        message = f"{name} ended without saying {wanted!r}"
        raise SubjectFailed(message)
    return found
