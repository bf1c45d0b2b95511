"""The pages of charge-back: a month's statement, one line of it by itself, and monthly charges."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from decimal import Decimal
from html import unescape
from itertools import chain
from pathlib import Path

import pytest
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tests.unit.web.test_names_of_calls import page
from tollbook.chargeback.lines import STATEMENT_BY
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.pricing import TariffRule
from tollbook.rating.tariff_text import TariffText
from tollbook.site.directory import importing
from tollbook.site.directory import operations as directory
from tollbook.site.directory.values import KnownDepartment
from tollbook.site.monthly_charges import operations
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.tariffs import operations as tariffs

TARIFF = """
title = "A"
currency = "USD"
zone = "UTC"
[tax]
percent = "19"
[[rate]]
to = "US"
price = "0"
connect_fee = "1"
[[rate]]
to = "GB"
price = "blocked"
"""
DIRECTORY = b"""kind,value,name,department,cost_centre
extension,107,Anna Berg,Sales / North,4711
extension,108,Ben Cole,Sales,4711
"""
ADD = "/costs/monthly-charges/add/"
RENTAL = {
    "name": "Line rental", "kind": "extension", "target": "107", "pbx": "", "amount": "10", "currency": "usd",
    "tax": "19", "cost": "8", "first": "2026-01-01", "last": "", "part_month": "whole",
}  # fmt: skip
MARCH = "/costs/charge-back/?month=2026-03"


@pytest.fixture
def priced(engine: Engine, pbx: str) -> Engine:
    """Three calls of March 2026 at 1.19 dollars each, and one that is blocked: of two people, and of nobody."""
    importing.apply(TOLLBOOK, DIRECTORY, importing.Strictness())
    given = tariffs.GivenVersion(tariff="a", document=TariffText(TARIFF, "a.toml"), first="2020-01-01")
    tariffs.add(TOLLBOOK, engine.tariffs, given)
    tariffs.assign(TOLLBOOK, engine.tariffs, TariffRule(id=0, tariff="a"))
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "US", "area-code": "212", "outside": "9", "extensions": "100-199"}})
    until(lambda: not engine.numbering(pbx))
    told = (("107", "912135550150"), ("108", "912135550150"), ("109", "912135550150"), ("107", "9011442079460135"))
    rows = [row(caller, called, at=f"2026-03-0{day} 09:20:00") for day, (caller, called) in enumerate(told, 2)]
    import_file(engine, pbx, b"".join(rows))
    engine.apply()
    until(lambda: not engine.lag().rebuilding)
    return engine


def test_a_month_is_shown_with_calls_monthly_charges_tax_and_what_it_costs(admin: Client, priced: Engine) -> None:
    del priced
    assert admin.post(ADD, RENTAL).status_code == 302
    text = page(admin, MARCH)

    assert "March 2026" in text
    assert re.search(r"Sales / North 1 calls of Sales / North 1 min 1\.00 10\.00 2\.09 13\.09 10\.71 \+2\.38", text)
    assert re.search(r"Sales 1 calls of Sales 1 min 1\.00 0\.00 0\.19 1\.19 1\.19 0\.00", text)
    assert re.search(r"No department 1 calls of No department 1 min 1\.00 0\.00 0\.19 1\.19 1\.19 0\.00", text)
    assert re.search(r"All in USD 3 3 min 3\.00 10\.00 2\.47 15\.47 13\.09 \+2\.38", text)
    assert "1 call should have a price and has none" in text


@pytest.mark.parametrize(
    ("by", "named"),
    [("person", "Anna Berg"), ("cost-centre", "4711"), ("extension", "107"), ("department", "Sales / North")],
)
def test_it_is_shown_by_each_of_four_and_leads_to_one_of_them_and_to_calls(
    admin: Client, priced: Engine, by: str, named: str
) -> None:
    del priced
    admin.post(ADD, RENTAL)
    html = admin.get(f"{MARCH}&by={by}").content.decode()

    assert "15.47" in html
    line = re.search(rf'href="(/costs/charge-back/line/[^"]*)">{named}<', html)
    assert line
    own = page(admin, line[1].replace("&amp;", "&"))
    assert "Line rental" in own
    assert "United States, fixed line or mobile" in own


@pytest.mark.parametrize("by", STATEMENT_BY)
def test_each_number_of_calls_leads_to_just_those_calls(admin: Client, priced: Engine, by: str) -> None:
    del priced
    month = admin.get(f"{MARCH}&by={by}").content.decode()
    lines = [unescape(each) for each in re.findall(r'href="(/costs/charge-back/line/[^"]*)"', month)]
    pages = [month, *(admin.get(each).content.decode() for each in lines)]
    links = [re.findall(r'href="/calls/(\?[^"]*)">(\d+)<span', html) for html in pages]

    assert sum(int(count) for _, count in links[0]) == 4
    assert all(links)
    for address, count in chain.from_iterable(links):
        found = admin.get(f"/api/calls{unescape(address)}&format=json").json()
        assert len(found["calls"] if isinstance(found, dict) else found) == int(count), address


def test_the_months_beside_it_are_reached_and_none_that_is_to_come(admin: Client, priced: Engine) -> None:
    del priced
    html = admin.get(MARCH).content.decode()
    assert 'rel="prev" href="?month=2026-02&amp;by=department"' in html
    assert 'rel="next" href="?month=2026-04&amp;by=department"' in html
    assert 'rel="next"' not in admin.get("/costs/charge-back/?month=2999-01").content.decode()
    assert "must be a month such as 2026-10" in page(admin, "/costs/charge-back/?month=x")


def test_the_downloads_are_what_is_shown(admin: Client, priced: Engine) -> None:
    del priced
    admin.post(ADD, RENTAL)
    html = admin.get(f"{MARCH}&by=person").content.decode()
    addresses = re.findall(r'href="([^"]*format=(?:csv&amp;csv=comma|xlsx))"', html)

    table, workbook = (b"".join(admin.get(each.replace("&amp;", "&"))) for each in addresses)
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert sum(Decimal(each["total"]) for each in rows) == Decimal("15.47")
    sheet = zipfile.ZipFile(io.BytesIO(workbook)).read("xl/worksheets/sheet1.xml").decode()
    assert "<v>13.09</v>" in sheet
    semicolons = admin.get("/api/chargeback?month=2026-03&format=csv&csv=semicolon")
    assert ";13,09;" in b"".join(semicolons).decode("utf-8-sig")


def test_who_is_in_the_directory_no_longer_keeps_the_name_of_what_was_charged(admin: Client, priced: Engine) -> None:
    del priced
    old = directory.keep_department(TOLLBOOK, KnownDepartment(id=0, name="Old", path=""))
    admin.post(ADD, {**RENTAL, "kind": "department", "target": "Old"})
    directory.remove_department(TOLLBOOK, old.id)

    assert "Old 0 0 s 0.00 10.00" in page(admin, MARCH)
    assert "Line rental Department Old" in page(
        admin, f"/costs/charge-back/line/?month=2026-03&by=department&id={old.id}"
    )


def test_a_month_with_nothing_says_what_to_do(admin: Client, priced: Engine) -> None:
    del priced
    text = page(admin, "/costs/charge-back/?month=2021-01")
    assert "Nothing is charged in January 2021" in text
    assert "Calls need prices: tariffs say what they cost" in text


def test_a_line_of_nobody_is_shown_and_one_of_somebody_unknown_is_not(admin: Client, priced: Engine) -> None:
    del priced
    line = "/costs/charge-back/line/?month=2026-03&by="
    assert "1.19 USD" in page(admin, f"{line}person")
    for wrong in ("person&id=99", "person&id=x", "person&id=-1", "person&id=1&extension=107", "extension&id=1", "x"):
        assert admin.get(line + wrong).status_code == 404


def test_the_tax_of_calls_whose_tariff_is_gone_is_said_to_be_unknown(admin: Client, priced: Engine) -> None:
    Path(priced.tariffs.path / "a" / "2020-01-01.toml").unlink()

    assert "The tax of 3 calls is not known" in page(admin, MARCH)


def test_monthly_charges_are_added_changed_ended_and_removed(admin: Client, priced: Engine) -> None:
    del priced
    assert "Nothing is charged each month yet" in page(admin, "/costs/monthly-charges/")
    admin.post(ADD, RENTAL)
    assert "Line rental Extension 107 of hts32 10.00 USD 8.00 USD 19 %" in page(admin, "/costs/monthly-charges/")

    change = {"name": "Line rental", "amount": "12", "tax": "", "cost": "", "part_month": "days"}
    assert admin.post("/costs/monthly-charges/1/edit/", {**change, "first": "2026-04-01"}).status_code == 302
    assert admin.post("/costs/monthly-charges/2/end/", {"last": "2026-04-15"}).status_code == 302
    assert re.search(r"All in USD 0 0 s 0\.00 6\.00 0\.00 6\.00", page(admin, "/costs/charge-back/?month=2026-04"))
    assert "13.09" in page(admin, MARCH)

    assert "those that are over, too" in page(admin, "/costs/monthly-charges/1/remove/")
    assert admin.post("/costs/monthly-charges/1/remove/").status_code == 302
    assert [each.id for each in operations.every()] == [2]
    assert admin.get("/costs/monthly-charges/1/edit/").status_code == 404


def test_faults_stand_beside_their_fields(admin: Client, priced: Engine) -> None:
    del priced
    wrong = {**RENTAL, "name": "", "target": "12 34", "amount": "1,5", "tax": "200", "last": "2025-01-01"}
    html = admin.post(ADD, wrong).content.decode()

    for field, said in (
        ("name", "required"),
        ("target", "this is no extension"),
        ("amount", "a point and no comma"),
        ("tax", "0 to 100"),
        ("last", "before its first day"),
    ):
        error = html.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]
        assert said in error.lower()


def test_only_administrators_change_monthly_charges_and_everybody_sees_them(
    admin: Client, viewer: Client, priced: Engine
) -> None:
    del priced
    assert viewer.post(ADD, RENTAL).status_code == 403
    admin.post(ADD, RENTAL)
    for deed in ("edit", "end", "remove"):
        assert viewer.get(f"/costs/monthly-charges/1/{deed}/").status_code == 403
    assert "Line rental" in page(viewer, "/costs/monthly-charges/")
    assert "15.47" in page(viewer, MARCH)
    assert "added the monthly charge Line rental for extension 107 of hts32" in page(admin, "/audit/")


def test_which_monthly_charge_stands_in_whose_row_is_listed(admin: Client, priced: Engine) -> None:
    del priced
    admin.post(ADD, RENTAL)
    (told,) = admin.get("/api/chargeback/monthly-charges?month=2026-03&format=json").json()

    assert (told["name"], told["number"], told["charge"]) == ("Sales / North", 1, "Line rental")
    assert (told["from"], told["to"], told["amount"], told["tax"]) == ("2026-03-01", "2026-03-31", "10.00", "1.90")
    assert (told["total"], told["total_cost"]) == ("11.90", "9.52")
