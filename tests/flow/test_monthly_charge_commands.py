"""`monthly-charge add|list|change|remove`, as they are typed, and what becomes of them in `chargeback`."""

from __future__ import annotations

from decimal import Decimal

from tests.fakes.commands import Commands
from tests.flow.test_budget_commands import site

__all__ = ("site",)
JANUARY = ("chargeback", "--month", "2026-01")
EUROS = ("--amount", "12.50", "--currency", "USD", "--tax", "8.875", "--from", "2026-01-01")


def test_monthly_charges_are_added_listed_changed_ended_and_removed(site: Commands) -> None:
    assert site.run("monthly-charge", "list").err.startswith("nothing is charged each month yet: tollbook monthly-")
    added = site.run("monthly-charge", "add", "Line rental", "--extension", "101", *EUROS)
    told = "12.50 USD and 8.875 % tax per month for extension 101 of hts, from 2026-01-01 on"
    assert added.out == f"added number 1, Line rental: {told}\n"
    assert "Line rental  extension 101 of hts" in site.run("monthly-charge", "list").out

    changed = site.run("monthly-charge", "change", "1", "--amount", "14", "--from", "2026-03-01")
    assert changed.out.startswith("changed number 1, now number 2, Line rental: 14.00 USD")
    ended = site.run("monthly-charge", "change", "2", "--to", "2026-12-31")
    assert ended.out.endswith("from 2026-03-01 to 2026-12-31\n")
    rows = site.run("monthly-charge", "list", "--format", "json").json()
    assert [(row["id"], row["amount"], row["from"], row["to"]) for row in rows] == [
        (1, "12.50", "2026-01-01", "2026-02-28"),
        (2, "14.00", "2026-03-01", "2026-12-31"),
    ]
    assert site.run("monthly-charge", "change", "2", "--to", "none").out.endswith("from 2026-03-01 on\n")

    assert site.run("monthly-charge", "remove", "1", "--yes").out.startswith("removed number 1, Line rental")
    assert "no monthly charge has the number 1" in site.run("monthly-charge", "remove", "1", "--yes").err
    said = [each["said"] for each in site.run("audit", "--format", "json").json()]
    assert sum("monthly charge" in each for each in said) == 5


def test_all_that_is_wrong_is_said_at_once(site: Commands) -> None:
    wrong = ("--amount", "1,50", "--currency", "usd", "--tax", "119", "--part-month", "half", "--to", "2020-01-01")
    told = site.run("monthly-charge", "add", " ", "--department", "Salse", *wrong)

    assert told.code == 2
    for each in (
        "'name' is missing",
        "did you mean 'Sales'?",
        "'amount' is no amount",
        "'currency' is none",
        "'tax' must be 0 to 100",
        "'part_month' must be one of whole, days",
        "'to' must not be before its first day",
    ):
        assert each in told.err


def test_the_same_is_not_charged_twice_on_a_day(site: Commands) -> None:
    assert site.run("monthly-charge", "add", "Headset", "--person", "Anna Berg", *EUROS).code == 0
    twice = site.run("monthly-charge", "add", "headset", "--person", "Anna Berg", *EUROS)

    assert twice.code == 2
    assert "is charged for Anna Berg already" in twice.err
    assert site.run("monthly-charge", "add", "Headset", "--person", "Ben Cole", *EUROS).code == 0


def test_a_statement_has_calls_and_monthly_charges_and_adds_up_whatever_it_is_by(site: Commands) -> None:
    for target in (("--extension", "101"), ("--person", "Ben Cole"), ("--department", "Sales / North")):
        assert site.run("monthly-charge", "add", "Rental", *target, *EUROS).code == 0
    assert site.run("monthly-charge", "add", "Port", "--department", "Sales", *EUROS, "--cost", "9").code == 0

    wholes = set()
    for by in ("department", "person", "cost-centre", "extension"):
        rows = site.run(*JANUARY, "--by", by, "--format", "json").json()
        names = ("cost", "price", "net", "monthly", "tax", "total", "total_cost", "total_difference")
        wholes.add(tuple(sum(Decimal(row[name]) for row in rows) for name in names))
        for row in rows:
            parts = sum(Decimal(row[name]) for name in ("net", "monthly", "tax"))
            assert Decimal(row["total"]) == parts
    (whole,) = wholes
    cost, price, net, monthly, tax, total, total_cost, difference = whole
    assert (monthly, tax) == (Decimal(50), Decimal("4.4375"))
    assert (net, total) == (price, price + monthly + tax)
    assert total - total_cost == difference
    assert total_cost == cost + (Decimal("12.50") * 3 + 9) * Decimal("1.08875")

    by_name = {row["name"]: row for row in site.run(*JANUARY, "--format", "json").json()}
    assert by_name["Sales"]["monthly"] == "25.00"
    assert by_name["Sales / North"]["monthly"] == "25.00"
    told = site.run(*JANUARY)
    assert "50.00 of monthly charges, 4.4375 of tax" in told.err
    assert site.run(*JANUARY, "--format", "csv").out.startswith("name,pbx,currency,calls,unpriced,talk_s,cost,price,")


def test_a_month_without_calls_still_has_what_is_charged_for_it(site: Commands) -> None:
    site.run("monthly-charge", "add", "Rental", "--extension", "101", *EUROS)

    (row,) = site.run("chargeback", "--month", "2027-01", "--by", "person", "--format", "json").json()
    assert (row["name"], row["calls"], row["total"]) == ("Anna Berg", 0, "13.609375")
