"""`tariff`, `rate` and `explain`, as they are typed: calls get their prices, and get others when somebody asks."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.commands import Commands, master_csv
from tests.fakes.sites import until

TARIFF = """
title = "Carrier A"
currency = "USD"
zone = "America/New_York"
valid_from = 2020-01-01
round = { places = 4 }

[[rate]]
to = "*"
price = "0.02"
next_s = 60
"""
SAME_DAY = TARIFF.replace("0.02", "0.03")


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    commands = Commands(tmp_path / "site").made()
    plan = ("--set", "country=US", "--set", "outside=9", "--set", "area-code=212")
    assert commands.run("plan", "set", "hts", *plan).code == 0
    commands.run("import", str(master_csv(tmp_path / "Master.csv", 300)), "--pbx", "hts")
    (tmp_path / "a.toml").write_text(TARIFF)
    (tmp_path / "dearer.toml").write_text(SAME_DAY)
    (tmp_path / "faulty.toml").write_text(TARIFF.replace("next_s", "nxt_s").replace("USD", "dollar"))
    return commands


def costs(site: Commands) -> dict[str, tuple[Decimal, str]]:
    """Return what outgoing calls cost, and the names of the versions by which they do."""
    calls = site.run("calls", "--format", "json", "--limit", "0", "--direction", "outgoing").json()
    return {
        call["id"]: (Decimal(call["cost"]), call["tariff"].partition("@")[0])
        for call in calls
        if call["cost"] is not None
    }


def by(site: Commands, version: str) -> bool:
    found = costs(site)
    return bool(found) and {each for _, each in found.values()} == {version}


def test_calls_cost_what_a_tariff_says_until_they_are_priced_again(site: Commands, tmp_path: Path) -> None:
    added = site.run("tariff", "add", "carrier-a", str(tmp_path / "a.toml"))
    assigned = site.run("tariff", "assign", "carrier-a")
    assert (added.code, assigned.code) == (0, 0), added.err + assigned.err
    until(lambda: by(site, "carrier-a/2020-01-01"))
    before = costs(site)

    dearer = site.run("tariff", "add", "carrier-a", str(tmp_path / "dearer.toml"), "--format", "json").json()
    assert (dearer["name"], dearer["changes"]["dearer"]) == ("2020-01-01.r2", 1)
    assert costs(site) == before

    again = site.run("rate", "run")
    assert (again.code, by(site, "carrier-a/2020-01-01.r2")) == (0, True), again.err
    assert sum(cost for cost, _ in costs(site).values()) * 2 == sum(cost for cost, _ in before.values()) * 3

    taken_back = site.run("rate", "undo")
    assert (taken_back.code, costs(site)) == (0, before), taken_back.err
    said = site.run("audit", "--format", "csv").out
    assert all(what in said for what in ("added the tariff", "assigned the tariff", "had calls priced again"))


def test_a_price_is_explained_with_the_version_that_the_call_names(site: Commands, tmp_path: Path) -> None:
    site.run("tariff", "add", "carrier-a", str(tmp_path / "a.toml"))
    site.run("tariff", "assign", "carrier-a")
    until(lambda: by(site, "carrier-a/2020-01-01"))
    dear = max(costs(site).items(), key=lambda each: each[1])

    told = site.run("explain", dear[0], "--format", "json").json()

    assert (Decimal(told["cost"]), told["currency"], told["matched"]) == (dear[1][0], "USD", "*")
    assert told["explanation"][0].startswith("The tariff is Carrier A (carrier-a/2020-01-01@")
    assert told["explanation"][-1] in site.run("explain", dear[0]).out
    assert (site.run("explain", "no-id").code, "no call has the id" in site.run("explain", "no-id").err) == (2, True)


def test_a_tariff_with_faults_is_not_kept_and_a_dry_run_keeps_nothing(site: Commands, tmp_path: Path) -> None:
    faulty = site.run("tariff", "add", "carrier-a", str(tmp_path / "faulty.toml"))
    dry = site.run("tariff", "add", "carrier-a", str(tmp_path / "a.toml"), "--dry-run")
    unknown = site.run("tariff", "assign", "carrier-a")

    assert (faulty.code, dry.code, unknown.code) == (2, 0, 2)
    assert all(
        word in faulty.err for word in ("'dollar'", "'nxt_s' is no setting", str(tmp_path / "faulty.toml:3"), "next_s")
    )
    assert "would add carrier-a 2020-01-01: 1 rates" in dry.out
    assert "no tariff is called 'carrier-a'" in unknown.err
    assert site.run("tariff", "list", "--format", "json").json() == []


@pytest.mark.parametrize("name", ["../people", "..", ""])
def test_a_name_that_leads_elsewhere_is_refused_as_it_was_typed(site: Commands, tmp_path: Path, name: str) -> None:
    file = str(tmp_path / "a.toml")

    told = [
        site.run(*words)
        for words in (
            ("tariff", "add", name, file),
            ("tariff", "show", name),
            ("tariff", "export", name),
            ("explain", name),
        )
    ]

    assert {each.code for each in told} == {2}
    assert all(f"error: {name!r} cannot be a name" in each.err for each in told), told


def test_a_tariff_is_written_out_as_it_was_added(site: Commands, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("to,name,price\n+1212,Here,0.01\n")
    site.run("tariff", "add", "carrier-a", str(tmp_path / "a.toml"))
    again = site.run("tariff", "add", "carrier-a", str(tmp_path / "a.toml"))

    assert site.run("tariff", "export", "carrier-a").out == TARIFF
    assert site.run("tariff", "export", "carrier-a", "--prices").out == "to,name,price\n+1212,Here,0.01\n"
    assert (again.code, "says the same" in again.err) == (2, True)
    missing = site.run("tariff", "export", "carrier-a", "--version", "2021-01-01")
    assert (missing.code, "did you mean '2020-01-01'?" in missing.err) == (2, True)


def test_an_assignment_that_is_taken_away_prices_no_call_from_now_on(site: Commands, tmp_path: Path) -> None:
    site.run("tariff", "add", "carrier-a", str(tmp_path / "a.toml"))
    site.run("tariff", "assign", "carrier-a", "--pbx", "hts")
    until(lambda: by(site, "carrier-a/2020-01-01"))
    before = costs(site)
    twice = site.run("tariff", "assign", "carrier-a", "--pbx", "hts")

    taken = site.run("tariff", "unassign", "1")

    assert (twice.code, taken.code, costs(site)) == (2, 0, before), taken.err
    assert site.run("tariff", "rules", "--format", "json").json() == []
    site.run("rate", "run")
    assert costs(site) == {}


def test_calls_that_are_taken_back_leave_what_they_used_of_a_bundle_to_others(site: Commands, tmp_path: Path) -> None:
    bundle = '\n[[bundle]]\nname = "some"\nto = ["*"]\nseconds = 1800\nper = "year"\nshared_by = "site"\n'
    (tmp_path / "bundle.toml").write_text(TARIFF + bundle)
    assert site.run("tariff", "add", "carrier-a", str(tmp_path / "bundle.toml")).code == 0
    assert site.run("tariff", "assign", "carrier-a").code == 0
    until(lambda: bool(covered(site)))
    before = covered(site)
    assert sum(before.values()) == 1800

    site.run("import", str(master_csv(tmp_path / "more.csv", 300, seed=2)), "--pbx", "hts")
    between = covered(site)
    assert sum(between.values()) == 1800
    assert between.keys() - before.keys(), "some of the later file began earlier"

    (body, *_) = (each["body"] for each in site.run("imports", "list", "--format", "json").json())
    assert site.run("imports", "undo", str(body), "--yes").code == 0
    assert covered(site) == before


def covered(site: Commands) -> dict[str, Decimal]:
    """Return what calls took of a bundle."""
    calls = site.run("calls", "--format", "json", "--limit", "0", "--direction", "outgoing").json()
    return {call["id"]: Decimal(call["bundle_taken"]) for call in calls if call["bundle"]}


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("tariff", "assign", "carrier-a", "--from", "2026-02-30"), "--from"),
        (("tariff", "assign", "carrier-a", "--until", "soon"), "--until"),
        (("rate", "run", "--to", "1.2.2026"), "--to"),
    ],
)
def test_a_day_that_is_none_is_refused_by_the_name_of_its_option(
    site: Commands,
    words: tuple[str, ...],
    option: str,
) -> None:
    refused = site.run(*words)

    assert refused.code == 2
    assert f"'{option}' is no day" in refused.err
    assert f"help: {option} 2026-01-31" in refused.err


def test_days_in_the_wrong_order_are_named_as_they_were_typed(site: Commands) -> None:
    refused = site.run("rate", "run", "--from", "2026-02-01", "--to", "2026-01-01")

    assert (refused.code, "2026-02-01 is after 2026-01-01" in refused.err) == (2, True), refused.err
