"""The page of calls without a price: what to do about each reason, and a way to the calls."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tests.unit.web.test_names_of_calls import page
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.site.pbxs import operations as pbxs

ADDRESS = "/costs/unpriced/"


@pytest.fixture
def dialled(engine: Engine, pbx: str) -> str:
    """A PBX without a tariff, and three calls, one of them to the inside."""
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "US", "area-code": "212", "outside": "9", "extensions": "100-199"}})
    until(lambda: not engine.numbering(pbx))
    rows = [row("107", "9011442079460135"), row("107", "912135550150", at="2026-03-03 09:20:00")]
    import_file(engine, pbx, b"".join(rows))
    return pbx


def test_the_page_says_why_calls_have_no_price_and_what_to_do(admin: Client, dialled: str) -> None:
    text = page(admin, ADDRESS)

    assert "No tariff is assigned 2 calls What to do: Assign a tariff to the line" in text
    assert f"United Kingdom, fixed line +442079460135 {dialled} 1" in text


def test_the_page_leads_to_just_those_calls(admin: Client, dialled: str) -> None:
    html = admin.get(ADDRESS).content.decode()
    links = [unescape(each) for each in re.findall(r'href="(/calls/\?[^"]*country=[^"]*)"', html)]

    assert len(links) == 2
    assert all(" of 1 call " in page(admin, each) for each in links)
    assert all(f"pbx={dialled}" in each for each in links)


def test_days_are_narrowed_and_what_is_no_day_is_said(admin: Client, dialled: str) -> None:
    del dialled

    assert "No tariff is assigned 1 call " in page(admin, f"{ADDRESS}?to=2026-03-02")
    assert "Every call has its price" in page(admin, f"{ADDRESS}?from=2026-04-01")
    assert "'from' must be a date such as 2026-01-31" in page(admin, f"{ADDRESS}?from=nonsense")


def test_the_list_can_be_had_as_a_file(admin: Client, dialled: str) -> None:
    del dialled
    html = admin.get(f"{ADDRESS}?to=2026-03-02").content.decode()
    (link,) = re.findall(r'href="(/api/prices/unpriced[^"]*)"', html)

    rows = admin.get(unescape(link)).content.decode().splitlines()

    assert rows[0].startswith("reason,because,pbx,country,kind,prefix,calls,talk_s,first_local,last_local")
    assert len(rows) == 2
