"""The page on which a bill is checked: questions, answers, what differs, and all of it as a file."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tests.unit.web.test_names_of_calls import shown
from tollbook.engine.engine import Engine
from tollbook.model import page_limits
from tollbook.model.actor import TOLLBOOK
from tollbook.site.pbxs import operations as pbxs
from tollbook.web.costs import bill_pages, billing

ADDRESS = "/costs/bills/"
BILL = """Datum;Uhrzeit;Zielrufnummer;Sekunden;Betrag
02.03.2026;09:15:30;+44 20 7946 0135;60;0,10
02.03.2026;09:20:00;+44 20 7946 0199;60;0,10
02.03.2026;never;+44 20 7946 0199;60;0,10
"""
ANSWERS = {"set.zone": "Europe/London", "set.date-order": "dmy"}


@pytest.fixture
def site(engine: Engine, pbx: str, admin: Client) -> Client:
    """A PBX and two answered calls of a minute, to London and to America, without prices."""
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "US", "area-code": "212", "outside": "9", "extensions": "100-199"}})
    until(lambda: not engine.numbering(pbx))
    rows = [row("107", "9011442079460135"), row("107", "912135550150", at="2026-03-02 10:20:00")]
    import_file(engine, pbx, b"".join(rows))
    return admin


def post(client: Client, **given: object) -> str:
    return client.post(ADDRESS, {"pbx": "hts32", **given}).content.decode()


def bill(text: str = BILL) -> SimpleUploadedFile:
    return SimpleUploadedFile("bill.csv", text.encode("cp1252"))


def kept(html: str) -> str:
    """Return the bill as it stands on the page."""
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL)
    return unescape(found[1]) if found else ""


def test_questions_are_answered_without_choosing_the_file_again(site: Client) -> None:
    asked = post(site, file=bill())
    text = shown(post(site, text=kept(asked), **ANSWERS))

    assert "In which time zone are the times?" in shown(asked)
    assert "In what order are dates written?" in shown(asked)
    assert "Other price 1 0.10 " in text
    assert "Billed, and not in the ledger 1 0.10" in text
    assert "Line 4: '02.03.2026 never' is no time" in text
    assert "+44 20 7946 0135 2 02.03.2026 09:15:30 2 Mar 2026, 09:15:00 1:00, 1:00" in text


def test_days_say_which_calls_of_ours_should_be_on_it(site: Client) -> None:
    text = shown(post(site, file=bill(), **ANSWERS, **{"from": "2026-03-02", "to": "2026-03-02"}))

    assert "In the ledger, and not billed 1" in text
    assert "In the ledger, and not billed" not in shown(post(site, file=bill(), **ANSWERS))


def test_all_calls_can_be_had_as_a_file(site: Client) -> None:
    answer = site.post(ADDRESS, {"pbx": "hts32", "text": BILL, "act": "download", **ANSWERS})
    rows = answer.content.decode("utf-8-sig").splitlines()

    assert answer["Content-Disposition"] == 'attachment; filename="bill-check.csv"'
    assert (rows[0].startswith("outcome,line,number,started,billed_s"), len(rows)) == (True, 3)


def test_what_is_wrong_is_said(site: Client) -> None:
    said = {
        "No bill was chosen": post(site),
        "A bill is of a tariff or a PBX": post(site, pbx="", file=bill()),
        "There is no time zone 'Mars'": post(site, file=bill(), **{"set.zone": "Mars"}),
        "'tolerance' must be a time": post(site, file=bill(), tolerance="soon"),
        "The bill cannot be read": post(site, file=bill('a;"b\n' * 3 + "x" * 200_000)),
        "No tariff is called 'Carrier A'": post(site, pbx="", tariff="Carrier A", file=bill()),
    }

    assert [text for text, html in said.items() if text not in shown(html)] == []


def test_what_is_too_much_is_refused(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page_limits.BILLS_AT_ONCE == 1
    with billing.turn():
        assert "Another bill is being checked" in shown(post(site, file=bill(), **ANSWERS))
    monkeypatch.setattr(bill_pages, "BILL_PASTE", 10)
    assert "It is too long to stay on this page: choose it again" in shown(post(site, file=bill()))
    monkeypatch.setattr(billing, "BILL_LINES", 2)
    assert "The bill is too long" in shown(post(site, file=bill(), **ANSWERS))
    monkeypatch.setattr(billing, "BILL_FILE", 5)
    assert "The bill is too large" in shown(post(site, file=bill(), **ANSWERS))


def test_too_many_calls_of_ours_are_refused(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billing, "BILLED_CALLS", 0)

    assert "The bill is about too many calls" in shown(post(site, file=bill(), **ANSWERS))


def test_who_may_only_look_is_led_away_from_it(viewer: Client) -> None:
    assert viewer.get(ADDRESS).status_code == 403


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\x00\x01\x02",
        b"\xff\xfea",
        b"PK\x03\x04",
        b'"',
        b"a;b\x00;c\n" * 9,
        "дата;время\n".encode("utf-16"),
    ],
)
def test_whatever_is_sent_is_refused_or_asked_about(site: Client, data: bytes) -> None:
    answers = "zone=UTC&date-order=dmy&duration=seconds&decimal=comma"
    sent = [
        site.post(f"/api/bills/check?pbx=hts32&{answers}&format={form}", data, content_type="application/octet-stream")
        for form in ("json", "csv")
    ]

    assert {each.status_code for each in sent} <= {200, 422}
    assert sent[1].status_code == 422
