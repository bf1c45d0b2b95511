"""Archives on their way into the store: read where they are kept, and gone on with after a restart in the middle."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from typing import IO

import pytest

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import Shelf, a_shelf, dump
from tollbook.engine.pipeline import pipeline
from tollbook.engine.pipeline.pipeline import Pipeline, read_jobs
from tollbook.framing import bodies
from tollbook.framing.archives import unpack
from tollbook.model.archive import Limits, Piece
from tollbook.model.body import Ending
from tollbook.model.shape import Shape
from tollbook.store.batch import Batch

LINES = some_lines(40)


def a_tar_gz(*texts: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for number, text in enumerate(texts):
            entry = tarfile.TarInfo(f"Master.csv.{number}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return buffer.getvalue()


TEXTS = [b"".join(LINES[start : start + 10]) for start in range(0, 40, 10)]
WHOLE = a_tar_gz(*TEXTS)
BROKEN = gzip.compress(gzip.decompress(WHOLE)[: len(TEXTS[0]) + len(TEXTS[1]) + 4_000])


def step_by_step(shelf: Shelf) -> int:
    """Store what the journal holds as if the program were stopped after each batch; return how many there were."""
    batches = 0
    while (going := Pipeline(shelf.journal, shelf.store)).behind():
        ready = next(going.divide())
        read = read_jobs(ready.jobs, shelf.reader_of, shelf.rules_of)
        shelf.store.write(Batch(reads=[read], entry=ready.entry, unfinished=ready.unfinished))
        batches += 1
    return batches


@pytest.mark.parametrize("body", [WHOLE, BROKEN], ids=["whole", "broken"])
def test_a_restart_after_any_batch_of_an_archive_stores_each_record_and_reject_once(
    monkeypatch: pytest.MonkeyPatch,
    body: bytes,
) -> None:
    with a_shelf() as at_once, a_shelf() as stopped:
        at_once.put(body)
        monkeypatch.setattr(pipeline, "LARGEST_BATCH", 1)
        number = stopped.begin()
        stopped.take(number, body)
        stopped.end(number)

        batches = step_by_step(stopped)

        assert batches > len({row[2] for row in stopped.store.rows("SELECT body, position, member FROM call")})
        assert dump(stopped.store) == dump(at_once.store)


def test_a_broken_archive_is_unpacked_once_and_never_again(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[Shape] = []

    def counting(file: IO[bytes], shape: Shape, limits: Limits) -> Iterator[Piece]:
        unpacked.append(shape)
        return unpack(file, shape, limits)

    monkeypatch.setattr(bodies, "unpack", counting)
    with a_shelf() as shelf:
        shelf.put(BROKEN)
        assert [reason for _, reason in shelf.rejects()][-1].startswith("the gzip archive cannot be read: ")

        shelf.catch_up()
        shelf.put(b"".join(LINES[:1]))

        assert unpacked == [Shape.GZIP]


def test_an_archive_that_arrives_across_a_restart_is_read_whole() -> None:
    with a_shelf() as shelf:
        body = shelf.begin()
        shelf.take(body, WHOLE[:300])
        shelf.catch_up()
        shelf.take(body, WHOLE[300:])
        shelf.catch_up()
        shelf.end(body)
        shelf.catch_up()

        assert shelf.raws_of_archive() == without_end(LINES)


def test_an_archive_is_not_held_in_memory_while_it_arrives() -> None:
    piece = bytes(range(256)) * (1 << 12)
    with a_shelf() as shelf:
        body = shelf.begin()
        for data in (gzip.compress(b"x")[:10], *[piece] * 24):
            shelf.take(body, data)
        shelf.end(body, Ending.CUT, "the line broke")
        tracemalloc.start()
        shelf.catch_up(most_bytes=1 << 20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert len(shelf.rejects()) == 1
        assert peak < 16 << 20


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_gives_the_calls_of_the_same_file_in_plain_text(encoding: str) -> None:
    written = b"".join(LINES).decode().encode(encoding)
    with a_shelf() as shelf:
        body = shelf.put(written)

        assert shelf.tally(body) == (40, 40, 0, 0, 0)
        assert shelf.raws_of_archive() == without_end(LINES)
        assert shelf.journal.slice(body, 0, len(written)) == written


def test_a_zip_without_a_file_is_no_reject() -> None:
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    with a_shelf() as shelf:
        body = shelf.put(buffer.getvalue())

        assert shelf.rejects() == []
        assert shelf.store.rows("SELECT frames FROM tally WHERE body = ?", [body]) in ([], [(0,)])


def test_of_a_zip_in_a_zip_one_reject_says_what_to_do() -> None:
    inner, outer = io.BytesIO(), io.BytesIO()
    for buffer, name, content in ((inner, "Master.csv", TEXTS[0]), (outer, "2025.zip", b"")):
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(name, content or inner.getvalue())
    with a_shelf() as shelf:
        shelf.put(outer.getvalue())

        ((_, reason),) = shelf.rejects()
        assert "2025.zip in it is a zip archive itself: unpack it, and import what is in it" in reason
