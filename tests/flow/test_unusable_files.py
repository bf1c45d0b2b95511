"""A file of a site that is empty, cut, no file or not ours to write: made again, or told in words; nothing is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, import_file, settle
from tollbook.engine.changes.positions import Positions
from tollbook.engine.engine import Engine
from tollbook.engine.site import Site
from tollbook.journal import Journal
from tollbook.model.problem import Misconfigured

LINES = some_lines(40)
FIRST, SECOND = b"".join(LINES[:20]), b"".join(LINES[20:])
NOBODY = 65534


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that has taken some calls, and whose settings have been saved."""
    site = tmp_path_factory.mktemp("made") / "site"
    site.mkdir()
    with closing(sqlite3.connect(site / "site.sqlite")) as connection:
        connection.execute("CREATE TABLE settings (name TEXT)")
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", FIRST)
    return site


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Path:
    """A copy of that site."""
    return Path(shutil.copytree(made, tmp_path / "site"))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])


def cut_in_its_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def a_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "something").write_text("else")


def a_dangling_link(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/nowhere/at/all")


WAYS = [empty, cut, cut_in_its_header, a_folder, a_dangling_link]
Way = Callable[[Path], None]


def calls(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM calls")[0][0])


@pytest.mark.parametrize("way", WAYS)
def test_a_store_is_made_again_whatever_became_of_it(site: Path, way: Way) -> None:
    way(site / "calls.duckdb")

    with at_work(site, a_pbx()) as engine:
        settle(engine)
        import_file(engine, "hts", SECOND)
        assert calls(engine) == 40


def test_calls_of_a_store_that_is_made_again_are_not_told_as_new(site: Path) -> None:
    cut(site / "calls.duckdb")

    async def first_told(engine: Engine) -> list[dict[str, Any]]:
        told = asyncio.ensure_future(anext(engine.feed.stream()))
        await asyncio.sleep(0)
        await asyncio.to_thread(engine.start, sources=False)
        await asyncio.to_thread(settle, engine)
        await asyncio.to_thread(import_file, engine, "hts", SECOND)
        return await told

    with closing(Site.open(site, purpose="a test")) as opened:
        engine = Engine(opened, lambda: [a_pbx()])
        told = asyncio.run(first_told(engine))
        body = opened.store.rows("SELECT max(body) FROM calls")[0][0]
        engine.stop()

    assert {call["body"] for call in told} == {body}


@pytest.mark.parametrize("way", WAYS[:-1])
def test_a_file_of_positions_is_begun_anew_whatever_became_of_it(site: Path, way: Way) -> None:
    way(site / "sinks.sqlite")

    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", SECOND)
        assert calls(engine) == 40
        assert [each.what for each in engine.notices()] == [
            "sinks.sqlite is a new file: where each sink stood is lost",
        ]


@pytest.mark.parametrize("way", WAYS)
def test_other_settings_than_before_are_told_and_take_no_call_away(site: Path, way: Way) -> None:
    way(site / "site.sqlite")

    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", SECOND)
        assert calls(engine) == 40
        assert [each.what.partition(":")[0] for each in engine.notices()] == ["site.sqlite is a new file"]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (cut, "journal.sqlite is damaged"),
        (cut_in_its_header, "journal.sqlite is damaged"),
        (a_folder, "journal.sqlite cannot be used"),
        (a_dangling_link, "journal.sqlite cannot be used"),
    ],
)
def test_a_journal_that_cannot_be_used_is_told_and_left_as_it_is(site: Path, way: Way, words: str) -> None:
    way(site / "journal.sqlite")

    with pytest.raises(Misconfigured, match=words) as told, at_work(site, a_pbx()):
        pass
    assert told.value.problems[0].help
    assert (site / "journal.sqlite").is_symlink() or (site / "journal.sqlite").exists()


def test_positions_that_cannot_be_made_are_told(site: Path) -> None:
    a_dangling_link(site / "sinks.sqlite")

    with pytest.raises(Misconfigured, match=r"sinks.sqlite cannot be used"), at_work(site, a_pbx()):
        pass


def test_a_name_of_the_holder_that_cannot_be_noted_stops_nothing(site: Path) -> None:
    a_folder(site / "site.holder")

    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", SECOND)
        assert calls(engine) == 40


@contextmanager
def read_only(path: Path) -> Iterator[Path]:
    """A copy of a file that this process may read and not write, were it root."""
    before = os.geteuid()
    with TemporaryDirectory() as name:
        copied = Path(shutil.copy(path, name))
        copied.chmod(0o444)
        Path(name).chmod(0o777)
        os.seteuid(NOBODY if before == 0 else before)
        try:
            yield copied
        finally:
            os.seteuid(before)


def test_a_journal_that_may_not_be_written_is_told_before_anything_is_asked_of_a_pbx(site: Path) -> None:
    with (
        read_only(site / "journal.sqlite") as path,
        pytest.raises(Misconfigured, match=r"journal.sqlite cannot be used"),
    ):
        Journal(path, reserve_bytes=0)


def test_positions_that_may_not_be_written_are_told_and_not_put_aside(site: Path) -> None:
    with read_only(site / "sinks.sqlite") as path, pytest.raises(PermissionError, match="Permission denied"):
        Positions(path)


def test_calls_of_a_pbx_that_older_settings_do_not_know_stay_and_are_told(site: Path) -> None:
    with at_work(site, a_pbx("other")) as engine:
        engine.rebuild()
        settle(engine)
        assert calls(engine) == 20
        assert [each.what for each in engine.doctor() if "not set up" in each.what] == [
            "PBX hts has records in the journal and is not set up; its calls stay as they are",
        ]
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", SECOND)
        engine.rebuild()
        settle(engine)
        assert calls(engine) == 40
        assert not [each for each in engine.doctor() if "not set up" in each.what]
