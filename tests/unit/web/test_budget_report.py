"""The report of budgets: each of the site stands in it, as its page has it."""

from __future__ import annotations

from django.test import Client

from tests.unit.web.test_charge_back_pages import priced
from tests.unit.web.test_phone_bill_pages import a_budget
from tollbook.engine.engine import Engine

__all__ = ("priced",)
REPORT = "/api/reports/budget-actual?from=2026-03-01&to=2026-03-31"


def test_each_budget_stands_with_what_its_calls_come_to(admin: Client, priced: Engine) -> None:
    del priced
    a_budget("anna", "extension", "107", "1")
    a_budget("sales", "department", "Sales", "10")
    told = admin.get(REPORT).json()

    names = [each["name"] for each in told["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in told["rows"]]
    assert [(each["budget"], each["used"].rstrip("0"), each["left"].rstrip("0"), each["state"]) for each in rows] == [
        ("anna", "1.19", "-0.19", "over"),
        ("sales", "2.38", "7.62", "within"),
    ]
    assert rows[0]["percent"] == 1.19
    history = admin.get("/api/budgets/sales").json()["periods"]
    assert [each["used"] for each in history if each["from"] == "2026-03-01"] == ["2.38"]


def test_it_counts_all_calls_of_a_budget_or_says_that_it_cannot(admin: Client, priced: Engine) -> None:
    del priced
    answer = admin.get(f"{REPORT}&direction=outgoing")

    assert answer.status_code == 422
    assert "budgets cannot be narrowed by direction" in answer.content.decode()
