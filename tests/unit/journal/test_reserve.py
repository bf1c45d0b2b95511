"""The reserve: as large as it should be or not there, and never at the cost of others on the disk."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from tollbook.journal.reserve import Reserve

SIZE = (2 << 20) + 5
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as the standard library has it


@pytest.fixture
def reserve(tmp_path: Path) -> Reserve:
    return Reserve(tmp_path / "journal.reserve", SIZE)


def test_a_reserve_is_a_file_of_exactly_its_size_and_nothing_beside_it(reserve: Reserve) -> None:
    assert not reserve.stands()
    assert reserve.restore()
    assert reserve.stands()

    assert [(path.name, path.stat().st_size) for path in reserve.path.parent.iterdir()] == [("journal.reserve", SIZE)]


def test_a_reserve_that_stands_is_left_as_it_is(reserve: Reserve) -> None:
    reserve.restore()
    before = reserve.path.stat().st_ino

    assert reserve.restore()
    assert reserve.path.stat().st_ino == before


def test_a_reserve_that_is_too_small_does_not_stand_and_is_made_anew(reserve: Reserve) -> None:
    reserve.path.write_bytes(bytes(SIZE - 1))

    assert not reserve.stands()
    assert reserve.restore()
    assert reserve.path.stat().st_size == SIZE


def test_a_reserve_is_given_up_once(reserve: Reserve) -> None:
    reserve.restore()

    assert [reserve.give_up(), reserve.give_up()] == [True, False]
    assert not reserve.stands()


@pytest.mark.parametrize(("free", "stands"), [(SIZE - 1, False), (SIZE, True)])
def test_a_reserve_is_made_only_where_there_is_room_for_all_of_it(
    reserve: Reserve,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    stands: bool,  # noqa: FBT001 - what is expected
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free))

    assert reserve.restore() is stands
    assert reserve.path.exists() is stands


def test_a_reserve_that_cannot_be_written_leaves_nothing_behind(reserve: Reserve) -> None:
    reserve.path.mkdir()
    (reserve.path / "in the way").touch()

    assert not reserve.restore()
    assert [path.name for path in reserve.path.parent.iterdir()] == ["journal.reserve"]


def test_a_reserve_whose_folder_is_gone_is_not_made(reserve: Reserve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, 1 << 40))
    reserve.path.parent.rmdir()

    assert not reserve.restore()
    assert not reserve.stands()
