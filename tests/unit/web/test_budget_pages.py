"""The pages of budgets: how they stand, and setting them up with what is wrong beside the fields."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tests.unit.web.test_names_of_calls import page
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.pricing import TariffRule
from tollbook.rating.tariff_text import TariffText
from tollbook.site.directory import importing
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.tariffs import operations as tariffs

TARIFF = 'title = "A"\ncurrency = "USD"\nzone = "UTC"\n[[rate]]\nto = "*"\nprice = "0"\nconnect_fee = "1"\n'
DIRECTORY = b"kind,value,name,department\nextension,107,Anna Berg,Sales / North\n"
ADD = "/costs/budgets/add/"
SALES = {
    "name": "sales", "kind": "department", "target": "Sales", "amount": "2", "currency": "usd", "measure": "price",
    "per": "month", "begins": "1", "since": "2026-03-01", "carry": "nothing", "near": "80",
}  # fmt: skip


@pytest.fixture
def priced(engine: Engine, pbx: str) -> Engine:
    """Two calls of March 2026 at one dollar each, of somebody in Sales / North."""
    importing.apply(TOLLBOOK, DIRECTORY, importing.Strictness())
    given = tariffs.GivenVersion(tariff="a", document=TariffText(TARIFF, "a.toml"), first="2020-01-01")
    tariffs.add(TOLLBOOK, engine.tariffs, given)
    tariffs.assign(TOLLBOOK, engine.tariffs, TariffRule(id=0, tariff="a"))
    engine.meanings.prices = tariffs.pricing
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "US", "area-code": "212", "outside": "9", "extensions": "100-199"}})
    until(lambda: not engine.numbering(pbx))
    rows = [row("107", "9011442079460135"), row("107", "912135550150", at="2026-03-03 09:20:00")]
    import_file(engine, pbx, b"".join(rows))
    engine.apply()
    until(lambda: not engine.lag().rebuilding)
    return engine


def test_the_page_without_budgets_says_what_to_do(admin: Client, viewer: Client) -> None:
    assert "No budget yet" in page(admin, "/costs/budgets/")
    assert ADD in admin.get("/costs/budgets/").content.decode()
    assert "An administrator can set one up" in page(viewer, "/costs/budgets/")


def test_a_budget_is_set_up_shown_changed_and_removed(admin: Client, priced: Engine) -> None:
    del priced
    assert admin.post(ADD, SALES).status_code == 302
    assert "sales Department Sales" in page(admin, "/costs/budgets/")

    text = page(admin, "/costs/budgets/sales/")
    assert "2.00 USD of what is charged per month" in text
    assert re.search(r"March 2026 Near 100\.0 % 2\.00 USD 2\.00 0\.00", text)

    changed = {"amount": "5", "carry": "rest", "near": "90", "first": "2026-04-01"}
    assert admin.post("/costs/budgets/sales/edit/", changed).status_code == 302
    text = page(admin, "/costs/budgets/sales/")
    assert "What is left is carried over. Near from 90 % on." in text
    assert re.search(r"March 2026 Near 100\.0 % 2\.00 USD 2\.00 0\.00", text)

    assert "Calls and their prices stay as they are" in page(admin, "/costs/budgets/sales/remove/")
    assert admin.post("/costs/budgets/sales/remove/").status_code == 302
    assert admin.get("/costs/budgets/sales/").status_code == 404


def test_faults_stand_beside_their_fields(admin: Client, priced: Engine) -> None:
    del priced
    html = admin.post(ADD, {**SALES, "name": "No Name", "target": "Salse", "amount": "1,5"}).content.decode()

    for field, said in (
        ("name", "1 to 40 small letters"),
        ("target", "did you mean"),
        ("amount", "a point and no comma"),
    ):
        error = html.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]
        assert said in error.replace("D", "d")


def test_only_administrators_change_budgets_and_each_change_is_in_the_audit(
    admin: Client, viewer: Client, priced: Engine
) -> None:
    del priced
    assert viewer.post(ADD, SALES).status_code == 403
    admin.post(ADD, SALES)
    assert viewer.post("/costs/budgets/sales/remove/").status_code == 403

    assert "added the budget sales" in page(admin, "/audit/")
