"""Reads hostile lines by one dialect, as a PBX's bytes would be read: cut, read, packed and made calls of.

Nothing may raise, and each record is to be accounted for. Time is processor time, so that what else the machine does
makes no difference. Memory is what the process has at its peak, above what it had before.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Sequence

import msgspec

from bench.fuzz.hostile import HostileLines
from tollbook.assembly.assemble import assemble
from tollbook.dialects.authoring.cases import Case, Dialect
from tollbook.dialects.known import catalogue
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.store.batch import Piece, pack

AT_ONCE = 500
"""Lines of a body: those of a PBX that was not asked for some hours."""
LONGEST_S = 0.25
"""Processor time that reading one record may take, however long it is."""
MOST_MEMORY = 256 << 20
"""Bytes that reading hostile lines may take, above what the program has before."""


class Found(msgspec.Struct, frozen=True):
    """A line that was not read as it must be. `again` is the seed that makes it once more."""

    dialect: str
    what: str
    line: str
    again: str


class Fuzzed(msgspec.Struct, frozen=True):
    """What came of the hostile lines of a dialect. Times are processor time in seconds, memory in bytes."""

    dialect: str
    lines: int
    records: int
    calls: int
    seconds: float
    longest_s: float
    memory: int
    found: list[Found]


def fuzz(slug: str, lines: int, seed: int) -> Fuzzed:
    """Read so many hostile lines by a dialect of the catalogue, in this process."""
    cases = {dialect.slug: dialect.cases(CUTTERS) for dialect in catalogue()}
    others = [raw for each in cases.values() for case in each for raw in case.frames.raws[:5]]
    trial = _Trial(next(each for each in catalogue() if each.slug == slug), cases[slug])
    before, begun = _peak(), time.process_time()
    for number, count in enumerate(_batches(lines)):
        again = f"{slug} {seed} {number}"
        trial.read(HostileLines(trial.records, others, again), count, again)
    memory = _peak() - before
    if memory > MOST_MEMORY:
        trial.found.append(Found(slug, f"it took {memory >> 20} MiB", "", f"{slug} {seed}"))
    return Fuzzed(
        dialect=slug,
        lines=lines,
        records=trial.read_records,
        calls=trial.calls,
        seconds=time.process_time() - begun,
        longest_s=trial.longest_s,
        memory=memory,
        found=trial.found,
    )


class _Trial:
    """The reading of one dialect, set up as one of its cases after another."""

    def __init__(self, dialect: Dialect, cases: Sequence[Case]) -> None:
        self._dialect, self._cases = dialect, cases
        self._readers = [case.reader() for case in cases]
        self.records = [raw for case in cases for raw in case.frames.raws] or [b"?"]
        self.found: list[Found] = []
        self.read_records, self.calls, self.longest_s = 0, 0, 0.0

    def read(self, made: HostileLines, count: int, again: str) -> None:
        """Read a batch of lines; what is wrong with it is noted, with the one line that is to blame."""
        lines = made.some(count)
        try:
            begun = time.process_time()
            self._read(made.body(lines), again)
            took = time.process_time() - begun
        except Exception as fault:  # noqa: BLE001 - whatever it raises is what is looked for
            self.found += self._to_blame(lines, again) or [
                self._finding(f"{type(fault).__name__}: {fault}", b"", again)
            ]
            return
        if took > LONGEST_S:
            self.found += self._to_blame(lines, again)

    def _read(self, pieces: list[bytes], again: str) -> None:
        number = hash_of(again) % len(self._cases)
        frames = self._cases[number].cut(pieces)
        reading = self._readers[number].read(frames)
        if reading.frames != len(frames):
            message = f"of {len(frames)} records {reading.frames} are accounted for"
            raise AssertionError(message)
        rules = self._dialect.layout.assembly
        whole = Piece(pbx="own", body=1, stream=False, member=0, received_at=0, reading=reading, rules=rules)
        for packed in pack([whole]).legs:
            assemble(packed.legs, packed.rules)
        self.read_records += len(frames)
        self.calls += len(reading.calls)

    def _to_blame(self, lines: Sequence[bytes], again: str) -> list[Found]:
        """Return what is wrong with lines when each is read alone."""
        return [self._finding(what, line, again) for line in lines for what in self._wrong_with(line, again)]

    def _wrong_with(self, line: bytes, again: str) -> Iterator[str]:
        begun = time.process_time()
        try:
            self._read([line, b"\r\n"], again)
        except Exception as fault:  # noqa: BLE001 - whatever it raises is what is looked for
            yield f"{type(fault).__name__}: {fault}"
        took = time.process_time() - begun
        self.longest_s = max(self.longest_s, took)
        if took > LONGEST_S:
            yield f"one line of {len(line)} bytes took {took:.2f} s of processor time"

    def _finding(self, what: str, line: bytes, again: str) -> Found:
        return Found(self._dialect.slug, what, repr(line[:300]), again)


def hash_of(text: str) -> int:
    """Return a number for a text that is the same in every process."""
    return int.from_bytes(text.encode(), "big")


def _batches(lines: int) -> Iterator[int]:
    for start in range(0, lines, AT_ONCE):
        yield min(AT_ONCE, lines - start)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
