"""The version that a group of places should have: shown, and brought by the owner's own command where there is one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.commands import Commands, serving
from tests.fakes.sites import until
from tollbook.model.fence import FILE

NOTED = """#!/bin/sh
echo "$#:$1" >> "$0.ran"
exit {code}
"""


def an_updater(folder: Path, code: int) -> Path:
    """Return a program that notes how it was run, and ends with a code."""
    program = folder / "update-tollbook"
    program.write_text(NOTED.format(code=code))
    program.chmod(0o755)
    return program


@contextmanager
def joined(folder: Path, program: Path | None) -> Iterator[tuple[Commands, Commands]]:
    """Serve a centre, and a site that has joined it as Hamburg and has an update command, if one is given."""
    for each in ("centre", "edge"):
        (folder / each).mkdir()
    centre, edge = (Commands(folder / each / "site").made() for each in ("centre", "edge"))
    if program:
        (edge.site / FILE).write_text(f'[update]\ncommand = "{program}"\n')
    with serving(centre.site) as at_centre, serving(edge.site):
        code = centre.run("place", "add", "Hamburg").out.strip()
        assert edge.run("join", at_centre.url, code).code == 0
        until(lambda: hamburg(centre)["health"])
        yield centre, edge


def hamburg(centre: Commands) -> dict[str, Any]:
    """Return what the centre knows of Hamburg."""
    return dict(json.loads(centre.run("place", "show", "Hamburg", "--format", "json").out))


def heard_again(centre: Commands, edge: Commands) -> None:
    """Have Hamburg tell now how it is, and return once the centre has heard it."""
    before = hamburg(centre)["heard_at"]
    assert edge.run("pbx", "edit", "hts", "--set", "timezone=America/New_York").code == 0
    until(lambda: hamburg(centre)["heard_at"] != before)


def test_the_owners_command_is_run_once_with_the_version_alone(tmp_path: Path) -> None:
    program = an_updater(tmp_path, 3)
    with joined(tmp_path, program) as (centre, edge):
        wanted = centre.run("place", "want-version", "all", "9.9.9")
        heard_again(centre, edge)
        until(lambda: hamburg(centre)["health"]["update_failed"])
        heard_again(centre, edge)
        told = hamburg(centre)

    assert (wanted.code, wanted.out) == (0, "wanted of the group all: 9.9.9\n")
    assert Path(f"{program}.ran").read_text() == "1:9.9.9\n"
    assert told["wanted"] == "9.9.9"
    assert told["troubles"] == [f"it was not updated: {program} ended with 3"]


def test_without_a_command_the_version_is_only_shown(tmp_path: Path) -> None:
    with joined(tmp_path, None) as (centre, edge):
        assert centre.run("place", "want-version", "all", "9.9.9").code == 0
        heard_again(centre, edge)
        told, listed = hamburg(centre), centre.run("place", "list").out

    assert (told["state"], told["wanted"], told["update"]) == ("well", "9.9.9", "")
    assert "(9.9.9 wanted)" in listed


def test_an_older_version_is_not_brought(tmp_path: Path) -> None:
    program = an_updater(tmp_path, 0)
    with joined(tmp_path, program) as (centre, edge):
        assert centre.run("place", "want-version", "all", "0.0.1").code == 0
        heard_again(centre, edge)
        until(lambda: "older than what runs" in hamburg(centre)["update"])

    assert not Path(f"{program}.ran").exists()


def test_what_is_no_version_is_refused(tmp_path: Path) -> None:
    centre = Commands(tmp_path / "site").made()

    for each in ("latest", "1.4.0; reboot", "--help-me", "1.4.0\n2"):
        refused = centre.run("place", "want-version", "all", "--", each)
        assert (refused.code, "is no version" in refused.err) == (2, True), refused.err
