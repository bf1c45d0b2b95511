"""Files that are made in the background are there whole or not at all, are over some day, and outlive no kill half."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.fakes.sites import until
from tollbook.clock import now
from tollbook.engine import ready_files
from tollbook.engine.ready_files import STOPPED, FileMaking, ReadyFiles
from tollbook.model.page_limits import READY_FILES_OF_ONE, READY_FILES_WAITING
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.model.ready_file import FileAsked, FileState, ReadyFile

WANTED = ReadyFile(
    key="",
    owner="person 1",
    asked_by="anna",
    access="what anna sees",
    asked=FileAsked(report="call-list"),
    title="Call list",
    form="csv",
    media_type="text/csv",
    asked_at=now(),
)


class Told(msgspec.Struct, frozen=True):
    tell: Callable[[float], None] = print


def three_lines(form: str, of: int, options: Told) -> bytes:
    options.tell(0.5)
    return b"".join(f"{form},{each}\n".encode() for each in range(of))


def never(form: str, of: str, options: Told) -> bytes:
    del form, options
    Path(of).write_text("here", "ascii")
    threading.Event().wait()
    return b""


def making(making: FileMaking) -> None:
    making.note(name="calls.csv", rows=3)
    making.write(three_lines, "csv", 3, Told())


def endless(begun: Path) -> Callable[[FileMaking], None]:
    return lambda making: making.write(never, "csv", str(begun), Told())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def files(folder: Path) -> Iterator[ReadyFiles]:
    made = ReadyFiles(folder)
    made.start()
    yield made
    made.stop()


def ended(files: ReadyFiles, key: str) -> ReadyFile:
    until(lambda: not files.one(key).is_under_way)
    return files.one(key)


def test_a_file_is_kept_for_a_week_where_nobody_else_of_the_machine_reads_it(files: ReadyFiles, folder: Path) -> None:
    there = ended(files, files.ask(WANTED, making).key)

    assert (there.state, there.name, there.rows, there.size, there.part) == (FileState.READY, "calls.csv", 3, 18, 1.0)
    assert files.path_of(there.key).read_bytes() == b"csv,0\ncsv,1\ncsv,2\n"
    assert there.ended_at is not None
    assert there.expires_at == there.ended_at + timedelta(days=7)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_what_cannot_be_made_says_why_and_leaves_nothing(files: ReadyFiles, folder: Path) -> None:
    def refused(making: FileMaking) -> None:
        making.path.write_bytes(b"half")
        raise NotThere(Problem("no report is called 'x'", "there is none"))

    there = ended(files, files.ask(WANTED, refused).key)

    assert (there.state, there.reason) == (FileState.FAILED, "no report is called 'x': there is none")
    assert [each.suffix for each in folder.iterdir()] == [".json"]
    with pytest.raises(NotThere, match="it is failed"):
        files.path_of(there.key)


def test_a_file_that_is_cancelled_or_removed_ends_its_work(files: ReadyFiles, folder: Path, tmp_path: Path) -> None:
    for place, end in (("one", files.cancel), ("two", files.remove)):
        begun = tmp_path / place
        there = files.ask(WANTED, endless(begun))
        until(begun.exists)
        end(there.key)

    until(lambda: not list(folder.glob("*.part")))
    assert [each.state for each in files.every()] == [FileState.CANCELLED]


def test_after_a_kill_half_a_file_is_gone_and_is_told_as_failed(folder: Path) -> None:
    folder.mkdir()
    for key, state in (("aa", FileState.MAKING), ("bb", FileState.WAITING), ("cc", FileState.READY)):
        there = msgspec.structs.replace(WANTED, key=key, state=state)
        folder.joinpath(f"{key}.json").write_bytes(msgspec.json.encode(there))
    for name in ("aa.part", "dd.file", "ee.json.new"):
        folder.joinpath(name).write_bytes(b"half")

    files = ReadyFiles(folder)
    files.start()
    files.stop()

    assert {(each.key, each.state, each.reason) for each in files.every()} == {
        ("aa", FileState.FAILED, STOPPED),
        ("bb", FileState.FAILED, STOPPED),
    }
    assert {each.name for each in folder.iterdir()} == {"aa.json", "bb.json"}


def test_a_stop_tells_of_what_was_being_made(folder: Path, tmp_path: Path) -> None:
    files, begun = ReadyFiles(folder), tmp_path / "begun"
    files.start()
    key = files.ask(WANTED, endless(begun)).key
    until(begun.exists)
    files.stop()

    again = ReadyFiles(folder)
    again.start()
    again.stop()
    assert again.one(key).reason == STOPPED


def test_a_file_that_is_over_is_gone(files: ReadyFiles, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready_files, "READY_FILE_KEPT_S", 0)
    key = files.ask(WANTED, making).key

    until(lambda: not files.every())
    with pytest.raises(NotThere, match="there is no such file"):
        files.one(key)
    assert list(folder.iterdir()) == []


def test_the_oldest_go_where_all_take_too_much_room(files: ReadyFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready_files, "READY_FILES_BYTES", 40)
    keys = []
    for _ in range(3):
        keys.append(files.ask(WANTED, making).key)
        ended(files, keys[-1])

    assert {each.key for each in files.every()} == set(keys[1:])


def test_nobody_has_more_made_or_kept_than_a_number(files: ReadyFiles, tmp_path: Path) -> None:
    for _ in range(READY_FILES_WAITING):
        files.ask(WANTED, endless(tmp_path / "x"))
    with pytest.raises(Misconfigured, match="no more files can be asked for now"):
        files.ask(WANTED, making)

    for each in files.every():
        files.remove(each.key)
    for _ in range(READY_FILES_OF_ONE):
        files.cancel(files.ask(WANTED, making).key)
    with pytest.raises(Misconfigured, match="no more files are kept for you"):
        files.ask(WANTED, making)
    assert files.ask(msgspec.structs.replace(WANTED, owner="person 2"), making).key
