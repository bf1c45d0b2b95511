"""`phone-bill`, as it is typed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.fakes.commands import Commands
from tests.flow.test_budget_commands import site

__all__ = ("site",)
JANUARY = ("--month", "2026-01")


def test_a_bill_is_shown_and_written_and_adds_up_to_the_statement(site: Commands, tmp_path: Path) -> None:
    told = site.run("phone-bill", "--person", "Anna Berg", *JANUARY, "--format", "json").json()
    rows = site.run("chargeback", *JANUARY, "--by", "person", "--format", "json").json()

    (total,) = told["totals"]
    (row,) = [each for each in rows if each["name"] == "Anna Berg" and each["currency"]]
    assert Decimal(total["total"]) == Decimal(row["total"]) > 0
    table = site.run("phone-bill", "--person", "Anna Berg", *JANUARY)
    assert "Anna Berg, January 2026" in table.err
    assert "total" in table.out
    bill = tmp_path / "bill.pdf"
    written = site.run("phone-bill", "--department", "Sales", *JANUARY, "--format", "pdf", "-o", str(bill))
    assert written.err == f"written to {bill}\n"
    assert bill.read_bytes().startswith(b"%PDF")


def test_whose_bill_it_is_has_to_be_said(site: Commands) -> None:
    assert "it is not said for whom" in site.run("phone-bill").err
    assert "'mask' must be one of" in site.run("phone-bill", "--person", "Anna Berg", "--mask", "last-9").err
