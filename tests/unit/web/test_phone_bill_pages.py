"""The page of phone bills and the same bill as files: each has the same amounts, and none more of a number."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal

import openpyxl  # type: ignore[import-untyped] # it ships no types
import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pytest
from django.test import Client

from tests.unit.web.test_charge_back_pages import ADD, RENTAL, priced
from tests.unit.web.test_names_of_calls import page
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.phone_bill import MASKS
from tollbook.site.budgets import operations as budgets
from tollbook.site.targets import ChargedTarget

__all__ = ("priced",)
MARCH = "month=2026-03"
ANNA = f"/api/phone-bill?person=Anna%20Berg&{MARCH}"
SALES = f"/api/phone-bill?department=Sales&{MARCH}"


def pdf_text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    return "\n".join(each.get_textpage().get_text_range() for each in document)


def workbook_text(data: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return "\n".join(str(cell.value) for sheet in book for row in sheet for cell in row if cell.value is not None)


def test_a_person_has_calls_monthly_charges_tax_and_a_total_that_the_statement_has_too(
    admin: Client, priced: Engine
) -> None:
    del priced
    admin.post(ADD, {**RENTAL, "kind": "person", "target": "Anna Berg"})
    told = admin.get(ANNA).json()

    (total,) = told["totals"]
    assert (total["currency"], total["calls"], total["fees"], total["tax"]) == ("USD", "1", "10", "2.09")
    (row,) = [
        each
        for each in admin.get(f"/api/chargeback?{MARCH}&by=person&format=json").json()
        if each["name"] == "Anna Berg" and each["currency"]
    ]
    assert Decimal(row["total"]) == Decimal(total["total"]) == Decimal("13.09")
    assert [each["unpriced"] for each in told["sections"][0]["calls"]] == ["", "Blocked in the tariff"]


def test_the_page_shows_the_bill_and_leads_to_its_files(admin: Client, priced: Engine) -> None:
    del priced
    admin.post(ADD, RENTAL)
    address = f"/costs/phone-bills/?kind=person&name=Anna+Berg&{MARCH}"
    text = page(admin, address)

    assert re.search(r"National 1 1:00 1\.00 Monthly charges . . 10\.00 Tax, 19 % . . 2\.09 Total 1 1:00 13\.09", text)
    assert "Calls without a price" in text
    assert "Blocked in the tariff" in text
    links = re.findall(r'href="(/api/phone-bill[^"]*)"', admin.get(address).content.decode())
    assert len(links) == 4
    assert all(admin.get(each.replace("&amp;", "&")).status_code == 200 for each in links)


def test_a_department_has_everybody_below_it_and_each_on_a_page_of_a_pdf(admin: Client, priced: Engine) -> None:
    del priced
    admin.post(ADD, RENTAL)
    data = admin.get(f"{SALES}&format=pdf").content

    document = pypdfium2.PdfDocument(data)
    texts = [each.get_textpage().get_text_range() for each in document]
    assert len(texts) == 3
    assert [name in text for name, text in zip(("14.28", "Anna Berg", "Ben Cole"), texts, strict=True)] == [True] * 3
    assert "Line rental" in texts[1]
    assert b"/StructTreeRoot" in data
    assert pypdfium2.PdfDocument(admin.get(f"{SALES}&format=pdf&paper=us-letter").content)[0].get_size() == (612, 792)


def test_csv_has_calls_alone_and_a_workbook_sums_and_calls(admin: Client, priced: Engine) -> None:
    del priced
    rows = list(csv.DictReader(io.StringIO(admin.get(f"{SALES}&format=csv").content.decode())))
    assert [(each["whose"], each["net"], each["tax"]) for each in rows] == [
        ("Anna Berg", "1", "0.19"),
        ("Anna Berg", "", ""),
        ("Ben Cole", "1", "0.19"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(admin.get(f"{SALES}&format=xlsx").content))
    assert book.sheetnames == ["Summary", "Calls"]
    assert sum(row[5].value for row in book["Summary"] if isinstance(row[5].value, int | float)) == pytest.approx(2.38)


@pytest.mark.parametrize("mask", [each for each in MASKS if each != "none"])
def test_what_is_masked_is_in_no_file_and_not_on_the_page(admin: Client, priced: Engine, mask: str) -> None:
    del priced
    files = {form: admin.get(f"{SALES}&mask={mask}&format={form}").content for form in ("json", "csv", "pdf", "xlsx")}
    shown = [
        files["json"].decode(),
        files["csv"].decode(),
        pdf_text(files["pdf"]),
        workbook_text(files["xlsx"]),
        page(admin, f"/costs/phone-bills/?kind=department&name=Sales&mask={mask}&{MARCH}"),
    ]

    for text in shown:
        assert "+1" in text
        assert "50150" not in text.replace(" ", "")
        assert "60135" not in text.replace(" ", "")
    assert all(b"50150" not in data for data in files.values())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "it is not said whose bill"),
        ("person=Anna%20Berg&extension=107", "a bill is one's alone"),
        ("person=Nobody%20There", "Nobody There"),
        ("extension=107&month=2026-04..2026-03", "the first one first"),
        ("extension=107&month=x", "must be a month such as 2026-10"),
        ("extension=107&mask=last-9", "'mask' must be one of"),
        ("extension=107&by=x", "'by' must be one of"),
        ("extension=107&format=doc", "no bill can be had as 'doc'"),
    ],
)
def test_what_cannot_be_is_said(admin: Client, priced: Engine, words: str, said: str) -> None:
    del priced
    answer = admin.get(f"/api/phone-bill?{words}")

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_bill_of_several_months_and_of_a_named_period_has_their_days(admin: Client, priced: Engine) -> None:
    del priced
    both = admin.get("/api/phone-bill?extension=107&month=2026-02..2026-03").json()
    assert (both["period"]["first"], both["period"]["last"]) == ("2026-02-01", "2026-03-31")
    assert admin.get("/api/phone-bill?extension=107&month=last-quarter").status_code == 200


def test_the_page_says_what_is_wrong(admin: Client, priced: Engine) -> None:
    del priced
    assert "There is no bill." in page(admin, "/costs/phone-bills/?kind=person&name=Nobody+There")
    assert "Choose whose bill" in page(admin, "/costs/phone-bills/")


def a_budget(name: str, kind: str, target: str, amount: str) -> None:
    given = budgets.GivenBudget(
        name=name,
        target=ChargedTarget(kind=kind, name=target),
        currency="USD",
        since=date(2026, 1, 1),
        amounts=((date(2026, 1, 1), amount),),
    )
    budgets.add(TOLLBOOK, given)


def test_budgets_stand_with_whoever_they_are_of(admin: Client, priced: Engine) -> None:
    del priced
    a_budget("anna", "extension", "107", "1")
    a_budget("ben", "person", "Ben Cole", "5")
    a_budget("sales", "department", "Sales", "10")
    told = admin.get(SALES).json()
    assert [(each["name"], each["used"], each["left"], each["state"]) for each in told["budgets"]] == [
        ("sales", "2.38", "7.62", "within")
    ]
    of_people = [
        (section["name"], each["name"], each["left"], each["state"])
        for section in told["sections"]
        for each in section["budgets"]
    ]
    assert of_people == [("Anna Berg", "anna", "-0.19", "over"), ("Ben Cole", "ben", "3.81", "within")]
    assert [each["name"] for each in admin.get(ANNA).json()["budgets"]] == ["anna"]
    ben = admin.get(f"/api/phone-bill?person=Ben%20Cole&{MARCH}").json()
    assert [each["name"] for each in ben["budgets"]] == ["ben", "sales"]
    assert [each["name"] for each in admin.get(f"/api/phone-bill?extension=107&{MARCH}").json()["budgets"]] == ["anna"]
    text = page(admin, f"/costs/phone-bills/?kind=person&name=Anna+Berg&{MARCH}")
    assert re.search(r"anna extension 107 2026-03-01 2026-03-31 USD 1\.00 1\.19 -0\.19 119\.0\s% over", text)


def test_what_the_site_leaves_out_holds_unless_somebody_says_otherwise(
    admin: Client, viewer: Client, priced: Engine
) -> None:
    del priced
    assert "5550150" in admin.get(SALES).content.decode()
    assert viewer.post("/costs/phone-bills/mask/", {"mask": "last-4"}).status_code == 403
    assert admin.post("/costs/phone-bills/mask/", {"mask": "last-4"}).status_code == 302
    assert admin.get("/api/phone-bill/mask").json() == {"mask": "last-4"}
    assert "5550150" not in admin.get(SALES).content.decode()
    assert "5550150" in admin.get(f"{SALES}&mask=none").content.decode()
    refused = admin.put("/api/phone-bill/mask", {"mask": "x"}, content_type="application/json")
    assert refused.status_code == 422
    assert "set how much of a number phone bills leave out: last-4" in page(admin, "/audit/")
    admin.post("/costs/phone-bills/mask/", {"mask": "x"})
    assert admin.get("/api/phone-bill/mask").json() == {"mask": "last-4"}
