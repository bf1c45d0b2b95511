"""`tollbook dialect`: the formats there are, what fits a file, and folders of one's own; no site is needed."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import shutil
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from tests.fakes.commands import Commands
from tollbook.simulator.__main__ import main as simulate

FORMATS = Path(__file__).parents[1] / "fakes" / "formats"
HTS = "panasonic-kx-hts"


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """A site with one format of its own, and nothing else in it."""
    shutil.copytree(FORMATS / "example_100", tmp_path / "site" / "dialects" / "example_100")
    return Commands(tmp_path / "site")


def records(tmp_path: Path, *, calls: int = 60, slug: str = "example-100") -> Path:
    path = tmp_path / "records.txt"
    span = ["--until", "2026-02-20T18:00", "--days", "20"]
    given = ["--folder", str(FORMATS), "--out", str(path), "--count", str(calls), *span]
    assert simulate(given, dialect=slug) == 0
    return path


def test_the_formats_are_listed_with_where_they_come_from(commands: Commands) -> None:
    listed = {row["dialect"]: row for row in commands.run("dialect", "list", "--format", "json").json()}

    assert listed[HTS]["from"] == "catalogue"
    assert listed["example-100"]["from"] == "own"
    assert listed["example-100"]["models"] == ["E-100"]
    assert "example-100" in commands.run("dialect", "list").out
    assert commands.run("dialect", "list", "--format", "csv").out.startswith("dialect,title,models,how sure,from\n")


def test_a_format_that_cannot_be_used_is_told_beside_the_list(commands: Commands) -> None:
    (commands.site / "dialects" / "example_100" / "dialect.toml").write_text("title = 3")

    outcome = commands.run("dialect", "list")

    assert outcome.code == 0
    assert "example-100" in outcome.err
    assert HTS in outcome.out


def test_the_format_of_a_file_is_detected_with_the_share_it_understands(commands: Commands, tmp_path: Path) -> None:
    fits = commands.run("dialect", "detect", str(records(tmp_path)), "--format", "json").json()

    assert fits[0]["dialect"] == "example-100"
    assert fits[0]["understood"] == 1.0
    assert fits[0]["lines"] == fits[0]["calls"] + fits[0]["skipped"]
    assert "skipped: " in fits[0]["why"]


def test_a_file_is_detected_in_an_archive_and_on_stdin(commands: Commands, tmp_path: Path) -> None:
    data = records(tmp_path).read_bytes()
    (tmp_path / "records.gz").write_bytes(gzip.compress(data))

    fits = r"\nexample-100 +100 % "
    assert re.search(fits, commands.run("dialect", "detect", str(tmp_path / "records.gz")).out)
    assert re.search(fits, commands.run("dialect", "detect", "-", given=data).out)


def test_what_no_format_understands_is_said(commands: Commands) -> None:
    outcome = commands.run("dialect", "detect", "-", given=b"nothing of the kind\n")

    assert outcome.code == 1
    assert "no format makes a call of a line of it" in outcome.err


def test_a_file_of_which_every_line_is_known_and_none_is_a_call_needs_no_new_format(commands: Commands) -> None:
    names = b'"cdrRecordType","globalCallID_callManagerId","globalCallID_callId","nodeId","directoryNum"\n'
    record = b'2,2,25447,2,"5550194",47874239,1744993941\n'

    outcome = commands.run("dialect", "detect", "-", given=names + record)

    assert outcome.code == 1
    assert "cisco-cucm knows every line, and none is a call" in outcome.err
    assert "the calls are in the files called cdr_" in outcome.err
    assert "dialect new" not in outcome.err


def test_a_new_format_says_what_it_has_not_found_and_makes_no_call_without_a_start(
    commands: Commands, tmp_path: Path,
) -> None:  # fmt: skip
    lines, folder = b"alpha;1;x\nbeta;2;y\n", str(tmp_path)

    made = commands.run("dialect", "new", "mine", "-", "--folder", folder, given=lines)
    tried = commands.run("dialect", "try", "mine", "-", "--folder", folder, given=lines)

    assert "no column was found for the start of a call" in made.err
    assert "0 calls, 0 skipped, 2 rejected" in tried.err
    assert "no column says when a call started" in tried.out


def test_a_format_that_comes_near_is_listed_with_what_it_cannot_read(commands: Commands) -> None:
    outcome = commands.run(
        "dialect",
        "detect",
        "-",
        given=b"02/20/26 10:00AM 101   01 5550100" + b" " * 25 + b"00:0x'45",
    )

    assert outcome.code == 1
    assert "rejected: talk_s is not a duration written hh:mm'ss" in outcome.out


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"<!DOCTYPE html><title>Login</title>", "a web page"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", "a web page"),
        (b"PK\x03\x04 broken", "archive cannot be read"),
    ],
)
def test_what_is_no_text_is_refused(commands: Commands, data: bytes, complaint: str) -> None:
    outcome = commands.run("dialect", "detect", "-", given=data)

    assert outcome.code == 2
    assert complaint in outcome.err


def test_a_trial_gives_an_object_for_each_line(commands: Commands, tmp_path: Path) -> None:
    path = records(tmp_path, calls=20)
    path.write_bytes(path.read_bytes() + b"02/30/26 10:00AM 101   01 5550100\r\n")

    outcome = commands.run(
        "dialect",
        "try",
        "example-100",
        str(path),
        "--format",
        "json",
        "--set",
        "timezone=Asia/Tokyo",
    )

    objects = [json.loads(line) for line in outcome.out.splitlines()]
    assert {each["is"] for each in objects} == {"record", "skipped", "rejected"}
    assert objects[-1]["reason"].startswith("date is not")
    call = next(each for each in objects if each["is"] == "record")
    assert call["started_local"][:10] == call["line"][6:8].join(["20", ""]) + "-" + call["line"][:5].replace("/", "-")
    assert call["extension"] in call["line"]
    assert outcome.err.endswith(" 1 rejected\n")


def test_a_trial_is_shown_as_a_table_and_as_csv(commands: Commands, tmp_path: Path) -> None:
    path = str(records(tmp_path, calls=20))

    table = commands.run("dialect", "try", "example-100", path).out
    rows = list(csv.DictReader(io.StringIO(commands.run("dialect", "try", "example-100", path, "--format", "csv").out)))

    assert table.split("\n")[0].split()[:2] == ["is", "started"]
    assert {row["is"] for row in rows} == {"record", "skipped"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["example-7", "-"], "no dialect is called 'example-7'"),
        (["example-100", "-", "--set", "colour=red"], "unknown option 'colour'"),
        (["example-100", "-", "--set", "timezone=Moon"], "'timezone' is unknown"),
        (["example-100", "-", "--set", "received=soon"], "'received' must be a time"),
        (["example-100", "nowhere.txt"], "there is no such file"),
        (["example-100", "-", "--folder", "nowhere"], "there is no folder 'nowhere'"),
    ],
)
def test_a_trial_that_makes_no_sense_is_explained(commands: Commands, words: list[str], complaint: str) -> None:
    outcome = commands.run("dialect", "try", *words)

    assert outcome.code == 2
    assert complaint in outcome.err


def test_a_folder_begun_from_a_sample_reads_it_and_hides_its_numbers(commands: Commands, tmp_path: Path) -> None:
    path = records(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"55501", b"48923"))

    made = commands.run("dialect", "new", "my-pbx", str(path))

    folder = commands.site / "dialects" / "my_pbx"
    assert made.code == 0, made.err
    text = (folder / "dialect.toml").read_text()
    assert tomllib.loads(text)["title"] == "my pbx"
    schema = folder / text.partition("\n")[0].removeprefix("#:schema ")
    assert schema.read_text() == commands.run("dialect", "schema").out
    assert jsonschema_rs.validator_for(json.loads(schema.read_text())).is_valid(tomllib.loads(text))
    assert not re.search(rb"48923\d\d", (folder / "cases" / "sample.txt").read_bytes())
    assert (folder / "README.md").read_text().startswith("# my pbx\n")
    tried = commands.run("dialect", "try", "my-pbx", str(path), "--format", "json")
    assert {json.loads(line)["is"] for line in tried.out.splitlines()} == {"record", "skipped"}
    assert commands.run("dialect", "new", "my-pbx", str(path)).code == 2


@pytest.mark.parametrize(
    ("name", "complaint"),
    [(HTS, "comes with Tollbook"), ("My PBX", "cannot be a dialect's name"), ("empty", "the sample is empty")],
)
def test_a_folder_that_cannot_be_is_not_begun(commands: Commands, name: str, complaint: str) -> None:
    outcome = commands.run("dialect", "new", name, "-", given=b"\r\n")

    assert outcome.code == 2
    assert complaint in outcome.err
    assert [path.name for path in (commands.site / "dialects").iterdir()] == ["example_100"]


def test_expected_outcomes_are_written_and_then_tested(commands: Commands, tmp_path: Path) -> None:
    cases = commands.site / "dialects" / "example_100" / "cases"
    cases.mkdir()
    shutil.copy(records(tmp_path, calls=5), cases / "calls.txt")

    assert commands.run("dialect", "test", "example-100").code == 1
    assert "written, to be read" in commands.run("dialect", "generate", "example-100").out
    tested = commands.run("dialect", "test", "example-100")
    assert (tested.code, "missing" in tested.out, "wrong" in tested.out) == (0, True, False)
    assert commands.run("dialect", "test", "--strict").code == 1


def test_a_changed_outcome_fails_and_is_written_over_only_when_told_to(commands: Commands, tmp_path: Path) -> None:
    folder = commands.site / "dialects" / "example_100"
    (folder / "cases").mkdir()
    shutil.copy(records(tmp_path, calls=5), folder / "cases" / "calls.txt")
    assert commands.run("dialect", "generate").code == 0
    layout = (folder / "dialect.toml").read_text()
    (folder / "dialect.toml").write_text(layout.replace('moment = "end"', 'moment = "start"'))

    tested = commands.run("dialect", "test")
    assert tested.code == 1
    assert "calls: outcome 3 has started_at" in tested.out
    left = commands.run("dialect", "generate")
    assert (left.code, "left as it is" in left.err) == (1, True)
    assert commands.run("dialect", "generate", "--force").code == 0
    assert commands.run("dialect", "test").code == 0


def test_a_format_that_takes_anothers_lines_and_shows_a_number_fails(commands: Commands, tmp_path: Path) -> None:
    folder = commands.site / "dialects" / "example_100"
    (folder / "cases").mkdir()
    shutil.copy(records(tmp_path, calls=5), folder / "cases" / "calls.txt")
    shutil.copytree(folder, folder.parent / "copy")
    (folder / "cases" / "open.txt").write_bytes(b"02/20/26 10:00AM 101   01 2125559876\r\n")
    commands.run("dialect", "generate")

    tested = commands.run("dialect", "test", "example-100", "--format", "json").json()

    grave = {each["what"] for each in tested if each["grave"] == "wrong"}
    assert "copy takes a line of example-100/calls" in {what.rpartition(": ")[0] for what in grave}
    assert "open: 2125559876 could be somebody's number" in grave


def test_a_simulation_that_cannot_be_used_fails(commands: Commands) -> None:
    (commands.site / "dialects" / "example_100" / "simulate.toml").write_text("line = 3")

    tested = commands.run("dialect", "test", "example-100")

    assert tested.code == 1
    assert "'line' cannot be used" in tested.out


def test_a_folder_is_not_begun_in_a_site_that_is_not_there(tmp_path: Path) -> None:
    outcome = Commands(tmp_path / "typo").run("dialect", "new", "my-pbx", "-", given=b"03/02/26 10:00 101 5550100\n")

    assert outcome.code == 2
    assert "there is no site here" in outcome.err
    assert not (tmp_path / "typo").exists()


def test_a_format_may_be_named_before_the_command(commands: Commands) -> None:
    assert commands.run("--format", "json", "dialect", "list").json()[0].keys() >= {"dialect", "models"}


def test_a_format_of_the_sites_own_is_simulated(commands: Commands, tmp_path: Path) -> None:
    out = tmp_path / "past.txt"

    assert "example-100" in commands.run("simulate").out
    made = commands.run("simulate", "example-100", "--out", str(out), "--count", "5")
    assert made.code == 0, made.err
    assert out.read_bytes().count(b"\r\n") >= 7
    assert commands.run("simulate", "example-100", "--duration", "0.1").out.startswith("listening on ")
    assert commands.run("simulate", "example-7").code == 2
