"""`budget add|list|show|change|remove`, as they are typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.commands import Commands, master_csv, serving
from tests.fakes.sites import until

TARIFF = """
title = "Carrier A"
currency = "USD"
zone = "America/New_York"

[[rate]]
to = "*"
price = "0.10"
"""


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    """A site with three hundred calls of January 2026 that have a price, and two departments."""
    commands = Commands(tmp_path / "site").made()
    plan = ("--set", "country=US", "--set", "outside=9", "--set", "area-code=212")
    assert commands.run("plan", "set", "hts", *plan).code == 0
    (tmp_path / "carrier.toml").write_text(TARIFF)
    assert commands.run("tariff", "add", "carrier-a", str(tmp_path / "carrier.toml"), "--from", "2025-01-01").code == 0
    assert commands.run("tariff", "assign", "carrier-a").code == 0
    commands.run("import", str(master_csv(tmp_path / "Master.csv", 300)), "--pbx", "hts")
    (tmp_path / "people.csv").write_text(
        "kind,value,name,department\nextension,101,Anna Berg,Sales\nextension,102,Ben Cole,Sales / North\n",
    )
    assert commands.run("directory", "import", str(tmp_path / "people.csv"), "--yes").code == 0
    return commands


MONEY = ("--amount", "5", "--currency", "USD", "--from", "2026-01-01")


def test_budgets_are_set_up_listed_shown_changed_and_removed(site: Commands) -> None:
    added = site.run("budget", "add", "sales", "--department", "sales", *MONEY)
    assert added.out == "added sales: 5.00 USD per month for department Sales\n"
    assert site.run("budget", "add", "anna", "--extension", "101", "--carry", "rest", *MONEY).code == 0

    rows = {row["name"]: row for row in site.run("budget", "list", "--format", "json").json()}
    assert rows["sales"]["target"] == "Sales"
    assert rows["anna"]["pbx"] == "hts"
    assert "department Sales" in site.run("budget", "list").out
    assert site.run("budget", "list", "--format", "csv").out.startswith("name,kind,target,pbx,measure,")

    told = site.run("budget", "show", "sales", "--format", "json").json()
    january = told["periods"][-1]
    assert (january["from"], january["until"]) == ("2026-01-01", "2026-02-01")
    assert float(january["used"]) > 0
    assert "2026-01-01  2026-02-01  5.00" in site.run("budget", "show", "sales").out

    assert site.run("budget", "change", "sales", "--amount", "7.50").out == "changed sales: 7.50 USD per month\n"
    assert [each["amount"] for each in site.run("budget", "show", "sales", "--format", "json").json()["periods"]][
        -1
    ] == "5.00"
    assert site.run("budget", "remove", "sales", "--yes").out == "removed sales\n"
    assert site.run("budget", "show", "sales").code == 2


def test_all_that_is_wrong_with_a_budget_is_said_at_once(site: Commands) -> None:
    wrong = ("--amount", "1,50", "--currency", "euro", "--begins", "31", "--near", "200", "--measure", "money")
    told = site.run("budget", "add", "Sales", "--department", "Salse", *wrong)

    assert told.code == 2
    for each in (
        "'name' cannot be",
        "did you mean 'Sales'?",
        "'amount' is no amount",
        "'currency' is none",
        "'near' must be",
    ):
        assert each in told.err
    assert "'begins' must be a day that there always is" in told.err


def test_a_budget_is_for_one_target(site: Commands) -> None:
    assert "it is not said for whom" in site.run("budget", "add", "a", *MONEY).err
    assert "it is for one only" in site.run("budget", "add", "a", "--person", "A", "--trunk", "1", *MONEY).err
    assert site.run("budget", "list").err.startswith("there is no budget yet: tollbook budget add")


def test_a_state_reached_while_nothing_ran_is_noted_once_by_the_server_and_stays(site: Commands) -> None:
    tiny = ("--amount", "0.01", "--currency", "USD", "--from", "2026-01-01")
    assert site.run("budget", "add", "tiny", "--department", "Sales", *tiny).code == 0
    assert january(site)["over_reached_at"] is None

    with serving(site.site) as server:
        until(lambda: january(site)["over_reached_at"])
        first = january(site)["over_reached_at"]
        server.process.kill()
    with serving(site.site):
        assert site.run("budget", "add", "again", "--department", "Sales", *tiny).code == 0
        until(lambda: january(site, "again")["over_reached_at"])

        assert january(site)["over_reached_at"] == first


def january(site: Commands, name: str = "tiny") -> dict[str, Any]:
    found: dict[str, Any] = site.run("budget", "show", name, "--format", "json").json()["periods"][-1]
    return found
