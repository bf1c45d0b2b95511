"""`tollbook import --dry-run`, and files that are refused since nothing of them can be read."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from tests.fakes.commands import Commands, Outcome, master_csv, serving

GARBAGE = b"\x7fELF\x02 no record\nnor this\n" * 50


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    folder = tmp_path_factory.mktemp("dry-run")
    commands = Commands(folder / "site").made()
    assert commands.run("import", str(master_csv(folder / "old.csv", 20)), "--pbx", "hts").code == 0
    return commands


@pytest.fixture
def longer(site: Commands, tmp_path: Path) -> Path:
    """A file that begins as the one that was imported and goes on."""
    path = tmp_path / "Master.csv"
    more = master_csv(tmp_path / "more.csv", 10, seed=7).read_bytes()
    path.write_bytes((site.site.parent / "old.csv").read_bytes() + more + b"no record\n")
    return path


def stored(commands: Commands) -> list[int]:
    """Return how many calls, rejects and imports there are."""
    lists = ("calls", "--limit", "0"), ("rejects",), ("imports", "list")
    return [len(commands.run(*words, "--format", "json").json()) for words in lists]


def counts(outcome: Outcome) -> list[int]:
    (found,) = outcome.json()
    return [found[name] for name in ("calls", "duplicates", "rejected")]


def test_a_dry_run_counts_and_stores_nothing(site: Commands, longer: Path) -> None:
    before = stored(site)

    outcome = site.run("import", str(longer), "--pbx", "hts", "--dry-run", "--format", "json")

    assert outcome.code == 0, outcome.err
    lines = longer.read_bytes().count(b"\n")
    assert counts(outcome) == [10, 20, 1]
    assert f"Master.csv, line {lines}: " in outcome.err
    assert "nothing was stored" in outcome.err
    assert stored(site) == before
    assert not (site.site / "uploads").exists()


def test_a_dry_run_reads_archives_and_stdin(site: Commands, longer: Path, tmp_path: Path) -> None:
    packed = tmp_path / "all.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(longer, "Master.csv")

    of_zip = site.run("import", str(packed), "--pbx", "hts", "--dry-run", "--format", "json")
    of_stdin = site.run("import", "-", "--pbx", "hts", "--dry-run", "--format", "json", given=longer.read_bytes())

    assert counts(of_zip) == counts(of_stdin) == [10, 20, 1]


def test_a_dry_run_of_a_file_of_which_nothing_can_be_read_ends_with_1(site: Commands, tmp_path: Path) -> None:
    (tmp_path / "ls").write_bytes(GARBAGE)

    outcome = site.run("import", str(tmp_path / "ls"), "--pbx", "hts", "--dry-run")

    assert outcome.code == 1
    assert "nothing of ls can be read" in outcome.err
    assert "no format would read it" in outcome.err


def test_a_file_of_which_nothing_can_be_read_is_refused_with_all_files_beside_it(
    site: Commands,
    longer: Path,
    tmp_path: Path,
) -> None:
    before = stored(site)
    for packed in (GARBAGE, gzip.compress(GARBAGE), b"PK\x03\x04 no zip", b"<html>Login</html>"):
        (tmp_path / "ls").write_bytes(packed)

        outcome = site.run("import", str(longer), str(tmp_path / "ls"), "--pbx", "hts")

        assert outcome.code == 2, packed
        assert "nothing of ls can be read; nothing was stored" in outcome.err, packed
        assert "--even-if-unreadable" in outcome.err, packed
    assert stored(site) == before


def test_what_is_refused_on_stdin_and_what_can_be_read_there(site: Commands, tmp_path: Path) -> None:
    refused = site.run("import", "-", "--pbx", "hts", given=GARBAGE)
    old = (site.site.parent / "old.csv").read_bytes()
    imported = site.run("import", "-", "--pbx", "hts", "--format", "json", given=old)

    assert (refused.code, imported.code) == (2, 0)
    assert imported.json()["duplicates"] == 20
    del tmp_path


def test_the_format_that_would_read_a_file_is_named(site: Commands, tmp_path: Path) -> None:
    cases = Path("src/tollbook/dialects/catalogue/panasonic_kx_tda/cases").resolve().glob("*.txt")
    (tmp_path / "smdr.log").write_bytes(b"".join(case.read_bytes() for case in sorted(cases)))

    outcome = site.run("import", str(tmp_path / "smdr.log"), "--pbx", "hts")

    assert outcome.code == 2
    assert "the format panasonic-kx-tda (" in outcome.err


def test_a_file_is_stored_as_rejects_where_that_is_meant(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site").made()
    (tmp_path / "ls").write_bytes(GARBAGE)

    outcome = commands.run("import", str(tmp_path / "ls"), "--pbx", "hts", "--even-if-unreadable")

    assert outcome.code == 0, outcome.err
    assert stored(commands) == [0, 100, 1]


def test_a_server_does_the_same(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site").made()
    (tmp_path / "ls").write_bytes(GARBAGE)
    master = str(master_csv(tmp_path / "Master.csv", 20))
    with serving(commands.site):
        dry = commands.run("import", master, "--pbx", "hts", "--dry-run", "--format", "json")
        refused = commands.run("import", str(tmp_path / "ls"), "--pbx", "hts")

        assert (counts(dry), refused.code) == ([20, 0, 0], 2)
        assert stored(commands) == [0, 0, 0]
        assert commands.run("import", master, "--pbx", "hts").code == 0
        assert stored(commands) == [20, 0, 1]
