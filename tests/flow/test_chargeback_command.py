"""`chargeback`, as it is typed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.fakes.commands import Commands
from tests.flow.test_budget_commands import site

__all__ = ("site",)
JANUARY = ("chargeback", "--month", "2026-01")


def test_what_calls_of_a_month_come_to_is_listed_by_whom_they_are_charged_to(site: Commands, tmp_path: Path) -> None:
    del tmp_path
    by = {
        word: site.run(*JANUARY, "--by", word, "--format", "json").json()
        for word in ("department", "person", "cost-centre", "extension")
    }

    assert {"Sales", "Sales / North", ""} == {row["name"] for row in by["department"]}
    assert {"Anna Berg", "Ben Cole", ""} == {row["name"] for row in by["person"]}
    (calls,) = {sum(row["calls"] for row in rows) for rows in by.values()}
    (price,) = {sum(Decimal(row["price"]) for row in rows) for rows in by.values()}
    assert calls > 0
    table = site.run(*JANUARY)
    assert "Sales / North" in table.out
    assert f"together {price} USD of cost, {price} USD charged" in table.err
    assert site.run(*JANUARY, "--format", "csv").out.startswith("name,pbx,currency,calls,")


def test_what_is_no_month_and_no_way_to_charge_is_said(site: Commands) -> None:
    assert "'month' must be a month such as 2026-10" in site.run("chargeback", "--month", "October").err
    assert "did you mean 'department'?" in site.run(*JANUARY, "--by", "departments").err
    assert site.run("chargeback", "--month", "2020-01").err.startswith("no call of that month has a price")
