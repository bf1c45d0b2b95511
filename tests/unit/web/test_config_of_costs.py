"""Tariffs, their assignments, budgets and monthly charges are part of the set-up as texts."""

from __future__ import annotations

from datetime import date

import msgspec
from django.test import Client

from tests.unit.web.test_budget_pages import ADD, SALES, priced
from tests.unit.web.test_config import applied, becomes, exported
from tollbook.dialects.authoring.guessing import guess
from tollbook.dialects.layout.written import written
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.site.budgets import operations as budgets
from tollbook.site.monthly_charges import operations
from tollbook.site.tariffs import operations as tariffs

__all__ = ("priced",)


def test_they_are_written_out_and_applied_again_change_nothing(admin: Client, priced: Engine) -> None:
    del priced
    admin.post(ADD, SALES)
    files = exported(admin)

    assert "tariffs/a/2020-01-01.toml" in files
    assert 'tariff = "a"' in files["tariff-rules.toml"]
    assert files["budgets.toml"].startswith("[sales]\n")
    assert becomes(applied(admin, files)) == []


def test_what_is_missing_is_added_and_a_dry_run_keeps_nothing(admin: Client, priced: Engine) -> None:
    admin.post(ADD, SALES)
    files = exported(admin)
    budgets.remove(TOLLBOOK, "sales")
    tariffs.unassign(TOLLBOOK, priced.tariffs, tariffs.rules()[0].id)
    files["tariffs/b/2026-01-01.toml"] = files["tariffs/a/2020-01-01.toml"].replace('"1"', '"2"')
    files["tariff-rules.toml"] += '\n[[rule]]\ntariff = "b"\ndirection = "internal"\n'
    wanted = ["tariff", "assignment of the tariff", "assignment of the tariff", "budget"]

    assert [each["what"] for each in applied(admin, files, dry_run=True)["changes"]] == wanted
    assert budgets.every() == []
    assert [each["what"] for each in applied(admin, files)["changes"]] == wanted
    assert [each.name for each in budgets.every()] == ["sales"]
    assert {each.tariff for each in tariffs.rules()} == {"a", "b"}
    assert becomes(applied(admin, files)) == []


def test_the_amount_of_a_budget_changes_and_for_whom_it_is_does_not(admin: Client, priced: Engine) -> None:
    del priced
    admin.post(ADD, SALES)
    files = {"budgets.toml": exported(admin)["budgets.toml"]}
    more = {"budgets.toml": files["budgets.toml"].replace('amount = "2"', 'amount = "3"')}
    other = {"budgets.toml": files["budgets.toml"].replace('"Sales"', '"Sales / North"')}

    assert [each["becomes"] for each in applied(admin, more)["changes"]] == ["change"]
    assert str(budgets.find("sales").amounts[-1].amount) == "3"
    assert "cannot become another" in applied(admin, other, status=422)["problems"][0]["what"]


def test_monthly_charges_are_written_out_and_made_again_as_they_were(admin: Client, priced: Engine) -> None:
    del priced
    rental = {"name": "Line rental", "kind": "extension", "target": "107", "amount": "12.5", "currency": "EUR"}
    headset = {**rental, "name": "Headset", "kind": "department", "target": "Sales", "tax": "19", "part_month": "days"}
    for each in (rental, headset):
        wanted = {**each, "from": "2026-01-15"}
        assert admin.post("/api/monthly-charges", wanted, content_type="application/json").status_code == 200
    operations.change(TOLLBOOK, 1, operations.MonthlyChargeChange(amount="13", since=date(2026, 6, 1)))
    files = {"monthly-charges.toml": exported(admin)["monthly-charges.toml"]}
    kept = operations.every()

    assert becomes(applied(admin, files)) == []
    operations.remove(TOLLBOOK, 3)
    operations.change(TOLLBOOK, 1, operations.MonthlyChargeChange(last=None, since=date(2026, 6, 1)))
    operations.remove(TOLLBOOK, 2)
    assert [each["becomes"] for each in applied(admin, files, dry_run=True)["changes"]] == ["add", "change", "add"]
    assert len(operations.every()) == 1
    applied(admin, files)
    assert [msgspec.structs.replace(each, id=0) for each in operations.every()] == [
        msgspec.structs.replace(each, id=0) for each in kept
    ]
    assert becomes(applied(admin, files)) == []


def test_what_is_wrong_with_monthly_charges_of_a_set_up_is_said(admin: Client, priced: Engine) -> None:
    del priced
    text = '[[monthly-charge]]\nname = "A"\nkind = "department"\ntarget = "Salse"\namount = "1"\ncurrency = "EUR"\n'
    told = applied(admin, {"monthly-charges.toml": text + "from = 2026-01-01\n"}, status=422)
    assert "did you mean 'Sales" in str(told)
    assert "cannot be read" in str(applied(admin, {"monthly-charges.toml": text}, status=422))


def test_what_fails_late_leaves_no_file_behind(admin: Client, priced: Engine) -> None:
    files = exported(admin)
    text = files["tariffs/a/2020-01-01.toml"].replace('"1"', '"2"')
    files = {
        "tariffs/a/2026-01-01.toml": text,
        "tariffs/b/2026-01-01.toml": text,
        "dialects/own_lines/dialect.toml": guessed(),
        "tariff-rules.toml": '[[rule]]\ntariff = "nowhere"\n',
    }

    refused = applied(admin, files, status=422)

    assert "no tariff is called 'nowhere'" in refused["problems"][0]["what"]
    assert [f"{each.tariff} {each.name}" for each in priced.tariffs.versions()] == ["a 2020-01-01"]
    assert [path.name for path in priced.tariffs.path.iterdir()] == ["a"]
    assert not list((priced.site.path / "dialects").glob("own*"))


def guessed() -> str:
    return written(guess(["02/03/26 09:30 101 01 2125550142 00:00:45", "02/03/26 09:31 102 02 2125550143 00:07:25"]))
