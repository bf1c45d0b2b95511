"""`rate unpriced` and `rate pbx-charges`, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.commands import Commands, master_csv


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    """A site with three hundred calls of January 2026, numbered and without a tariff."""
    commands = Commands(tmp_path / "site").made()
    plan = ("--set", "country=US", "--set", "outside=9", "--set", "area-code=212")
    assert commands.run("plan", "set", "hts", *plan).code == 0
    commands.run("import", str(master_csv(tmp_path / "Master.csv", 300)), "--pbx", "hts")
    return commands


def test_calls_without_a_price_are_listed_and_found_by_the_reason(site: Commands) -> None:
    table, rows = site.run("rate", "unpriced"), site.run("rate", "unpriced", "--format", "json").json()
    found = site.run("calls", "--unpriced", "no-tariff", "--format", "json", "--limit", "0").json()

    assert {row["reason"] for row in rows} == {"no-tariff"}
    assert sum(row["calls"] for row in rows) == len(found) > 0
    assert "begins with" in table.out
    assert "no-tariff: Assign a tariff to the line: tollbook tariff assign TARIFF" in table.err
    assert site.run("rate", "unpriced", "--from", "2027-01-01").err == "every call that should have a price has one\n"
    assert site.run("rate", "unpriced", "--pbx", "nope").code == 2


def test_where_no_pbx_writes_charges_there_is_nothing_to_compare(site: Commands) -> None:
    told = site.run("rate", "pbx-charges", "--format", "json").json()

    assert told == {"comparisons": [], "differ_most": []}
    assert site.run("rate", "pbx-charges").err == "no PBX wrote a charge or units\n"
    assert site.run("rate", "pbx-charges", "--format", "csv").out.startswith("pbx,pbx_currency,currency,calls,both")


def test_what_a_pbx_charges_is_compared_with_the_tariff(site: Commands, tmp_path: Path) -> None:
    plan = ("--set", "country=US", "--set", "outside=9", "--set", "area-code=212")
    place = ("--source", "folder", "--set", f"path={tmp_path / 'lg'}", "--set", "timezone=America/New_York")
    (tmp_path / "lg").mkdir()
    record = "0003 102  003 00:03:05 24/02/26 16:4{} O912125550142                 {}       778899\r\n"
    (tmp_path / "lg.txt").write_text(record.format(0, "0.08") + record.format(1, "0.45"), newline="")
    (tmp_path / "a.toml").write_text('title = "A"\ncurrency = "USD"\n[[rate]]\nto = "*"\nprice = "0.02"\nnext_s = 60\n')
    for words in (
        ("pbx", "add", "lg", "--dialect", "lg-ipecs", *place),
        ("plan", "set", "lg", *plan),
        ("tariff", "add", "carrier-a", str(tmp_path / "a.toml"), "--from", "2026-01-01"),
        ("tariff", "assign", "carrier-a"),
        ("import", str(tmp_path / "lg.txt"), "--pbx", "lg"),
        ("rate", "run"),
    ):
        done = site.run(*words)
        assert done.code == 0, done.err

    told = site.run("rate", "pbx-charges", "--format", "json").json()

    assert [(each["pbx"], each["both"], each["equal"], each["difference"]) for each in told["comparisons"]] == [
        ("lg", 2, 1, "-0.37"),
    ]
    assert [(each["pbx_charge"], each["price"], each["difference"]) for each in told["differ_most"]] == [
        ("0.45", "0.08", "-0.37"),
    ]
    table = site.run("rate", "pbx-charges").out
    assert "Calls that differ most" in table
    assert "-0.37" in table
