"""Whoever does not see what calls cost is offered no report about it, and finds no amount in any other."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.unit.web.test_charge_back_pages import priced
from tollbook.engine.engine import Engine
from tollbook.model.report import Unit
from tollbook.reports.costs import is_of_costs
from tollbook.reports.known import reports
from tollbook.reports.vocabulary import measures

__all__ = ("priced",)
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
def rita(admin: Client, priced: Engine) -> Client:
    del admin, priced
    let_in("rita", "reception")
    client = Client()
    assert client.login(username="rita", password=PASSWORD)
    return client


def rows(client: Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(address, {"format": "json"}).json()
    return found


def test_no_report_about_costs_and_no_amount_is_offered(rita: Client, admin: Client) -> None:
    of_costs = {slug for slug, each in reports().items() if is_of_costs(each)}
    assert {"cost-summary", "phone-bill", "dearest-calls", "by-cost-centre", "budget-actual"} <= of_costs
    assert not {"by-department", "call-list", "overview", "possible-abuse"} & of_costs

    offered, whole = ({row["slug"] for row in rows(each, "/api/reports")} for each in (rita, admin))
    assert whole - offered == of_costs
    page = rita.get("/reports/").content.decode()
    assert "/reports/by-department/" in page
    assert "/reports/cost-summary/" not in page
    words, every = ({row["name"] for row in rows(each, "/api/reports/words")} for each in (rita, admin))
    assert {measures()[name].unit for name in every - words} == {Unit.AMOUNT}
    assert 'value="cost"' not in rita.get("/reports/explore/?measures=calls&rows=extension").content.decode()


def test_a_report_about_costs_says_why_it_does_not_open(rita: Client) -> None:
    answer = rita.get("/reports/cost-summary/")
    assert answer.status_code == 403
    assert "Your role does not see what calls cost" in unescape(answer.content.decode())
    refused = rita.get("/api/reports/cost-summary", MARCH)
    assert (refused.status_code, "is about costs" in refused.json()["problems"][0]["what"]) == (403, True)
    asked = {"rows": "extension", "measures": "calls,cost", **MARCH}
    assert rita.get("/api/reports/explore", asked).status_code == 403
    assert "your role does not see what calls cost" in rita.get("/reports/explore/", asked).content.decode()
    wanted = {"report": "cost-summary", "words": {"format": "csv"}}
    assert rita.post("/api/files", json.dumps(wanted), content_type="application/json").status_code == 403


def test_other_reports_have_everything_but_amounts(rita: Client, admin: Client) -> None:
    for slug, each in reports().items():
        if is_of_costs(each):
            continue
        told, whole = (client.get(f"/api/reports/{slug}", MARCH).json() for client in (rita, admin))
        names = [column["name"] for column in told["columns"]]
        assert names == [column["name"] for column in whole["columns"] if column["unit"] != "amount"], slug
        assert len(told["rows"]) == len(whole["rows"]), slug
        assert all(len(row) == len(names) for row in told["rows"]), slug
        assert rita.get(f"/reports/{slug}/", MARCH).status_code == 200, slug


def test_a_parameter_that_orders_by_costs_is_refused(rita: Client) -> None:
    assert rita.get("/api/reports/call-list", {**MARCH, "set": "order=-talk"}).status_code == 200
    assert rita.get("/api/reports/call-list", {**MARCH, "set": "order=-price"}).status_code == 403
