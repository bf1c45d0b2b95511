"""`tollbook imports`: which files were imported, taking one back and putting it back, with and without a server."""

from pathlib import Path

import httpx2
import pytest

from tests.fakes.commands import Commands, master_csv, serving


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    folder = tmp_path_factory.mktemp("imports")
    commands = Commands(folder / "site").made()
    for name, calls in (("january.csv", 30), ("wrong.csv", 20)):
        path = master_csv(folder / name, calls, seed=calls)
        assert commands.run("import", str(path), "--pbx", "hts").code == 0
    return commands


def count(commands: Commands) -> int:
    return len(commands.run("calls", "--format", "json", "--limit", "0").json())


def imports(commands: Commands) -> list[tuple[int, str, str]]:
    listed = commands.run("imports", "list", "--format", "json").json()
    return [(each["body"], each["origin"], each["state"]) for each in listed]


def test_an_import_is_taken_back_and_put_back(commands: Commands) -> None:
    (wrong, _, _), _ = imports(commands)

    kept = commands.run("imports", "undo", str(wrong), given=b"n\n")
    assert kept.code == 2
    assert "20 of its calls leave the ledger" in kept.out + kept.err
    assert count(commands) == 50

    undone = commands.run("imports", "undo", str(wrong), "--yes")
    assert undone.code == 0, undone.err
    assert "20 calls left the ledger" in undone.out
    assert (count(commands), imports(commands)[0]) == (30, (wrong, "wrong.csv", "taken-back"))
    again = commands.run("imports", "undo", str(wrong))
    assert (again.code, "is taken back already" in again.err) == (2, True)

    redone = commands.run("imports", "redo", str(wrong))
    assert redone.code == 0, redone.err
    assert (count(commands), imports(commands)[0]) == (50, (wrong, "wrong.csv", "complete"))
    said = [each["said"] for each in commands.run("audit", "--format", "json").json()]
    assert {"took back an import of the PBX hts", "put back an import of the PBX hts"} <= set(said)


def test_a_number_that_no_import_has_is_said_not_to_be_one(commands: Commands) -> None:
    outcome = commands.run("imports", "undo", "999", "--yes")

    assert outcome.code == 2
    assert "there is no import 999" in outcome.err


def test_a_server_takes_an_import_back_too(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site").made()
    with serving(commands.site) as server:
        assert commands.run("import", str(master_csv(tmp_path / "wrong.csv", 10)), "--pbx", "hts").code == 0
        (body, _, _), *_ = imports(commands)
        assert commands.run("imports", "undo", str(body), "--yes").code == 0
        assert count(commands) == 0
        with httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as http:
            assert http.post(f"/api/imports/{body}/undo").status_code == 422
            assert http.post("/api/imports/999/redo").status_code == 404
            assert http.get("/api/imports", params={"pbx": "hts", "format": "csv"}).text.count("taken-back") == 1


def test_rejects_are_put_aside_and_stay_so_from_one_command_to_the_next(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site").made()
    for data in (b"one\ntwo\n", b"three\n"):
        assert commands.run("import", "-", "--pbx", "hts", "--even-if-unreadable", given=data).code == 0
    (_, _, _), (first, _, _) = imports(commands)

    done = commands.run("rejects", "put-aside", "--import", str(first), "--note", "test lines")
    assert (done.code, done.out.strip()) == (0, "2 rejects put aside")
    assert [each["raw"] for each in commands.run("rejects", "--format", "json").json()] == ["three"]
    assert [each["rejected"] for each in commands.run("status", "--format", "json").json()["pbxs"]] == [1]
    aside = commands.run("rejects", "--put-aside", "--format", "json").json()
    assert [each["note"] for each in aside] == ["test lines"] * 2
    assert commands.run("rejects", "put-aside").code == 2
    assert commands.run("rejects", "bring-back", aside[0]["id"]).out.strip() == "1 rejects brought back"
    assert len(commands.run("rejects", "--format", "json").json()) == 2
