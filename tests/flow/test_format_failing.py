"""A format that fails, or ends the process that reads: its records are rejects, and other PBXs' are stored."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_pbx, at_work, import_file, settle
from tollbook.assembly.legs import Legs
from tollbook.dialects.known import Catalogue
from tollbook.dialects.reading.reader import Reader
from tollbook.engine.pipeline import bulk as bulk_module
from tollbook.engine.pipeline.bulk import WORTH_IT, Bulk
from tollbook.engine.pipeline.failing import NoProcess
from tollbook.engine.pipeline.pipeline import Job
from tollbook.model.frame import FORMAT_FAILED, Block, Frames
from tollbook.model.health import State
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading
from tollbook.model.rules import Rules
from tollbook.store import assembling
from tollbook.store.batch import PackedReading, Replayed

LINES = some_lines(9)


def failing_over(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> set[bytes]:
    """Have every reader fail over a record, as one with a fault would; it is mended by emptying the set returned."""
    over = {raw}
    read = Reader.read

    def failing(self: Reader, frames: Frames) -> Reading:
        if not over.isdisjoint(frames.raws):
            message = "made up"
            raise ZeroDivisionError(message)
        return read(self, frames)

    monkeypatch.setattr(Reader, "read", failing)
    return over


def test_what_a_format_fails_over_is_a_reject_and_everything_else_is_stored(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = without_end(LINES)[4]
    over = failing_over(bad, monkeypatch)
    with at_work(tmp_path, a_pbx("one"), a_pbx("two"), sources=True) as engine:
        import_file(engine, "one", b"".join(LINES))
        import_file(engine, "two", b"".join(LINES[:4]))
        settle(engine)

        stored = "SELECT pbx, count(*) FROM call GROUP BY pbx ORDER BY pbx"
        assert engine.site.store.rows(stored) == [("one", 8), ("two", 4)]
        assert engine.site.store.rows("SELECT pbx, raw, reason, rule FROM reject") == [
            ("one", bad, "the format panasonic-kx-hts failed: ZeroDivisionError: made up", FORMAT_FAILED),
        ]
        health = {each.pbx: each for each in engine.health()}
        assert health["one"].state is State.NEEDS_ATTENTION
        assert (
            "the format panasonic-kx-hts failed: ZeroDivisionError: made up; mend the format" in health["one"].message
        )
        assert "format" not in health["two"].message
        told = [each.what for each in engine.doctor() if not each.well]
        assert (
            "PBX one: 1 records were not read: the format panasonic-kx-hts failed: ZeroDivisionError: made up" in told
        )

        over.clear()
        assert engine.retry_rejects("one") == 1
        assert engine.site.store.rows(stored) == [("one", 9), ("two", 4)]
        assert not [each for each in engine.health() if "format" in each.message]


def test_a_format_that_cannot_even_begin_stops_its_own_pbx_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(_self: Reader, *_given: object) -> None:
        message = "made up"
        raise ValueError(message)

    monkeypatch.setattr(Reader, "__init__", begun)
    reading = Bulk({"one": a_pbx("one")}.get, Catalogue()).reader_of("one")(Frames([b"x"], [0]))

    assert [(each.reason, each.rule) for each in reading.rejected] == [
        ("the format panasonic-kx-hts failed: ValueError: made up", FORMAT_FAILED),
    ]


def test_records_whose_rules_fail_are_calls_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_legs: Legs, _rules: Rules) -> None:
        message = "made up"
        raise IndexError(message)

    monkeypatch.setattr(assembling, "assemble", failing)
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", b"".join(LINES))
        settle(engine)

        assert engine.site.store.rows("SELECT count(*) FROM call") == [(9,)]


class Deadly(str):
    """A text that ends the process it is sent to, as a fault in a library would."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (9,)


def a_job(pbx: str, *lines: bytes) -> Job:
    block = Block(b"".join(lines), 0)
    return Job(
        pbx=pbx, body=1, stream=False, member=0, received_at=0, block=block, rejected=[], replay=Replayed(),
    )  # fmt: skip


def with_deadly(name: str) -> Pbx | None:
    """Return PBXs of which one ends whatever reads its records."""
    return {"one": a_pbx("one"), "two": a_pbx("two", url=Deadly("http://x"))}.get(name)


def counted(reads: list[PackedReading]) -> tuple[int, int, dict[str, str]]:
    failures = {name: reason for read in reads for name, reason in read.failures.items()}
    return sum(read.calls.rows for read in reads), sum(read.rejects.rows for read in reads), failures


@pytest.mark.slow
def test_a_process_that_ends_over_a_record_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_module, "_count", lambda: 2)
    bulk = Bulk(with_deadly, Catalogue())
    bulk.expect(WORTH_IT)
    jobs = [a_job("one", *LINES[:4]), a_job("two", *LINES[:2]), a_job("one", *LINES[4:])]

    begun, innocent = bulk.read(jobs), bulk.read(jobs[:1])
    reads = bulk.finished(jobs, begun)

    assert counted(reads) == (
        9,
        2,
        {"two": "the format panasonic-kx-hts failed: ProcessEnded: the process that read the record ended"},
    )
    assert counted(bulk.finished(jobs[:1], innocent)) == (4, 0, {})
    assert counted(bulk.finished(jobs[:1], bulk.read(jobs[:1]))) == (4, 0, {})
    bulk.rest()


@pytest.mark.slow
def test_where_no_process_can_be_started_no_record_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_module, "_count", lambda: 2)
    bulk = Bulk(with_deadly, Catalogue())
    bulk.expect(WORTH_IT)
    jobs = [a_job("two", *LINES[:2])]
    begun = bulk.read(jobs)
    begun.exception()
    monkeypatch.setattr(bulk_module, "_prepare", Deadly("not a function"))

    with pytest.raises(NoProcess, match="no process can be started"):
        bulk.finished(jobs, begun)
