"""A carrier's price list in the browser: what it does not say is asked once, and it is seen before it is kept."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from xlsxwriter import Workbook

from tests.unit.web.test_tariff_drafts import ODD, seen, versions
from tests.unit.web.test_tariff_pages import FLAT, add, page, plain
from tollbook.engine.engine import Engine
from tollbook.web.tariffs.drafting import drafts

LIST = """Carrier A, prices in EUR
Destination;Prefix;Rate;Increment
Germany;0049;0,010;1/1
Germany mobile;004915, 004916;0,050;60/1
Russia;007;0,080;60/60
Cuba;0053;N/A;60/60
Total;;4;
"""
ANSWERS = {"answer:price-unit": "minute", "answer:word.n/a": "blocked", "answer:strip": "00"}


def chosen(client: Client, text: str = LIST, address: str = "/tariffs/import/", name: str = "carrier-a") -> str:
    """Choose a file; returns the address where it is asked about."""
    file = SimpleUploadedFile("prices of March.csv", text.encode())
    answer = client.post(address, {"tariff": name, "file": file})
    assert answer.status_code == 302, plain(answer.content.decode())
    return str(answer["Location"])


def sent(client: Client, address: str, **said: str) -> str:
    return unescape(client.post(address, said, follow=True).content.decode())


def kept_list(client: Client) -> None:
    """Import the list as the first version of a tariff."""
    address = chosen(client)
    sent(client, address, act="answer", **ANSWERS)
    draft = client.post(address, {"act": "go"})["Location"]
    keep(client, draft, first="2026-01-01")


def keep(client: Client, address: str, **said: str) -> None:
    text = page(client, address)
    (kept,) = re.findall(r'name="kept" value="(draft:\w+)"', text)
    document = text.partition('id="document"')[2].partition(">\n")[2].partition("</textarea>")[0]
    given = {"tariff": "carrier-a", "document": document, "kept": kept, "act": "preview", **said}
    shown = sent(client, address, **given)
    sent(client, address, **{**given, "act": "keep", "seen": seen(shown)})


def test_what_a_file_does_not_say_is_asked_with_the_reasons(admin: Client, engine: Engine) -> None:
    text = page(admin, chosen(admin))

    assert "prices of March.csv" in text
    assert "3 questions about it" in text
    assert re.findall(r"<legend>([^<]+)</legend>", text) == [
        "What is a price for?",
        "What does 'N/A' in place of a price mean?",
        "Is 00 to be taken off codes?",
    ]
    assert "currency EUR A line above the heading" in plain(text)
    assert versions(engine) == []


def test_answered_it_shows_what_was_read_and_left_out_and_goes_on_to_a_version(admin: Client, engine: Engine) -> None:
    address = chosen(admin)

    text = plain(sent(admin, address, act="answer", **ANSWERS))

    assert "It is ready: 5 rates" in text
    assert "+4915 Germany mobile 0.05 per minute, the first 60 s whole, then by the second" in text
    assert "It adds up others The first is line 7: Total | 4" in text
    assert "+7 'Russia' also prices numbers of Kazakhstan" in text
    assert versions(engine) == []
    draft = admin.post(address, {"act": "go"})["Location"]
    begun = plain(page(admin, draft))
    assert "5 rates, too many to be shown here" in begun
    assert 'title = "carrier-a" currency = "EUR"' in begun
    assert admin.get(address).status_code == 404

    keep(admin, draft, first="2026-01-01")

    assert versions(engine) == ["carrier-a 2026-01-01"]
    tariff = engine.tariffs.find(engine.tariffs.versions()[0].digest)
    assert tariff
    assert [(rate.to, rate.terms.blocked) for rate in tariff.rates][-1] == ("+53", True)
    assert list((engine.tariffs.path / ".drafts").iterdir()) == []


def test_the_next_list_of_a_carrier_is_read_by_what_was_answered_and_stands_beside_the_one_before(
    admin: Client,
    engine: Engine,
) -> None:
    kept_list(admin)
    dearer = LIST.replace("0,080", "0,090").replace("Germany;0049;0,010;1/1\n", "")
    assert "What you answered about the last list is known" in page(admin, "/tariff/carrier-a/import/")

    address = chosen(admin, dearer, "/tariff/carrier-a/import/")
    asked = page(admin, address)
    assert re.findall(r"<legend>([^<]+)</legend>", asked) == [
        "Is this the whole price list, or changes to the one before?",
    ]
    text = plain(sent(admin, address, act="answer", **{"answer:scope": "whole"}))

    assert "New 0 Dearer 1 Cheaper 0 Unchanged 3 Closed 1" in text
    assert "+7 Russia dearer 0.08/60 s (60) 0.09/60 s (60)" in text
    keep(admin, admin.post(address, {"act": "go"})["Location"], first="2026-02-01")
    assert versions(engine) == ["carrier-a 2026-01-01", "carrier-a 2026-02-01"]


def test_changes_leave_what_the_list_does_not_name(admin: Client, engine: Engine) -> None:
    kept_list(admin)
    address = chosen(admin, LIST.replace("Germany;0049;0,010;1/1\n", ""), "/tariff/carrier-a/import/")

    text = plain(sent(admin, address, act="answer", **{"answer:scope": "changes"}))

    assert "New 0 Dearer 0 Cheaper 0 Unchanged 5 Closed 0" in text
    assert versions(engine) == ["carrier-a 2026-01-01"]


def test_a_row_with_a_fault_is_told_with_its_line_and_nothing_goes_on(admin: Client) -> None:
    address = chosen(admin, LIST.replace("007;0,080", "2.52E+09;0,080"))

    text = plain(sent(admin, address, act="answer", **ANSWERS))
    again = admin.post(address, {"act": "go"})

    assert "Rows with a fault" in text
    assert "Line 5 :" in text
    assert "Go on with these prices" not in text
    assert again.status_code == 200


def test_of_several_sheets_one_is_asked_for(admin: Client) -> None:
    made = io.BytesIO()
    with Workbook(made, {"in_memory": True}) as book:
        book.add_worksheet("Terms").write_row(0, 0, ["Nothing but words"])
        prices = book.add_worksheet("Rates")
        for place, cells in enumerate((["Prefix", "Price per minute (EUR)"], ["49", 0.01], ["44", 0.02])):
            prices.write_row(place, 0, cells)
    file = SimpleUploadedFile("deck.xlsx", made.getvalue())
    address = str(admin.post("/tariffs/import/", {"tariff": "deck", "file": file})["Location"])

    asked = plain(page(admin, address))
    chosen_sheet = plain(sent(admin, address, act="answer", **{"answer:sheet": "Rates", "answer:intervals": "1/1"}))

    assert "On which sheet are the prices?" in asked
    assert "It is ready: 2 rates" in chosen_sheet


def test_prices_of_a_later_day_are_asked_for_and_make_the_day_of_the_version(admin: Client, engine: Engine) -> None:
    dated = """Prefix,Rate per minute (EUR),Interval,Valid from
49,0.01,1/1,2026-01-01
49,0.02,1/1,2026-03-01
44,0.02,1/1,2026-01-01
"""
    address = chosen(admin, dated, name="dated")
    assert "In which zone are the dates?" in page(admin, address)
    assert "From which day does this version hold?" in sent(admin, address, act="answer", **{"answer:zone": "UTC"})
    assert "It is ready: 2 rates" in plain(sent(admin, address, act="answer", **{"answer:from": "2026-03-01"}))
    draft = page(admin, admin.post(address, {"act": "go"})["Location"])

    assert 'type="date" value="2026-03-01"' in draft
    assert versions(engine) == []


def test_an_answer_that_cannot_be_used_is_told_and_the_others_are_kept(admin: Client) -> None:
    address = chosen(admin, LIST.replace("EUR", "coins"))

    said = {"answer:currency": "euro", "answer:price-unit": "minute", "answer:nonsense": "x", "answer:from": "soon"}
    text = sent(admin, address, act="answer", **said)

    told = plain(text)
    assert "'currency' is none" in told
    assert "'nonsense' is no setting" in told
    assert "'from' is no date: 'soon'" in told
    assert 'price_unit = "minute"' in text


def test_all_answers_can_be_changed_as_text(admin: Client) -> None:
    address = chosen(admin)
    sent(admin, address, act="answer", **ANSWERS)

    again = sent(admin, address, act="text", mapping='price_unit = "second"\r\ncurrency = "USD"\r\n')
    broken = sent(admin, address, act="text", mapping="price_unit = 7")

    assert "Is the list written in another way than before?" in again
    assert "The mapping cannot be used" in plain(broken)
    assert 'price_unit = "second"' in broken


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("Carrier A", b"x", "'Carrier A' cannot be a tariff's name"),
        ("a", b"", "no file was chosen"),
        ("", b"", "no file was chosen"),
    ],
)
def test_without_a_name_or_a_file_nothing_is_read(admin: Client, name: str, data: bytes, told: str) -> None:
    file = SimpleUploadedFile("a.csv", data)

    answer = admin.post("/tariffs/import/", {"tariff": name, "file": file})

    assert told.casefold() in plain(unescape(answer.content.decode())).casefold()


@pytest.mark.parametrize("data", ["\x00\x01\x02", "PK\x03\x04 no zip at all", "one line", ";;;\n;;;\n"])
def test_a_file_that_is_no_price_list_is_told_by_its_name_and_nothing_breaks(admin: Client, data: str) -> None:
    address = chosen(admin, data)

    answer = admin.get(address)

    assert answer.status_code == 200
    assert "prices of March.csv" in answer.content.decode()
    assert address.strip("/").rpartition("/")[2] not in plain(answer.content.decode())


def test_a_file_that_is_not_wanted_is_deleted(admin: Client, engine: Engine) -> None:
    address = chosen(admin)

    sent(admin, address, act="drop")

    assert list((engine.tariffs.path / ".drafts").iterdir()) == []
    assert admin.get(address).status_code == 404
    assert admin.get("/tariffs/import/0123/").status_code == 404
    assert admin.get("/tariffs/add/?list=0123").status_code == 404


def test_only_the_latest_files_wait(admin: Client, engine: Engine) -> None:
    keys = [chosen(admin).strip("/").rpartition("/")[2] for _ in range(22)]

    there = {each.name for each in (engine.tariffs.path / ".drafts").iterdir() if not each.suffix}

    assert len(there) == 20
    assert keys[-1] in there
    assert drafts().path(keys[-1]).exists()


def test_a_viewer_sees_no_file_that_waits(admin: Client, viewer: Client, engine: Engine) -> None:
    add(engine, "office", FLAT)
    address = chosen(admin)

    assert viewer.get(address).status_code == 403
    assert viewer.post(address, {"act": "drop"}).status_code == 403
    assert admin.get(address).status_code == 200


def test_whatever_is_answered_is_answered_and_shown_as_text(admin: Client) -> None:
    address = chosen(admin)
    fields = ("answer:price-unit", "answer:", "answer:column.x", "answer:word.\x00", "act", "mapping")

    said = [{"act": act, field: text} for field in fields for text in ODD for act in ("text", "answer")]
    answers = [admin.post(address, each) for each in said]

    assert {each.status_code for each in answers} == {200}
    assert [each for each in answers if b"<script>alert" in each.content] == []
    assert admin.get(address).status_code == 200
