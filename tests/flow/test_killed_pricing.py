"""The server killed while calls are priced again: prices are all the old ones or all the new ones, and end right."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import duckdb
import httpx2
import pytest

from tests.fakes.commands import Commands, master_csv, serving

KILLS = 5
CALLS = 8_000
LONGEST_S = 0.5
"""The longest that a server is left at work once it was asked; calls are priced in about half of that."""
TARIFF = """
title = "Carrier A"
currency = "USD"
zone = "America/New_York"
valid_from = 2020-01-01

[[rate]]
to = "*"
price = "0.02"
next_s = 60

[[bundle]]
name = "minutes"
to = ["*"]
seconds = 36000
per = "year"
shared_by = "site"
"""
Prices = dict[str, tuple[int, str]]


def prices(site: Path) -> Prices:
    """Return the number and the sum of prices by version, as the store has them."""
    with duckdb.connect(str(site / "calls.duckdb")) as connection:
        query = "SELECT tariff, count(*), sum(price)::VARCHAR FROM calls WHERE price IS NOT NULL GROUP BY tariff"
        return {label: (count, total) for label, count, total in connection.execute(query).fetchall()}


def settled(commands: Commands, words: tuple[str, ...]) -> Prices:
    assert commands.run(*words).code == 0
    return prices(commands.site)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_calls_that_are_priced_again_have_all_the_old_prices_or_all_the_new_ones(tmp_path: Path) -> None:
    chance = random.Random(5)
    commands = Commands(tmp_path / "site").made()
    plan = ("--set", "country=US", "--set", "outside=9", "--set", "area-code=212")
    assert commands.run("plan", "set", "hts", *plan).code == 0
    assert commands.run("import", str(master_csv(tmp_path / "Master.csv", CALLS)), "--pbx", "hts").code == 0
    for name, text in (("a", TARIFF), ("b", TARIFF.replace("0.02", "0.03"))):
        (tmp_path / f"{name}.toml").write_text(text)
    assert commands.run("tariff", "add", "carrier", str(tmp_path / "a.toml")).code == 0
    old = settled(commands, ("tariff", "assign", "carrier"))
    assert commands.run("tariff", "add", "carrier", str(tmp_path / "b.toml")).code == 0
    new = settled(commands, ("rate", "run"))
    assert len(old) == len(new) == 1
    assert old != new

    for number in range(KILLS):
        with serving(commands.site) as server:
            what = "again" if number % 2 else "undo"
            answer = httpx2.post(
                f"{server.url}/api/prices/{what}",
                headers={"Authorization": f"Bearer {server.token}"},
                json={} if what == "again" else None,
            )
            assert answer.status_code == 200, answer.text
            threading.Event().wait(chance.random() * LONGEST_S)
            server.process.kill()
        assert prices(commands.site) in (old, new), number

    assert settled(commands, ("rate", "run")) == new
