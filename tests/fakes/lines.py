"""One simulated PBX, one engine that asks it when told to, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.sites import a_pbx, at_work, raw_calls, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.body import Body
from tollbook.model.health import Health, State, Tested
from tollbook.simulator.faults import PbxFault
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.row import AnyRow as Record
from tollbook.simulator.row import CallRow, write
from tollbook.simulator.running import RunningPbx


class Line:
    """A PBX and the engine at its other end; it is asked once at the start and then only by `ask`."""

    def __init__(self, pbx: RunningPbx, engine: Engine) -> None:
        self.pbx, self.engine = pbx, engine

    @property
    def health(self) -> Health:
        return self.engine.health()[0]

    def ask(self, *records: Record, fault: PbxFault | None = None) -> Tested:
        """Let the PBX write records, ask it once, and return when all that came is stored."""
        self.pbx.add(records)
        if fault:
            self.pbx.misbehave(fault)
        tested = self.engine.test("hts")
        settle(self.engine)
        return tested

    def raws(self) -> Counter[bytes]:
        """The raw records of all calls stored."""
        settle(self.engine)
        return Counter(raw_calls(self.engine.site.journal, self.engine.site.store))

    def rejects(self) -> list[tuple[bytes, str]]:
        return self.engine.site.store.rows("SELECT raw, reason FROM reject ORDER BY body, position")

    def bodies(self) -> list[Body]:
        return self.engine.site.journal.bodies()

    def kept(self) -> bytes:
        """Every byte of every answer that the journal holds."""
        journal = self.engine.site.journal
        return b"".join(b"".join(journal.bytes_from(body.id, 0)) for body in self.bodies())

    def raw(self, row: CallRow) -> bytes:
        """A row as this PBX writes it, without its line end."""
        return write(row, self.pbx.setup.style).rstrip(b"\r\n")


@contextmanager
def a_line(path: Path, setup: KxHtsSetup | None = None, **settings: str) -> Iterator[Line]:
    """Run a PBX and an engine that has asked it once."""
    with RunningPbx(setup or KxHtsSetup()) as pbx, connected(path, pbx, **settings) as line:
        yield line


@contextmanager
def connected(path: Path, pbx: RunningPbx, **settings: str) -> Iterator[Line]:
    """Run an engine that has asked a running PBX once."""
    hts = a_pbx(**{"url": pbx.url, "auth": "none", "interval": "1h", **settings})
    with at_work(path, hts) as engine:
        until(lambda: engine.health()[0].state is not State.STARTING)
        yield Line(pbx, engine)
