"""Files that are looked at before they are imported: kept, read, imported or dropped, and never in the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, import_file, until
from tollbook.engine.capture import uploads as uploading
from tollbook.engine.engine import Engine
from tollbook.model.dry_run import Upload, UploadStage
from tollbook.model.problem import Misconfigured

LINES = some_lines(60)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        yield engine


def read(engine: Engine, data: bytes, pieces: int = 1000) -> Upload:
    """Hand a file over and return what was found in it."""
    key = engine.uploads.begin("hts", "Master.csv")
    for start in range(0, len(data), pieces):
        engine.uploads.take(key, data[start : start + pieces])
    engine.uploads.finish(key)
    until(lambda: engine.uploads.state(key).stage is not UploadStage.READING)
    return engine.uploads.state(key)


def files(engine: Engine) -> list[Path]:
    return sorted((engine.site.path / uploading.FOLDER).glob("*"))


def test_a_file_is_read_and_then_imported_as_it_was_said(engine: Engine) -> None:
    import_file(engine, "hts", b"".join(LINES[:20]))
    before = engine.site.journal.last_entry()

    there = read(engine, b"".join(LINES))
    assert there.found
    assert (there.stage, there.found.calls, there.found.duplicates) == (UploadStage.READ, 40, 20)
    assert engine.site.journal.last_entry() == before
    assert [path.stat().st_mode & 0o077 for path in [*files(engine), files(engine)[0].parent]] == [0, 0]

    engine.uploads.keep(there.upload)
    until(lambda: engine.uploads.state(there.upload).stage is UploadStage.IMPORTED)
    body = engine.uploads.state(there.upload).body
    assert body
    until(lambda: engine.import_state(body).done)
    state = engine.import_state(body)
    assert (state.origin, state.state, state.calls, state.duplicates) == ("Master.csv", "complete", 40, 20)
    assert engine.site.journal.slice(body, 0, 1 << 20) == b"".join(LINES)
    assert files(engine) == []


def test_a_file_that_is_dropped_leaves_nothing(engine: Engine) -> None:
    there = read(engine, LINES[0])
    engine.uploads.drop(there.upload)

    assert (files(engine), engine.site.journal.last_entry()) == ([], 0)
    with pytest.raises(LookupError, match="there is no upload"):
        engine.uploads.keep(there.upload)


def test_what_is_not_as_far_is_refused(engine: Engine) -> None:
    key = engine.uploads.begin("hts", "Master.csv")
    with pytest.raises(LookupError, match="is arriving, not read"):
        engine.uploads.keep(key)
    there = read(engine, LINES[0])
    with pytest.raises(LookupError, match="is read, not arriving"):
        engine.uploads.take(there.upload, b"more")


def test_there_are_no_more_files_at_once_than_the_limit_and_imported_and_old_ones_make_room(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploading, "UPLOADS", 2)
    first = read(engine, LINES[0])
    engine.uploads.begin("hts", "second.csv")
    with pytest.raises(Misconfigured, match="no room for another file"):
        engine.uploads.begin("hts", "third.csv")
    engine.uploads.keep(first.upload)
    until(lambda: engine.uploads.state(first.upload).stage is UploadStage.IMPORTED)
    engine.uploads.begin("hts", "third.csv")
    monkeypatch.setattr(uploading, "UPLOAD_KEPT_S", -1)
    engine.uploads.begin("hts", "fourth.csv")
    assert len(files(engine)) == 1


def test_a_file_beyond_a_limit_is_refused_and_deleted(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "LARGEST_IMPORT", 10)
    key = engine.uploads.begin("hts", "large.csv")
    engine.uploads.take(key, b"0123456789")
    with pytest.raises(Misconfigured, match="the file is too large"):
        engine.uploads.take(key, b"0")

    monkeypatch.setattr(uploading, "UPLOAD_LEAVES", shutil.disk_usage(engine.site.path).total)
    key = engine.uploads.begin("hts", "no-room.csv")
    with pytest.raises(Misconfigured, match="the journal's"):
        engine.uploads.take(key, b"0")
    assert files(engine) == []


def test_what_an_earlier_process_left_is_deleted_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        engine.uploads.begin("hts", "Master.csv")
        left = files(engine)[0]
    assert not left.parent.exists()
    left.parent.mkdir()
    left.touch()
    with at_work(tmp_path, a_pbx(), sources=False):
        assert not left.exists()


def test_a_file_that_cannot_be_read_any_more_says_so(engine: Engine) -> None:
    key = engine.uploads.begin("hts", "Master.csv")
    shutil.rmtree(engine.site.path / uploading.FOLDER)
    engine.uploads.finish(key)
    until(lambda: engine.uploads.state(key).stage is UploadStage.FAILED)

    assert "No such file" in engine.uploads.state(key).trouble
