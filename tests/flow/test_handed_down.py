"""What a centre hands down to its places: formats, tariffs, dial plans and directory, whole or not at all."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.commands import Commands, serving
from tests.fakes.sites import until
from tollbook.dialects.authoring.guessing import guess
from tollbook.dialects.layout.written import written

ABACUS = """\
03/02/26 09:01 101  01 2125550142       0'45  O
03/02/26 09:03 102  02 2125550143       1'05  O
03/02/26 09:07 103  01 2125550144       0'15  I
"""
PARTS = ("formats", "tariffs", "plans", "directory")


class HandingDown:
    """A centre that is served, and another site that has joined it as Hamburg."""

    def __init__(self, centre: Commands, edge: Commands) -> None:
        self.centre, self.edge = centre, edge

    def at(self, commands: Commands, *words: str, given: bytes = b"") -> Any:  # noqa: ANN401 - whatever was printed
        """Run a command that goes well, and return what it printed, JSON as values."""
        ran = commands.run(*words, given=given)
        assert ran.code == 0, ran.err
        return json.loads(ran.out) if ran.out.startswith(("[", "{")) else ran.out

    def place(self) -> dict[str, Any]:
        """Return what the centre knows of Hamburg."""
        return dict(json.loads(self.centre.run("place", "show", "Hamburg", "--format", "json").out))

    def heard(self) -> None:
        """Have Hamburg tell now how it is."""
        self.at(self.edge, "pbx", "edit", "hts", "--set", "timezone=America/New_York")

    def is_current(self) -> bool:
        """Say whether Hamburg has what is handed down."""
        return bool(self.place()["set_up"] == "current")

    def directory(self, commands: Commands) -> dict[str, str]:
        """Return who has which extension."""
        return {each["value"]: each["name"] for each in self.at(commands, "directory", "list", "--format", "json")}


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HandingDown]:
    folder = tmp_path_factory.mktemp("handed-down")
    for each in ("centre", "edge"):
        (folder / each).mkdir()
    centre, edge = (Commands(folder / each / "site").made() for each in ("centre", "edge"))
    own = centre.site / "dialects" / "abacus"
    own.mkdir(parents=True)
    (own / "dialect.toml").write_text(written(guess(ABACUS.splitlines())))
    with serving(centre.site) as at_centre, serving(edge.site):
        made = HandingDown(centre, edge)
        code = made.at(centre, "place", "add", "Hamburg").strip()
        made.at(edge, "join", at_centre.url, code)
        made.at(edge, "directory", "assign", "extension", "900", "--person", "Night Porter", "--create")
        yield made


def test_a_place_takes_over_what_is_handed_down(sites: HandingDown, tmp_path: Path) -> None:
    tariff = tmp_path / "flat.toml"
    tariff.write_text('title = "Flat"\ncurrency = "EUR"\n[[rate]]\nto = "*"\nname = "all"\nprice = "0.10"\n')
    sites.at(sites.centre, "tariff", "add", "flat", str(tariff), "--from", "2026-01-01")
    sites.at(sites.centre, "tariff", "assign", "flat")
    sites.at(sites.centre, "directory", "assign", "extension", "101", "--person", "Anna Berg", "--create")
    sites.at(sites.centre, "plan", "set", "hts", "--set", "country=DE")
    until(lambda: sites.place()["health"])

    sites.at(sites.centre, "place", "hand-down", "all", *PARTS)
    sites.heard()
    until(sites.is_current)

    assert sites.directory(sites.edge).items() >= {"101": "Anna Berg", "900": "Night Porter"}.items()
    assert (sites.edge.site / "dialects" / "abacus" / "dialect.toml").is_file()
    assert [each["tariff"] for each in sites.at(sites.edge, "tariff", "rules", "--format", "json")] == ["flat"]
    assert "DE" in sites.at(sites.edge, "plan", "show", "hts")


def test_what_is_taken_away_at_the_centre_is_taken_away_at_the_place_and_nothing_else(sites: HandingDown) -> None:
    sites.at(sites.centre, "place", "hand-down", "all", *PARTS)
    sites.at(sites.centre, "directory", "assign", "extension", "102", "--person", "Ben Falk", "--create")
    sites.heard()
    until(lambda: "102" in sites.directory(sites.edge))
    number = next(
        each["id"] for each in sites.at(sites.centre, "directory", "list", "--format", "json") if each["value"] == "102"
    )

    sites.at(sites.centre, "directory", "assignment", "remove", str(number), "--yes")
    sites.heard()

    until(lambda: "102" not in sites.directory(sites.edge))
    assert "900" in sites.directory(sites.edge)


def test_a_set_up_with_a_fault_changes_nothing_and_is_told_to_the_centre(sites: HandingDown) -> None:
    sites.at(sites.edge, "directory", "assign", "extension", "103", "--person", "Own Person", "--create")
    sites.at(sites.centre, "place", "hand-down", "all", *PARTS)
    sites.heard()
    until(sites.is_current)
    before = sites.directory(sites.edge)

    own = sites.centre.site / "dialects" / "broken"
    own.mkdir()
    (own / "dialect.toml").write_text("framing = 7\n")
    sites.at(sites.centre, "directory", "assign", "extension", "104", "--person", "Cleo Dorn", "--create")
    sites.heard()

    until(lambda: sites.place()["set_up"] == "refused")
    assert any("did not take the set-up" in each for each in sites.place()["troubles"])
    assert sites.directory(sites.edge) == before


def test_a_site_that_joined_without_set_up_takes_nothing(tmp_path: Path) -> None:
    for each in ("centre", "edge"):
        (tmp_path / each).mkdir()
    centre, edge = (Commands(tmp_path / each / "site").made() for each in ("centre", "edge"))
    with serving(centre.site) as at_centre, serving(edge.site):
        made = HandingDown(centre, edge)
        code = made.at(centre, "place", "add", "Hamburg").strip()
        made.at(edge, "join", at_centre.url, code, "--no-set-up")
        made.at(centre, "directory", "assign", "extension", "101", "--person", "Anna Berg", "--create")
        made.at(centre, "place", "hand-down", "all", "directory")
        until(lambda: made.place()["health"])
        heard_at = made.place()["heard_at"]

        made.heard()

        until(lambda: made.place()["heard_at"] != heard_at)
        assert made.place()["set_up"] == "old"
        assert made.directory(edge) == {}


def test_a_place_that_was_away_takes_the_newest_alone(tmp_path: Path) -> None:
    for each in ("centre", "edge"):
        (tmp_path / each).mkdir()
    centre, edge = (Commands(tmp_path / each / "site").made() for each in ("centre", "edge"))
    with serving(centre.site) as at_centre:
        made = HandingDown(centre, edge)
        made.at(edge, "join", at_centre.url, made.at(centre, "place", "add", "Hamburg").strip())
        made.at(centre, "place", "hand-down", "all", "directory")
        made.at(centre, "directory", "assign", "extension", "101", "--person", "Anna Berg", "--create")
        with serving(edge.site):
            until(made.is_current)
        ended = made.at(centre, "directory", "list", "--format", "json")[0]["id"]
        made.at(centre, "directory", "end", str(ended), "--on", "2026-02-01")
        made.at(
            centre,
            "directory",
            "assign",
            "extension",
            "101",
            "--person",
            "Ben Falk",
            "--create",
            "--from",
            "2026-02-01",
        )
        made.at(centre, "directory", "assign", "extension", "102", "--person", "Cleo Dorn", "--create")
        assert made.place()["set_up"] == "old"

        with serving(edge.site):
            until(made.is_current)
            assert set(made.directory(edge).values()) == set(made.directory(centre).values())
            listed = made.at(edge, "audit", "--format", "json")

    assert [each["action"] for each in listed].count("centre.take") == 2
