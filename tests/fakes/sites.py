"""A site at work, a shelf of journal and store without threads, and what they hold: for tests that go the whole way."""

from __future__ import annotations

import atexit
import shlex
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tomli_w

from tollbook.clock import monotonic_s
from tollbook.dialects.known import Catalogue
from tollbook.engine.care.export import raw_record
from tollbook.engine.engine import Engine
from tollbook.engine.pipeline.pipeline import Pipeline, read_jobs
from tollbook.engine.pipeline.reading import ReadFrames
from tollbook.engine.site import Site
from tollbook.journal import Journal
from tollbook.model.body import Ending, Opening
from tollbook.model.fence import FILE
from tollbook.model.pbx import Pbx
from tollbook.model.record_lines import RecordLines
from tollbook.model.rules import Rules
from tollbook.model.sink import Sink, SinkHealth
from tollbook.store.batch import Batch
from tollbook.store.beside import Purpose
from tollbook.store.store import Store
from tollbook.store.tables import Tables

PATIENCE_S = 20.0
ZONE = "America/New_York"
AT = 1_700_000_000_000_000
"""When things arrive on a shelf, microseconds since 1970 UTC."""

TABLES = {
    "call": "body, member, position",
    "leg": "body, member, position",
    "reject": "body, member, position, raw",
    "sighting": "body, member, position",
    "tally": "body",
    "arrival": "pbx, day",
    "skip": "pbx, day, reason",
}
"""The tables that hold what was read, and the columns that put their rows in order."""
_READ = {"call": "* EXCLUDE (change, meaning)"}

Dump = dict[str, list[tuple[Any, ...]]]


def a_pbx(name: str = "hts", **settings: str) -> Pbx:
    """Return a PBX with settings written in Python's spelling."""
    texts = {key.replace("_", "-"): value for key, value in settings.items()}
    source = "http_poll" if "url" in texts else "folder"
    return Pbx(name=name, dialect="panasonic-kx-hts", source=source, timezone=ZONE, settings=texts)


def a_stream(source: str, /, **settings: str | int) -> Pbx:
    """Return a PBX that streams, with settings written in Python's spelling."""
    texts = {key.replace("_", "-"): str(value) for key, value in settings.items()}
    return Pbx(name="hts", dialect="panasonic-kx-hts", source=source, timezone=ZONE, settings=texts)


def until(reached: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Return once a condition holds; raises TimeoutError when it does not come to."""
    nothing, deadline = threading.Event(), monotonic_s() + patience_s
    while not reached():
        if monotonic_s() > deadline:
            message = f"it did not come to hold within {patience_s:g} s"
            raise TimeoutError(message)
        nothing.wait(0.01)


def allow(site: Path, *pbxs: Pbx) -> None:
    """Let a site run the programs of its PBXs, and open the pseudo-terminals that stand for serial lines in tests."""
    commands = [shlex.split(pbx.settings["command"]) for pbx in pbxs if "command" in pbx.settings]
    devices = [device for pbx in pbxs if (device := pbx.settings.get("device", "")).startswith("/")]
    programs = [shutil.which(words[0]) or words[0] for words in commands if words]
    allowed = {"programs": [each for each in programs if each.startswith("/")], "folders": ["/", "/dev", *devices]}
    site.mkdir(parents=True, exist_ok=True)
    (site / FILE).write_text(tomli_w.dumps({"allow": allowed}))


@cache
def _reserve() -> Path:
    """Write the reserve of a journal, once for all tests of this process."""
    place = TemporaryDirectory(prefix="tollbook-reserve-")
    atexit.register(place.cleanup)
    path = Path(place.name) / "journal.reserve"
    Journal(path.with_suffix(".sqlite")).close()
    return path


def lend_reserve(site: Path) -> None:
    """Give a new site a reserve that is one and the same file for all: to write 16 MB takes longer than many tests.

    Nobody writes to it, and to give it up removes its name there alone. On another disk it is made as usual.
    """
    site.mkdir(mode=0o700, parents=True, exist_ok=True)
    if {each.name for each in site.iterdir()} <= {FILE}:
        with suppress(OSError):
            (site / "journal.reserve").hardlink_to(_reserve())


def copy_site(old: Path, new: Path) -> None:
    """Copy a site that is closed; the copy's reserve is lent."""
    shutil.copytree(old, new, ignore=shutil.ignore_patterns("journal.reserve"))
    with suppress(OSError):
        (new / "journal.reserve").hardlink_to(_reserve())


@contextmanager
def at_work(path: Path, *pbxs: Pbx, sources: bool = True, sinks: Sequence[Sink] = ()) -> Iterator[Engine]:
    """Run an engine over a site in a folder; sinks run where sources do."""
    lend_reserve(path)
    if not (path / FILE).exists():
        allow(path, *pbxs)
    site = Site.open(path, purpose="a test")
    try:
        engine = Engine(site, lambda: list(pbxs), lambda: list(sinks))
        engine.start(sources=sources)
        try:
            yield engine
        finally:
            engine.stop()
    finally:
        site.close()


def settle(engine: Engine) -> None:
    """Return once the store holds all that the journal does."""
    until(lambda: engine.lag().entries == 0 and not engine.lag().rebuilding)


def import_file(engine: Engine, pbx: str, data: bytes, *, pieces: int = 1 << 20) -> int:
    """Hand a file over and return its body once all of it is stored."""
    body = engine.begin_import(pbx, "Master.csv")
    for start in range(0, len(data), pieces):
        engine.take(body, data[start : start + pieces])
    engine.finish_import(body)
    until(lambda: engine.import_state(body).done)
    return body


def dump(store: Store) -> Dump:
    """Return every row of every table that holds what was read; when it was read, `change`, is left out."""
    return {
        table: store.rows(f"SELECT {_READ.get(table, '*')} FROM {table} ORDER BY {order}")  # noqa: S608 - our own names
        for table, order in TABLES.items()
    }


def raw_calls(site: Journal, store: Store) -> list[bytes]:
    """Return the raw record of every stored call that the journal has, as its place there says."""
    rows = store.rows("SELECT body, position, length FROM call WHERE body > 0 ORDER BY body, position")
    return [site.slice(body, position, length) for body, position, length in rows]


class Shelf:
    """A journal and a store, emptied from one into the other only when told to."""

    def __init__(self, folder: Path, *pbxs: Pbx) -> None:
        self.journal = Journal(folder / "journal.sqlite", reserve_bytes=0)
        # A shelf is about what is stored, not about power cuts; waiting for the disk would take most of the time.
        self.journal._connection.execute("PRAGMA synchronous = OFF")  # noqa: SLF001 - for the reason above
        self.store = Store(Path(":memory:"))
        self.pbxs = {pbx.name: pbx for pbx in pbxs or (a_pbx(),)}

    def close(self) -> None:
        self.journal.close()
        self.store.close()

    def begin(self, pbx: str = "hts", origin: str = "Master.csv") -> int:
        return self.journal.open_body(Opening(pbx=pbx, source="import", origin=origin), AT)

    def take(self, body: int, data: bytes) -> None:
        self.journal.append(body, data, AT + body)

    def end(self, body: int, ending: Ending = Ending.COMPLETE, reason: str = "") -> None:
        self.journal.end(body, ending, AT + body, reason=reason)

    def put(self, *pieces: bytes, ending: Ending = Ending.COMPLETE, reason: str = "", pbx: str = "hts") -> int:
        """Journal a whole body in pieces, store it, and return its number."""
        body = self.begin(pbx)
        for piece in pieces:
            self.take(body, piece)
        self.end(body, ending, reason)
        self.catch_up()
        return body

    def reader_of(self, name: str) -> ReadFrames:
        return Catalogue().reader_for(self.pbxs[name]).read

    def rules_of(self, name: str) -> Rules | None:
        return Catalogue().layout_of(self.pbxs[name].dialect).assembly

    def declared_of(self, name: str) -> RecordLines | None:
        return Catalogue().layout_of(self.pbxs[name].dialect).lines

    def catch_up(self, most_bytes: int = 8 << 20) -> None:
        """Store all that the journal holds, going on from where the store is, as after a start."""
        self.fill(self.store, most_bytes)

    def fill(self, tables: Tables, most_bytes: int = 8 << 20, only: tuple[str, ...] | None = None) -> None:
        """Fill tables with all that the journal holds, of all PBXs or of some."""
        pipeline = Pipeline(self.journal, tables, only, self.declared_of)
        while pipeline.behind():
            for ready in pipeline.divide(most_bytes):
                read = read_jobs(ready.jobs, self.reader_of, self.rules_of)
                tables.write(Batch(reads=[read], entry=ready.entry, unfinished=ready.unfinished))

    def rebuild(self, most_bytes: int = 8 << 20, only: tuple[str, ...] | None = None) -> int:
        """Read everything again, or the records of some PBXs; return how many calls came out otherwise."""
        made = self.store.beside(Purpose(only, ()))
        return self.store.take_over(made, lambda _entry: self.fill(made, most_bytes, only)) or 0

    def tally(self, body: int) -> tuple[int, ...]:
        """Return a body's frames, calls, duplicates, skipped and rejected."""
        columns = "frames, calls, duplicates, skipped, rejected"
        return self.store.rows(f"SELECT {columns} FROM tally WHERE body = ?", [body])[0]  # noqa: S608 - our own names

    def raws(self) -> list[bytes]:
        """Return the raw record of every call."""
        return raw_calls(self.journal, self.store)

    def raws_of_archive(self) -> list[bytes]:
        """Return the raw record of every call that came in an archive."""
        names = ("body", "member", "position", "length")
        rows = self.store.rows(f"SELECT {', '.join(names)} FROM call ORDER BY body, member, position")  # noqa: S608 - as above
        return [raw_record(self.journal, dict(zip(names, row, strict=True))) for row in rows]

    def rejects(self) -> list[tuple[bytes, str]]:
        """Return the raw record and the reason of every reject."""
        return self.store.rows("SELECT raw, reason FROM reject ORDER BY body, member, position")


@contextmanager
def a_shelf(*pbxs: Pbx) -> Iterator[Shelf]:
    """Make a shelf that lasts as long as the block: for properties, where each example needs its own."""
    with TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder), *pbxs)
        try:
            yield shelf
        finally:
            shelf.close()


def joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(lines)


def sink_health(engine: Engine, name: str) -> SinkHealth:
    """Say how a sink is doing."""
    return next(each for each in engine.sinks.health() if each.sink == name)


def handed_on(engine: Engine, name: str) -> None:
    """Return once a sink has been handed all that the store holds."""
    settle(engine)
    until(lambda: sink_health(engine, name).behind == 0, patience_s=60)
