"""A backup is the site at one moment, made while it takes calls; what is restored from it goes on as a site."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.fakes.hooks import a_hook
from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_pbx, at_work, dump, handed_on, import_file, raw_calls, settle, sink_health, until
from tollbook.clock import now_us
from tollbook.engine.care import manifest
from tollbook.engine.care.backup import make_backup
from tollbook.engine.care.backups import Backups
from tollbook.engine.care.restore import begin_anew, put_back
from tollbook.engine.engine import Engine
from tollbook.engine.site import RESTORING, Site
from tollbook.journal import Journal, copying
from tollbook.model.backup import BackupPlan, BackupState
from tollbook.model.health import State
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.model.sink import Sink
from tollbook.store.store import Store

LINES = some_lines(1500)


def unheeded(_done: int, _of: int) -> None:
    return


def nothing_unknown(_applied: list[str]) -> list[str]:
    return []


def back_up(site: Site, into: Path) -> manifest.Manifest:
    return make_backup(site, into, unheeded)


def restore(backup: Path, into: Path, *doubted: str) -> Path:
    """Do what `tollbook restore` does."""
    made = put_back(backup, into, nothing_unknown, unheeded)
    site = Site.open(into, purpose="restore")
    try:
        begin_anew(site, made, now_us(), doubted)
    finally:
        site.close()
    return into


@contextmanager
def taking(engine: Engine, lines: list[bytes]) -> Iterator[threading.Event]:
    """Let calls come one after another in the background; the event says that a good part of them is there."""
    many, stop = threading.Event(), threading.Event()

    def take() -> None:
        for number, line in enumerate(lines):
            if stop.is_set():
                break
            body = engine.begin_import("hts", f"{number}.csv")
            engine.take(body, line)
            engine.finish_import(body)
            if number == len(lines) // 10:
                many.set()

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield many
    finally:
        stop.set()
        thread.join()


def rows_by_text(engine: Engine) -> dict[bytes, object]:
    """Return every stored call by the text of its record."""
    rows = engine.site.store.rows("SELECT * EXCLUDE (change, meaning) FROM call ORDER BY body, position")
    return dict(zip(raw_calls(engine.site.journal, engine.site.store), rows, strict=True))


def test_what_is_restored_is_the_site_as_it_was_at_a_moment_while_calls_came(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx()) as engine:
        import_file(engine, "hts", b"".join(LINES[:500]))
        with taking(engine, LINES[500:]) as many:
            many.wait()
            before = len(engine.site.journal.bodies())
            back_up(engine.site, tmp_path / "backup")
            after = len(engine.site.journal.bodies())
        settle(engine)
        original = rows_by_text(engine)
    with at_work(restore(tmp_path / "backup", tmp_path / "restored"), a_pbx()) as engine:
        settle(engine)
        restored = rows_by_text(engine)

    assert after > before, "nothing came while the backup was made"
    assert restored == {text: original[text] for text in without_end(LINES[: len(restored)])}
    assert 500 + before - 2 <= len(restored) <= 500 + after


def test_a_backup_has_the_bytes_of_each_of_its_calls_though_calls_come_between_its_files(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = [b"".join(LINES[start : start + 10]) for start in range(0, 100, 10)]
    with at_work(tmp_path / "site", a_pbx()) as engine:
        import_file(engine, "hts", left.pop())
        for file, copy in ((engine.site.store, Store.copy_to), (engine.site.journal, Journal.copy_to)):

            def and_more_come(*words: object, file: object = file, copy: Callable[..., object] = copy) -> object:
                copied = copy(file, *words)
                import_file(engine, "hts", left.pop())
                return copied

            monkeypatch.setattr(file, "copy_to", and_more_come)
        back_up(engine.site, tmp_path / "backup")
        assert len(left) == 7
    with at_work(restore(tmp_path / "backup", tmp_path / "restored"), a_pbx()) as engine:
        settle(engine)
        assert sorted(raw_calls(engine.site.journal, engine.site.store)) == sorted(without_end(LINES[80:100]))


def test_every_table_of_the_ledger_is_as_it_was_without_reading_the_journal_again(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx()) as engine:
        import_file(engine, "hts", b"".join(LINES[:200]) + b"no record of any kind\r\n")
        back_up(engine.site, tmp_path / "backup")
        expected = dump(engine.site.store)
    with at_work(restore(tmp_path / "backup", tmp_path / "restored"), a_pbx()) as engine:
        assert dump(engine.site.store) == expected
        assert len(expected["reject"]) == 1


def test_a_restored_site_takes_what_comes_and_gives_out_no_number_again(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx()) as engine:
        import_file(engine, "hts", b"".join(LINES[:100]))
        back_up(engine.site, tmp_path / "backup")
        later = import_file(engine, "hts", b"".join(LINES[100:200]))
    with at_work(restore(tmp_path / "backup", tmp_path / "restored"), a_pbx()) as engine:
        assert import_file(engine, "hts", b"".join(LINES[50:300])) > later
        assert engine.site.store.rows("SELECT count(*) FROM call") == [(300,)]
        assert ["restored from a backup" in each.what for each in engine.notices()] == [True]
        engine.rebuild()
        settle(engine)
        assert engine.site.store.rows("SELECT count(*) FROM call") == [(300,)]


def test_a_webhook_of_a_restored_site_asks_where_to_go_on_and_a_file_goes_on_by_itself(tmp_path: Path) -> None:
    with a_hook() as hook:
        (tmp_path / "out").mkdir()
        sinks = [
            Sink(name="crm", kind="webhook", settings={"url": hook.url}),
            Sink(name="files", kind="file", settings={"path": str(tmp_path / "out"), "interval": "0.1"}),
        ]
        with at_work(tmp_path / "site", a_pbx(), sinks=sinks) as engine:
            import_file(engine, "hts", b"".join(LINES[:20]))
            handed_on(engine, "crm")
            back_up(engine.site, tmp_path / "backup")
        with at_work(restore(tmp_path / "backup", tmp_path / "restored", "crm"), a_pbx(), sinks=sinks) as engine:
            until(lambda: sink_health(engine, "crm").state is State.NEEDS_ATTENTION)
            import_file(engine, "hts", b"".join(LINES[20:40]))
            handed_on(engine, "files")
            assert sink_health(engine, "files").state is State.WORKING


def test_whatever_lies_in_a_sites_folder_is_in_its_backup_but_for_what_is_of_the_moment(tmp_path: Path) -> None:
    site = tmp_path / "site"
    kept = ["dialects/acme/dialect.toml", "tariffs/acme/2026-01-01.csv", "a file of one's own", "secret-key"]
    with at_work(site, a_pbx()) as engine:
        for name in (*kept, "server.json", "calls.unreadable", "api-token.new", "moment/left"):
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(name)
        (site / "reports").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere/month.toml").write_text("of a link")
        (tmp_path / "elsewhere/back").symlink_to(tmp_path / "elsewhere")
        made = back_up(engine.site, tmp_path / "backup")

    names = {file.path for file in made.files}
    databases = {"calls.duckdb", "journal.sqlite", "sinks.sqlite"}
    assert names == {*kept, *databases, "reports/month.toml", "tollbook.toml"}
    assert (tmp_path / "backup/a file of one's own").read_text() == "a file of one's own"


def test_a_database_that_a_later_version_brings_is_copied_as_a_database(tmp_path: Path) -> None:
    later = tmp_path / "site/later.sqlite"
    with at_work(tmp_path / "site", a_pbx()) as engine, closing(sqlite3.connect(later)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE t (n)")
        database.execute("INSERT INTO t VALUES (42)")
        database.commit()
        back_up(engine.site, tmp_path / "backup")

    with closing(sqlite3.connect(tmp_path / "backup/later.sqlite")) as copy:
        assert copy.execute("SELECT n FROM t").fetchall() == [(42,)]


def test_a_backup_is_its_owners_alone_and_lists_every_file_with_its_checksum(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx()) as engine:
        (tmp_path / "site/dialects/acme").mkdir(parents=True)
        (tmp_path / "site/dialects/acme/dialect.toml").write_text("x")
        made = back_up(engine.site, tmp_path / "backup")

    paths = [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}
    assert manifest.read(tmp_path / "backup") == made
    assert {file.path for file in made.files} | {manifest.FILE} == {
        path.relative_to(tmp_path / "backup").as_posix() for path in paths if path.is_file()
    }


def test_what_a_killed_backup_left_is_removed_by_the_next_one_of_its_name(tmp_path: Path) -> None:
    killed, other = tmp_path / ".monday-a1b2c3d4.part", tmp_path / ".monday-2-a1b2c3d4.part"
    killed.mkdir()
    other.mkdir()
    with at_work(tmp_path / "site", a_pbx()) as engine:
        back_up(engine.site, tmp_path / "monday")

    assert [killed.exists(), other.exists(), (tmp_path / "monday").exists()] == [False, True, True]


def test_of_a_backup_that_fails_half_way_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _to: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    (tmp_path / "backups").mkdir()
    with at_work(tmp_path / "site", a_pbx()) as engine, pytest.raises(Unavailable, match="No space left"):
        back_up(engine.site, tmp_path / "backups/monday")

    assert list((tmp_path / "backups").iterdir()) == []


def test_a_copy_that_is_not_sound_is_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = copying.copy_file

    def damaged(path: Path, to: Path) -> None:
        copy(path, to)
        with to.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 4096)

    monkeypatch.setattr(copying, "copy_file", damaged)
    with at_work(tmp_path / "site", a_pbx()) as engine, pytest.raises(Unavailable, match="is not sound"):
        back_up(engine.site, tmp_path / "backup")

    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("site/backup", "in the site's own folder"),
        ("link/backup", "in the site's own folder"),
        ("nowhere/backup", "there is no folder"),
        ("full", "something is there already"),
        ("file", "something is there already"),
    ],
)
def test_a_place_that_will_not_do_is_refused_before_anything_is_written(
    tmp_path: Path,
    place: str,
    reason: str,
) -> None:
    with at_work(tmp_path / "site", a_pbx()) as engine:
        (tmp_path / "link").symlink_to(tmp_path / "site")
        (tmp_path / "full/of/things").mkdir(parents=True)
        (tmp_path / "file").touch()
        with pytest.raises(Misconfigured, match=reason):
            back_up(engine.site, tmp_path / place)


def a_backup(folder: Path) -> Path:
    with at_work(folder / "site", a_pbx()) as engine:
        import_file(engine, "hts", b"".join(LINES[:10]))
        back_up(engine.site, folder / "backup")
    return folder / "backup"


def changed(backup: Path, **what: object) -> Path:
    """Write the manifest of a backup otherwise."""
    manifest.write(backup, msgspec.structs.replace(manifest.read(backup), **what))
    return backup


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"journal": 99}, "the journal has version 99"),
        ({"ledger": 99}, "the ledger has version 99"),
        ({"form": 99}, "its form is 99"),
        ({"settings": ["pbxs 9999_later"]}, "does not know: pbxs 9999_later"),
    ],
)
def test_a_backup_of_a_newer_program_is_refused(tmp_path: Path, what: dict[str, object], reason: str) -> None:
    backup = changed(a_backup(tmp_path), **what)

    with pytest.raises(Misconfigured, match=reason):
        put_back(backup, tmp_path / "restored", list, unheeded)

    assert not (tmp_path / "restored").exists()


def test_a_backup_is_not_restored_over_anything(tmp_path: Path) -> None:
    backup = a_backup(tmp_path)

    with pytest.raises(Misconfigured, match="not empty"):
        put_back(backup, tmp_path / "site", nothing_unknown, unheeded)


def test_a_backup_with_a_changed_byte_is_refused_and_the_folder_stays_empty(tmp_path: Path) -> None:
    backup = a_backup(tmp_path)
    with (backup / "journal.sqlite").open("r+b") as file:
        file.seek(5000)
        file.write(b"!")
    (tmp_path / "restored").mkdir()

    with pytest.raises(Unavailable, match=r"journal\.sqlite in the backup is not as it was written"):
        put_back(backup, tmp_path / "restored", nothing_unknown, unheeded)

    assert list((tmp_path / "restored").iterdir()) == []


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "a/../../b", "a\\b", "."])
def test_a_manifest_leads_nowhere_out_of_the_site(tmp_path: Path, path: str) -> None:
    backup = changed(a_backup(tmp_path), files=[manifest.BackedUp(path, 1, "0")])

    with pytest.raises(Misconfigured, match="no path within a site"):
        manifest.read(backup)


def test_a_restore_that_was_broken_off_is_no_site_and_can_be_done_again(tmp_path: Path) -> None:
    backup, into = a_backup(tmp_path), tmp_path / "restored"
    put_back(backup, into, nothing_unknown, unheeded)  # and killed before it went on
    (into / "calls.duckdb").unlink()

    with pytest.raises(Misconfigured, match="a restore was broken off here"), at_work(into, a_pbx()):
        pass

    with at_work(restore(backup, into), a_pbx()) as engine:
        assert engine.site.store.rows("SELECT count(*) FROM call") == [(10,)]
    assert not (into / RESTORING).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_root_restores_belongs_to_whom_the_folder_belongs(tmp_path: Path) -> None:
    backup, into = a_backup(tmp_path), tmp_path / "restored"
    into.mkdir()
    os.chown(into, 12345, 12345)

    put_back(backup, into, nothing_unknown, unheeded)

    assert {path.stat().st_uid for path in into.rglob("*")} == {12345}


@contextmanager
def planned(site: Site, plan: BackupPlan) -> Iterator[Backups]:
    backups = Backups(site)
    backups.start()
    backups.go_by_plan()
    backups.apply(plan)
    try:
        yield backups
    finally:
        backups.stop()


def told(backups: Backups) -> BackupState:
    until(lambda: backups.state().last_at or backups.state().failed_why)
    until(lambda: not backups.state().running)
    return backups.state()


def test_a_plan_makes_a_backup_at_once_and_keeps_so_many(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / ".site-20200101T000000Z-abc.part").mkdir()
    (folder / "of somebody else").mkdir()
    with at_work(tmp_path / "site", a_pbx()) as engine:
        for day in ("01", "02", "03"):
            back_up(engine.site, folder / f"site-202001{day}T000000Z")
            changed(folder / f"site-202001{day}T000000Z", made_at=f"2020-01-{day}T00:00:00Z")
        with planned(engine.site, BackupPlan(folder=str(folder), keep=2)) as backups:
            until(lambda: len(list(folder.iterdir())) == 3)
            state = told(backups)

    names = sorted(path.name for path in folder.iterdir())
    assert names[:2] == ["of somebody else", "site-20200103T000000Z"]
    assert state.last_folder == str(folder / names[2])
    assert not state.overdue


def test_a_backup_that_is_young_enough_is_not_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with at_work(tmp_path / "site", a_pbx()) as engine:
        made = back_up(engine.site, folder / "site-20200101T000000Z")
        with planned(engine.site, BackupPlan(folder=str(folder))) as backups:
            assert told(backups).last_at == made.made_at

    assert len(list(folder.iterdir())) == 1


def test_a_planned_backup_that_fails_is_told_of_and_takes_no_call(tmp_path: Path) -> None:
    plan = BackupPlan(folder=str(tmp_path / "gone"))
    with at_work(tmp_path / "site", a_pbx()) as engine, planned(engine.site, plan) as backups:
        state = told(backups)
        import_file(engine, "hts", b"".join(LINES[:10]))

    assert "there is no folder" in state.failed_why
    assert state.last_at is None


def test_a_plan_whose_newest_backup_is_old_is_overdue_where_no_server_makes_one(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with at_work(tmp_path / "site", a_pbx()) as engine:
        back_up(engine.site, folder / "site-20200101T000000Z")
        changed(folder / "site-20200101T000000Z", made_at="2020-01-01T00:00:00Z")
        engine.backups.stop()
        backups = Backups(engine.site)
        backups.apply(BackupPlan(folder=str(folder)))

        assert backups.state().overdue


def test_a_server_that_ends_gives_its_backup_up_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    copy = copying.copy_file

    def held(path: Path, to: Path) -> None:
        begun.set()
        go_on.wait()
        copy(path, to)

    monkeypatch.setattr(copying, "copy_file", held)
    (tmp_path / "backups").mkdir()
    with at_work(tmp_path / "site", a_pbx()) as engine:
        engine.backups.ask(tmp_path / "backups/monday")
        begun.wait()
        with pytest.raises(Misconfigured, match="one backup at a time"):
            engine.backups.ask(tmp_path / "backups/tuesday")
        ending = threading.Thread(target=engine.backups.stop)
        ending.start()
        go_on.set()
        ending.join()

    assert list((tmp_path / "backups").iterdir()) == []


def test_a_backup_is_unharmed_by_what_the_site_becomes(tmp_path: Path) -> None:
    backup = a_backup(tmp_path)
    shutil.rmtree(tmp_path / "site")

    with at_work(restore(backup, tmp_path / "site"), a_pbx()) as engine:
        assert engine.site.store.rows("SELECT count(*) FROM call") == [(10,)]
