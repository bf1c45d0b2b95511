"""The command line while no server runs."""

import csv
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.fakes.commands import Commands, environment, master_csv

CALLS = 300


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """A site with three hundred calls in it."""
    folder = tmp_path_factory.mktemp("ledger")
    commands = Commands(folder / "site").made()
    imported = commands.run("import", str(master_csv(folder / "Master.csv", CALLS)), "--pbx", "hts")
    assert imported.code == 0, imported.err
    return commands


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """A site with one PBX and no calls, to be copied."""
    return Commands(tmp_path_factory.mktemp("template") / "site").made()


@pytest.fixture
def empty(template: Commands, tmp_path: Path) -> Commands:
    """A site of the test's own, with one PBX and no calls."""
    shutil.copytree(template.site, tmp_path / "site")
    return Commands(tmp_path / "site")


def test_a_command_without_a_site_says_how_to_name_one(tmp_path: Path) -> None:
    outcome = Commands(tmp_path / "nowhere").run("calls")

    assert outcome.code == 2
    assert "error: there is no site here" in outcome.err
    assert "init" in outcome.err
    assert not (tmp_path / "nowhere").exists()


def test_a_site_is_made_for_its_owner_alone_and_its_password_is_told_once(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site")

    first, second = commands.run("init"), commands.run("init", "--admin", "other")

    assert (first.code, second.code) == (0, 0)
    assert "password: " in first.out
    assert "password" not in second.out
    assert "nothing was changed" in second.out
    assert commands.site.stat().st_mode & 0o077 == 0


def test_a_password_that_is_too_easy_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("password\n")

    outcome = Commands(tmp_path / "site").run("init", "--password-file", str(tmp_path / "word"))

    assert outcome.code == 2
    assert "too short" in outcome.err


def test_calls_come_as_json_with_the_promised_names(ledger: Commands) -> None:
    calls = ledger.run("calls", "--format", "json").json()

    assert len(calls) == CALLS
    assert {
        "id", "pbx", "direction", "started_at", "answered_at", "ended_at", "started_local", "ring_s", "talk_s",
        "total_s", "outcome", "extension", "caller", "called", "trunk", "account_code", "device", "feature",
        "option1", "option2", "call_id",
    } <= set(calls[0])  # fmt: skip
    assert calls[0]["started_at"].endswith("Z")
    assert [call["started_at"] for call in calls] == sorted((call["started_at"] for call in calls), reverse=True)


def test_calls_come_as_csv_under_the_names_of_agg(ledger: Commands) -> None:
    text = ledger.run("calls", "--format", "csv", "--columns", "agg", "--limit", "7").out

    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 7
    assert list(rows[0])[:5] == ["ACC", "DIRECTION", "EXT", "CALLER_PHONE", "TRUNK"]


def test_a_table_shows_a_hundred_calls_and_says_how_to_see_them_all(ledger: Commands) -> None:
    outcome = ledger.run("calls")

    assert len(outcome.out.splitlines()) == 101
    assert "--limit 0" in outcome.err


def test_filters_narrow_the_list_together(ledger: Commands) -> None:
    words = ("--direction", "incoming", "--outcome", "answered", "--min-duration", "1m")

    calls = ledger.run("calls", "--format", "json", *words).json()

    assert calls
    assert {(call["direction"], call["outcome"]) for call in calls} == {("incoming", "answered")}
    assert min(call["total_s"] for call in calls) >= 60


def test_every_wrong_filter_is_named_at_once_with_what_it_takes(ledger: Commands) -> None:
    outcome = ledger.run("calls", "--direction", "sideways", "--from", "tomorrow")

    assert outcome.code == 2
    assert "incoming, outgoing, internal, transit" in outcome.err
    assert "'from' must be a date" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("cals",), "'calls'"),
        (("calls", "--extention", "101"), "--extension"),
        (("calls", "--pbx", "htz"), "'hts'"),
        (("pbx", "edit", "hts", "--set", "pth=/srv"), "'path'"),
    ],
)
def test_a_slip_of_the_hand_is_met_with_what_was_probably_meant(
    ledger: Commands,
    typed: tuple[str, ...],
    meant: str,
) -> None:
    outcome = ledger.run(*typed)

    assert outcome.code == 2
    assert outcome.err.startswith("error: ")
    assert meant in outcome.err


def test_importing_a_file_again_changes_nothing(ledger: Commands, tmp_path: Path) -> None:
    before = ledger.run("calls", "--format", "json").out

    again = ledger.run("import", str(master_csv(tmp_path / "m.csv", CALLS)), "--pbx", "hts", "--format", "json").json()

    assert (again["frames"], again["calls"], again["duplicates"]) == (CALLS, 0, CALLS)
    assert ledger.run("calls", "--format", "json").out == before


def test_an_archive_and_stdin_are_imported_like_a_file(empty: Commands, tmp_path: Path) -> None:
    text = master_csv(tmp_path / "m.csv", 40).read_bytes()
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Master.csv", text)

    outcome = empty.run("import", str(tmp_path / "m.zip"), "-", "--pbx", "hts", "--format", "json", given=text)

    assert outcome.code == 0, outcome.err
    assert [(each["file"], each["calls"], each["duplicates"]) for each in outcome.json()["files"]] == [
        ("m.zip", 40, 0),
        ("stdin", 0, 40),
    ]


def test_records_that_cannot_be_read_are_counted_and_listed(empty: Commands) -> None:
    outcome = empty.run("import", "-", "--pbx", "hts", "--even-if-unreadable", given=b"this is no call\n")
    rejects = empty.run("rejects", "--format", "json").json()
    retried = empty.run("rejects", "retry")

    assert outcome.code == 0
    assert "records that could not be read: 1" in outcome.err
    assert [(reject["pbx"], reject["raw"]) for reject in rejects] == [("hts", "this is no call")]
    assert retried.out == "0 rejects became calls, 1 still cannot be read\n"


@pytest.mark.parametrize("name", [b"Master-\xff.csv", b"Master-\n\x1b[31m.csv", b"x" * 251 + b".csv"])
def test_a_file_of_any_name_is_imported(name: bytes, empty: Commands, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(name)
    master_csv(file, 3)

    outcome = empty.run("import", str(file), "--pbx", "hts", "--format", "json")

    assert outcome.code == 0
    assert outcome.json()["calls"] == 3
    assert outcome.json()["files"][0]["file"].isprintable()


def test_nothing_is_imported_when_one_of_the_files_is_missing(ledger: Commands, tmp_path: Path) -> None:
    outcome = ledger.run("import", str(tmp_path / "a.csv"), str(tmp_path), "/dev/null", "--pbx", "hts")

    assert outcome.code == 2
    assert "there is no such file" in outcome.err
    assert "it is a folder" in outcome.err
    assert "it is no ordinary file" in outcome.err


def test_an_empty_file_is_said_to_hold_no_record(empty: Commands, tmp_path: Path) -> None:
    (tmp_path / "Master.csv").touch()

    for more in ((), ("--dry-run",)):
        outcome = empty.run("import", str(tmp_path / "Master.csv"), "--pbx", "hts", *more)
        assert (outcome.code, "Master.csv holds no record" in outcome.err) == (0, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["calls", "--limit", "abc"], "for '--limit'\n reason: it must be a whole number\n"),
        (["calls", "--format", "xml"], "for '--format'\n reason: 'xml' is not one of 'table', 'json'"),
        (["pbx", "add"], "missing argument 'NAME'\n reason: it is written: tollbook pbx add "),
        (["cals"], "no such command 'cals'. Did you mean 'calls'?\n reason: it is written: tollbook [OPTIONS] COMMAND"),
    ],
)
def test_a_command_that_is_written_wrongly_is_told_in_plain_words(
    words: list[str],
    told: str,
    ledger: Commands,
) -> None:
    outcome = ledger.run(*words)

    assert (outcome.code, told in outcome.err) == (2, True), outcome.err


def test_the_journal_comes_back_as_it_was_taken_and_only_below_the_folder(empty: Commands, tmp_path: Path) -> None:
    text = master_csv(tmp_path / "m.csv", 20).read_bytes()
    empty.run("import", str(tmp_path / "m.csv"), "--pbx", "hts")

    outcomes = [empty.run("journal", "export", "--out", str(tmp_path / "out")) for _ in range(2)]

    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert [path.read_bytes() for path in (tmp_path / "out/hts").iterdir()] == [text]


def test_a_rebuilt_store_gives_the_same_calls(ledger: Commands) -> None:
    before = ledger.run("calls", "--format", "json").out

    rebuilt = ledger.run("rebuild")

    assert rebuilt.code == 0, rebuilt.err
    assert ledger.run("calls", "--format", "json").out == before


def test_status_says_that_nothing_is_taken_while_no_server_runs(ledger: Commands) -> None:
    outcome = ledger.run("status", "--format", "json")

    assert outcome.code == 1
    assert outcome.json()["server"] is False
    assert "no server runs" in outcome.err


def test_doctor_finds_nothing_to_mend_in_a_sound_site(ledger: Commands) -> None:
    outcome = ledger.run("doctor")

    assert outcome.code == 0, outcome.out


def test_credentials_in_a_url_are_taken_out_of_it_and_never_shown(empty: Commands) -> None:
    url = "url=http://INSTALLER:secret-word@127.0.0.1:9/cdr"

    added = empty.run("pbx", "add", "front", "--dialect", "panasonic-kx-hts", "--source", "http_poll", "--set", url)
    listed = empty.run("pbx", "list", "--format", "json")

    assert added.code == 0, added.err
    assert "secret-word" not in added.out + added.err + listed.out + listed.err
    front = next(pbx for pbx in listed.json() if pbx["name"] == "front")
    assert front["settings"] == {"url": "http://127.0.0.1:9/cdr", "username": "INSTALLER"}
    assert front["secrets"] == ["password"]


def test_reading_a_pbx_that_clears_needs_a_yes(empty: Commands) -> None:
    url = "url=http://127.0.0.1:9/cdr"
    empty.run("pbx", "add", "front", "--dialect", "panasonic-kx-hts", "--source", "http_poll", "--set", url)

    refused, asked = empty.run("pbx", "test", "front", given=b"n\n"), empty.run("pbx", "test", "front", "--yes")

    assert refused.code == 2
    assert "reading clears the file of front" in refused.err
    assert "nothing was done" in refused.err
    assert asked.code == 1
    assert "cannot connect" in asked.out


def test_a_pbx_is_changed_paused_resumed_removed_and_brought_back(empty: Commands, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    again = ("--dialect", "panasonic_kx_hts", "--source", "folder", "--set", "path=other")

    steps = [
        empty.run("pbx", "edit", "hts", "--set", "timezone=Asia/Tokyo", "--set", "path=other", folder=tmp_path),
        empty.run("pbx", "pause", "hts"),
        empty.run("pbx", "list", "--format", "json"),
        empty.run("pbx", "resume", "hts"),
        empty.run("pbx", "remove", "hts"),
        empty.run("pbx", "add", "hts", *again, folder=tmp_path),
    ]

    assert [step.code for step in steps] == [0] * 6
    shown = steps[2].json()[0]
    assert (shown["timezone"], shown["paused"], shown["settings"]["path"]) == (
        "Asia/Tokyo",
        True,
        str(tmp_path / "other"),
    )


def test_an_option_under_its_former_name_is_understood_and_the_one_of_today_is_told(
    empty: Commands,
    tmp_path: Path,
) -> None:
    (tmp_path / "records").mkdir()
    settings = ("--set", "path=records", "--set", "rescan=2s", "--set", "after=stay")
    words = ("--dialect", "panasonic-kx-hts", "--source", "folder", *settings)

    added = empty.run("pbx", "add", "front", *words, folder=tmp_path)
    edited = empty.run("pbx", "edit", "front", "--set", "rescan=3s")
    again = empty.run("pbx", "edit", "front", "--set", "interval=4s")
    listed = empty.run("pbx", "list", "--format", "json")

    assert "note: 'rescan' is 'interval' today" in added.err
    assert "note: 'after=stay' is 'after=leave' today" in added.err
    assert edited.err == "note: 'rescan' is 'interval' today\n"
    assert again.err == ""
    front = next(pbx for pbx in listed.json() if pbx["name"] == "front")
    assert front["settings"] == {"path": str(tmp_path / "records"), "interval": "4s", "after": "leave"}


def test_a_list_is_cut_short_without_complaint_by_a_reader_that_leaves(ledger: Commands) -> None:
    command = (
        f"{sys.executable} -c 'from tollbook.cli import main; main()' --site {ledger.site} calls --limit 0 | head -1"
    )
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        env=environment(),
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == b""


@pytest.mark.parametrize(
    "words",
    [("--format", "json", "calls", "--limit", "2"), ("calls", "--format", "json", "--limit", "2")],
)
def test_the_format_of_a_list_may_stand_before_the_command_or_after_it(
    ledger: Commands,
    words: tuple[str, ...],
) -> None:
    assert len(ledger.run(*words).json()) == 2


def test_a_damaged_settings_database_is_told_and_left_as_it_is(ledger: Commands) -> None:
    path = ledger.site / "site.sqlite"
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    before = path.read_bytes()

    outcome = ledger.run("status")

    assert (outcome.code, path.read_bytes()) == (2, before)
    assert "site.sqlite is damaged" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_change_that_says_nothing_is_refused(empty: Commands) -> None:
    refused = empty.run("pbx", "edit", "hts")

    assert refused.code == 2
    assert "it is not said what to change" in refused.err


def test_kinds_are_found_by_words_of_their_names(empty: Commands) -> None:
    found = empty.run("pbx", "kinds", "avaya office").out
    nothing = empty.run("pbx", "kinds", "no such thing")

    assert "  avaya-ip-office: Avaya IP Office" in found
    assert "sources (--source):" not in found
    assert (nothing.out, nothing.code) == ("", 0)
    assert "nothing has 'no such thing' in its name" in nothing.err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pbx pause h", ["hts"]),
        ("calls --pbx ", ["hts"]),
        ("budget add b --pbx ", ["hts"]),
        ("monthly-charge add c --pbx ", ["hts"]),
        ("directory assign extension 1 --pbx ", ["hts"]),
        ("sink test ", ["lake"]),
        ("pbx add x --dialect panasonic-kx-h", ["panasonic-kx-hts"]),
        ("pbx edit hts --dialect own", ["own-lines"]),
    ],
)
def test_the_shell_is_offered_names(empty: Commands, tmp_path: Path, typed: str, offered: list[str]) -> None:
    empty.run("sink", "add", "lake", "--kind", "file", "--set", f"path={tmp_path / 'lake'}")
    (empty.site / "dialects" / "own_lines").mkdir(parents=True)
    words = f"tollbook --site {empty.site} {typed}"
    asked = {"_TOLLBOOK_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    command = [Path(sys.executable).parent / "tollbook"]

    told = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=False)

    assert told.stdout.split() == offered


def test_a_pbx_without_a_time_zone_is_said_to_be_taken_for_one_in_utc(empty: Commands, tmp_path: Path) -> None:
    outcome = empty.run(
        "pbx",
        "add",
        "y",
        "--dialect",
        "panasonic-kx-hts",
        "--source",
        "folder",
        "--set",
        f"path={tmp_path / 'cdr'}",
    )

    assert outcome.code == 0, outcome.err
    assert "its clock is taken to be in UTC" in outcome.out + outcome.err
