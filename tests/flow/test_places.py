"""Sites that join a centre as its places, each a real server: a code, a token, and how each is doing on one page."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fakes.commands import Commands, Server, master_csv, serving
from tests.fakes.sites import until
from tollbook.clock import now
from tollbook.simulator.certificates import WantedCertificate, make

CALLS = 30


class Fleet:
    """A centre and one more site, both being served."""

    def __init__(self, centre: Commands, at_centre: Server, edge: Commands) -> None:
        self.centre, self.at_centre, self.edge = centre, at_centre, edge

    def code(self, name: str) -> str:
        """Let a place join, and return its code."""
        added = self.centre.run("place", "add", name)
        assert added.code == 0, added.err
        return added.out.strip()

    def join(self, name: str) -> None:
        """Have the edge join as a place that is new."""
        joined = self.edge.run("join", self.at_centre.url, self.code(name))
        assert joined.code == 0, joined.err

    def place(self, name: str) -> dict[str, Any]:
        """Return what the centre knows of a place."""
        shown = self.centre.run("place", "show", name, "--format", "json")
        assert shown.code in (0, 1), shown.err
        return dict(json.loads(shown.out))

    def ask(self, path: str, token: str, value: object) -> httpx2.Response:
        """Ask the centre as a place does."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.post(f"{self.at_centre.url}/api/places/{path}", json=value, headers=headers, trust_env=False)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    for each in ("centre", "edge"):
        (folder / each).mkdir()
    centre, edge = (Commands(folder / each / "site").made() for each in ("centre", "edge"))
    with serving(centre.site) as at_centre, serving(edge.site):
        yield Fleet(centre, at_centre, edge)


def test_a_place_joins_with_a_code_and_tells_how_it_is(fleet: Fleet, tmp_path: Path) -> None:
    imported = fleet.edge.run("import", str(master_csv(tmp_path / "Master.csv", CALLS)), "--pbx", "hts")
    assert imported.code == 0, imported.err

    fleet.join("Hamburg")

    until(lambda: fleet.place("Hamburg")["health"])
    told = fleet.place("Hamburg")
    assert told["state"] == "well"
    assert [each["name"] for each in told["health"]["pbxs"]] == ["hts"]
    assert told["disk_free"] > 0
    assert abs(told["clock_s"]) < 5
    listed = fleet.centre.run("place", "list")
    assert listed.code == 0
    assert "Hamburg" in listed.out
    kept = fleet.edge.site / "centre.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["token"].encode() not in (fleet.centre.site / "site.sqlite").read_bytes()


def test_what_changes_at_a_place_is_told_soon(fleet: Fleet) -> None:
    fleet.join("Kiel")
    until(lambda: fleet.place("Kiel")["health"])

    fleet.edge.run("pbx", "pause", "hts")

    until(lambda: [each["state"] for each in fleet.place("Kiel")["health"]["pbxs"]] == ["paused"])


def test_a_code_works_once(fleet: Fleet) -> None:
    code = fleet.code("Bremen")
    spelled = code.lower().replace("-", " ")

    first = fleet.ask("join", "", {"code": spelled})
    second = fleet.ask("join", "", {"code": code})

    assert (first.status_code, first.json()["name"]) == (201, "Bremen")
    assert (second.status_code, second.json()["problems"][0]["what"]) == (403, "this code opens nothing")


def test_a_code_that_opens_nothing_is_told_at_the_place(fleet: Fleet) -> None:
    refused = fleet.edge.run("join", fleet.at_centre.url, "AAAA-BBBB")

    assert refused.code == 2
    assert "this code opens nothing: it was used already, or its day is over" in refused.err


def test_no_token_goes_unencrypted_to_another_machine(fleet: Fleet) -> None:
    refused = fleet.edge.run("join", "http://192.0.2.20", "AAAA-BBBB")

    assert refused.code == 2
    assert "without encryption the network could read the token" in refused.err


def test_a_centre_of_an_own_authority_is_joined_over_tls(tmp_path: Path) -> None:
    for each in ("centre", "edge"):
        (tmp_path / each).mkdir()
    centre, edge = (Commands(tmp_path / each / "site").made() for each in ("centre", "edge"))
    made = make(tmp_path, WantedCertificate(since=now()))
    code = centre.run("place", "add", "Hamburg").out.strip()
    with serving(centre.site, "--tls-certificate", str(made.certificate), "--tls-key", str(made.key)) as at_centre:
        assert at_centre.url.startswith("https://")

        not_trusted = edge.run("join", at_centre.url, code)
        joined = edge.run("join", at_centre.url, code, "--ca-file", str(made.certificate))

    assert (not_trusted.code, "certificate" in not_trusted.err) == (4, True), not_trusted.err
    assert (joined.code, joined.out) == (0, f"joined {at_centre.url} as Hamburg\n")
    assert "once `tollbook serve` runs" in joined.err


def test_a_place_that_joins_again_has_another_token(fleet: Fleet) -> None:
    old = fleet.ask("join", "", {"code": fleet.code("Jena")}).json()["token"]
    code = fleet.centre.run("place", "code", "Jena").out.strip()

    new = fleet.ask("join", "", {"code": code}).json()["token"]

    assert fleet.ask("leave", old, {}).status_code == 401
    assert fleet.ask("leave", new, {}).status_code == 200
    assert fleet.place("Jena")["state"] == "left"


def test_a_place_can_say_nothing_too_long_and_ask_nothing_else(fleet: Fleet) -> None:
    token = fleet.ask("join", "", {"code": fleet.code("Ulm")}).json()["token"]
    health = {"version": "9.9", "at": "2026-03-01T12:00:00Z"}

    assert fleet.ask("health", token, {**health, "version": "9" * 101}).status_code == 422
    assert fleet.ask("health", token, {**health, "at": "yesterday"}).status_code == 422
    assert fleet.ask("health", "", health).status_code == 401
    assert fleet.ask("health", token, {**health, "of_a_newer_tollbook": 1}).status_code == 200
    other = httpx2.get(f"{fleet.at_centre.url}/api/calls", headers={"Authorization": f"Bearer {token}"})
    assert other.status_code == 401


def test_a_place_that_was_removed_is_told_to_join_again(fleet: Fleet) -> None:
    fleet.join("Trier")
    until(lambda: fleet.place("Trier")["health"])

    assert fleet.centre.run("place", "remove", "Trier").code == 0
    fleet.edge.run("pbx", "resume", "hts")

    until(lambda: "knows this place no longer" in fleet.edge.site.with_suffix(".log").read_text())


def test_a_site_leaves_its_centre(fleet: Fleet) -> None:
    fleet.join("Celle")

    left = fleet.edge.run("leave")

    assert (left.code, left.out) == (0, f"left {fleet.at_centre.url}\n")
    assert not (fleet.edge.site / "centre.json").exists()
    assert fleet.place("Celle")["state"] == "left"
    again = fleet.edge.run("leave")
    assert again.code == 2
    assert "this site has joined no centre" in again.err
