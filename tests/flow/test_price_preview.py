"""`rate preview`, as it is typed: what it says calls would cost is what they cost once that is done."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.commands import Commands
from tests.fakes.sites import until
from tests.flow.test_cost_commands import site as unpriced_site
from tests.flow.test_tariff_commands import TARIFF, by

DAYS = ("--from", "2026-01-24", "--to", "2026-01-28")
DEARER = TARIFF.replace("0.02", "0.03").replace("valid_from = 2020-01-01\n", "")
BY_SIX_SECONDS = DEARER.replace("next_s = 60", "next_s = 6").replace("0.03", "0.02")
bare = unpriced_site


@pytest.fixture
def site(bare: Commands, tmp_path: Path) -> Commands:
    """A site whose outgoing calls are priced by carrier-a."""
    files = {"a": TARIFF, "dearer": DEARER, "six": BY_SIX_SECONDS}
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text)
    bare.run("tariff", "add", "carrier-a", str(tmp_path / "a.toml"))
    bare.run("tariff", "assign", "carrier-a")
    until(lambda: by(bare, "carrier-a/2020-01-01"))
    return bare


def previewed(site: Commands, *words: str) -> dict[str, Any]:
    done = site.run("rate", "preview", *words, "--format", "json")
    assert done.code == 0, done.err
    told: dict[str, Any] = done.json()
    return told


def totals(site: Commands, *days: str) -> Decimal:
    calls = site.run("calls", "--format", "json", "--limit", "0", *days).json()
    return sum((Decimal(call["price"]) for call in calls if call["price"] is not None), Decimal(0))


def test_new_totals_are_those_after_the_version_is_added_and_calls_are_priced_again(
    site: Commands,
    tmp_path: Path,
) -> None:
    file, before = str(tmp_path / "dearer.toml"), totals(site)

    told = previewed(site, "--tariff", "carrier-a", file, *DAYS)

    (total,) = told["totals"]
    assert totals(site) == before
    assert Decimal(total["old"]) == totals(site, *DAYS)
    site.run("tariff", "add", "carrier-a", file, "--from", DAYS[1])
    assert site.run("rate", "run", *DAYS).code == 0
    assert totals(site, *DAYS) == Decimal(total["new"])
    assert totals(site) - before == Decimal(total["difference"]) > 0


def test_another_carrier_is_tried_in_the_place_of_the_one_that_is_assigned(site: Commands, tmp_path: Path) -> None:
    site.run("tariff", "add", "carrier-b", str(tmp_path / "six.toml"), "--from", "2026-01-20")

    told = previewed(site, "--tariff", "carrier-b", *DAYS, "--most", "3")
    whole = previewed(site, "--tariff", "carrier-b", "--instead-of", "carrier-a")
    table = site.run("rate", "preview", "--tariff", "carrier-b", *DAYS)

    assert told["notes"] == ["carrier-b takes the place of carrier-a in this preview."]
    assert "Calls before 2026-01-20 are priced by 2026-01-20, too" in whole["notes"][1]
    assert (told["cheaper"] > 0, told["dearer"], len(told["changed_most"])) == (True, 0, 3)
    assert sum(each["calls"] for each in told["departments"]) == told["totals"][0]["calls"]
    assert "By destination" in table.out
    assert "nothing was changed" in table.err
    assert by(site, "carrier-a/2020-01-01")


def test_a_file_of_a_carrier_that_the_site_does_not_know_can_be_tried(site: Commands, tmp_path: Path) -> None:
    told = previewed(site, "--tariff", "newcomer", str(tmp_path / "six.toml"), *DAYS)

    assert (told["tariff"], told["version"], told["cheaper"] > 0) == ("newcomer", "2026-01-24", True)
    assert {row["tariff"] for row in site.run("tariff", "list", "--format", "json").json()} == {"carrier-a"}


def test_a_version_that_is_valid_later_than_the_file_counts_and_that_is_said(site: Commands, tmp_path: Path) -> None:
    told = previewed(site, "--tariff", "carrier-a", str(tmp_path / "dearer.toml"))
    dated = previewed(site, "--tariff", "carrier-a", str(tmp_path / "dearer.toml"), "--valid-from", "2021-01-01")

    assert told["notes"] == ["From 2020-01-01 on carrier-a 2020-01-01 counts, and not the file: it is valid later."]
    assert (told["changed"], dated["notes"], dated["dearer"] > 0) == (0, [], True)


def test_what_cannot_be_previewed_is_said_with_all_that_is_wrong(site: Commands, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(TARIFF.replace("0.02", "0,02").replace('"USD"', '"dollar"'))
    unknown = site.run("rate", "preview", "--tariff", "carrier-c")
    faulty = site.run("rate", "preview", "--tariff", "carrier-a", str(tmp_path / "wrong.toml"))
    nobodys = site.run("rate", "preview", "--tariff", "carrier-a", "--instead-of", "carrier-z")
    both = site.run("rate", "preview", "--tariff", "carrier-a", str(tmp_path / "a.toml"), "--version", "2020-01-01")

    assert {each.code for each in (unknown, faulty, nobodys, both)} == {2}
    assert "no tariff is called 'carrier-c'" in unknown.err
    assert all(word in faulty.err for word in ("'0,02'", "'dollar'"))
    assert "nothing can take the place of 'carrier-z'" in nobodys.err
    assert "cannot both be tried" in both.err
