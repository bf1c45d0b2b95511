"""A version of a tariff in the browser: written, seen beside the one before, and kept only as it was seen."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tests.unit.web.test_tariff_pages import BANDED, FLAT, add, london, page, plain
from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.pbx import Pbx
from tollbook.model.pricing import TariffRule
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.rating.tariff_text import TariffText
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.tariffs import operations
from tollbook.site.tariffs.examples import example
from tollbook.site.tariffs.files import TariffFolder
from tollbook.web.tariffs import add_pages, drafting

NEW = "/tariffs/add/"
DEARER = FLAT.replace('price = "0.49"', 'price = "0.59"')


ODD = ("\x00", "%00", "../" * 20, "[" * 5000, "'\"<script>alert(1)</script>")
SAID = {"tariff": "office", "first": "2026-01-01", "document": FLAT, "prices": "", "act": "preview"}


def sent(client: Client, address: str = NEW, /, **said: object) -> str:
    given: dict[str, object] = {**SAID, **said}
    return unescape(client.post(address, given, follow=True).content.decode())


def seen(text: str) -> str:
    (found,) = re.findall(r'name="seen" value="(\w+)"', text)
    return str(found)


def versions(engine: Engine) -> list[str]:
    return [f"{each.tariff} {each.name}" for each in engine.tariffs.versions()]


def test_a_tariff_is_kept_only_once_it_was_seen_and_nothing_changes_before(admin: Client, engine: Engine) -> None:
    text = sent(admin)
    assert "New 10 Dearer 0 Cheaper 0 Unchanged 0 Closed 0" in plain(text)
    assert versions(engine) == []

    kept = sent(admin, act="keep", seen=seen(text))

    assert versions(engine) == ["office 2026-01-01"]
    assert "office 2026-01-01 is kept. Say next which calls it prices." in kept
    assert "Which calls does it price?" in kept
    (entry,) = [each for each in entries(AuditFilter()) if each.action == "tariff.add"]
    assert (entry.who, entry.name) == ("anna", "office 2026-01-01")


def test_what_was_changed_since_it_was_seen_is_shown_again_and_not_kept(admin: Client, engine: Engine) -> None:
    text = sent(admin)

    again = sent(admin, act="keep", seen=seen(text), document=DEARER)

    assert "This is not what you looked at" in again
    assert sent(admin, act="keep")
    assert versions(engine) == []
    sent(admin, act="keep", seen=seen(again), document=DEARER)
    assert versions(engine) == ["office 2026-01-01"]


def test_a_version_that_was_added_meanwhile_has_it_seen_again(admin: Client, engine: Engine) -> None:
    text = sent(admin)
    add(engine, "office", DEARER)

    assert "This is not what you looked at" in sent(admin, act="keep", seen=seen(text))
    assert versions(engine) == ["office 2026-01-01"]


def test_every_fault_is_told_with_its_line_and_what_stands_there(admin: Client, engine: Engine) -> None:
    document = FLAT.replace('price = "0.49"', 'price = "0,49"').replace('to = "AT"', 'to = "Austria"')

    text = sent(admin, document=document, prices="to,price\n+44,dear\n")

    assert "3 faults: nothing is kept" in plain(text)
    assert re.findall(r'data-line="(\d+)" data-text="(\w+)"', text) == [
        ("51", "document"),
        ("71", "document"),
        ("2", "prices"),
    ]
    assert '<code class="excerpt">price = "0,49"</code>' in text
    assert document in text
    assert 'value="keep"' not in text
    assert versions(engine) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"tariff": "Carrier A"}, "'Carrier A' cannot be a tariff's name"),
        ({"tariff": ""}, "cannot be a tariff's name"),
        ({"first": "soon"}, "'soon' is no day"),
        ({"document": ""}, "'title' is missing"),
        ({"document": "title = "}, "Invalid value (at end of document)"),
        ({"document": 'title = "x"\ncurrency = "EUR"\n\x00'}, "fault"),
        ({"kept": "draft:0123"}, "The file is not there any more"),
        ({"kept": "draft:../../site.sqlite"}, "The file is not there any more"),
        ({"kept": "version:none/2026-01-01"}, "No tariff is called 'none'"),
        ({"prices_file": SimpleUploadedFile("a.csv", b"to,price\n+44,\xff\n")}, "it is no UTF-8"),
    ],
)
def test_what_cannot_be_a_version_is_refused_with_the_reason(
    admin: Client,
    engine: Engine,
    said: dict[str, object],
    told: str,
) -> None:
    assert told in plain(sent(admin, NEW, **said))
    assert versions(engine) == []


def test_the_next_version_begins_as_a_copy_of_the_last_and_shows_what_is_dearer(admin: Client, engine: Engine) -> None:
    add(engine, "office", FLAT, prices="to,price\n+4420,0.01\n")
    begun = page(admin, "/tariff/office/add/")
    assert FLAT in begun
    assert "+4420,0.01" in begun

    text = sent(admin, "/tariff/office/add/", document=DEARER, prices="to,price\n+4420,0.01\n", first="2026-02-01")

    assert "office 2026-02-01, against 2026-01-01" in plain(text)
    assert "New 0 Dearer 1 Cheaper 0 Unchanged 11 Closed 0" in plain(text)
    assert "All other countries dearer 0.49/60 s (60) 0.59/60 s (60)" in plain(text)
    sent(admin, "/tariff/office/add/", document=DEARER, prices="to,price\n+4420,0.01\n", first="2026-02-01",
         act="keep", seen=seen(text))  # fmt: skip
    assert versions(engine) == ["office 2026-01-01", "office 2026-02-01"]


def test_a_revision_is_of_the_day_of_the_version_that_it_mends(admin: Client, engine: Engine) -> None:
    add(engine, "office", FLAT)
    assert 'type="date" value="2026-01-01"' in page(admin, "/tariff/office/add/?from=2026-01-01&revision=1")

    assert "office 2026-01-01.r2, against 2026-01-01" in plain(sent(admin, "/tariff/office/add/", document=DEARER))


def test_the_same_again_is_refused(admin: Client, engine: Engine) -> None:
    add(engine, "office", FLAT)

    assert "Office 2026-01-01 says the same : it is there already" in plain(sent(admin, "/tariff/office/add/"))


def test_without_calls_ten_are_made_up_from_the_destinations(admin: Client, engine: Engine) -> None:
    add(engine, "office", FLAT)

    text = plain(sent(admin, "/tariff/office/add/", document=DEARER, first="2026-02-01"))

    assert "Some calls, by the version before and by this one" in text
    assert "All other countries 2 Feb 2026 10:00:00 3:00 1.7493 EUR 2.1063 EUR +0.357" in text
    assert "Germany 2 Feb 2026 10:00:00 3:00 0.00 EUR 0.00 EUR none" in text


def test_calls_that_the_site_makes_stand_beside_the_version_before(admin: Client, engine: Engine, pbx: str) -> None:
    london(engine)
    import_file(engine, pbx, row("101", "900442079460136", at="2026-03-03 19:00:00", talk_s=125))
    add(engine, "a", BANDED)

    text = plain(sent(admin, "/tariff/a/add/", document=BANDED.replace('price = "free"', 'price = "0.03"')))

    assert "Calls that you make often" in text
    assert "+44 20 7946 0136 United Kingdom, fixed line" in text
    assert "0.00 EUR 0.05 EUR +0.05" in text


def test_an_amount_without_a_price_says_why(admin: Client, engine: Engine, pbx: str) -> None:
    del pbx
    london(engine)
    add(engine, "a", FLAT)

    text = plain(sent(admin, "/tariff/a/add/", document=FLAT.replace('to = "GB"', 'to = "IE"').replace('"*"', '"FR"')))

    assert "no price: the tariff has no rate for this destination" in text


def test_a_price_list_as_a_file_stands_in_the_form_and_a_long_one_waits(
    admin: Client,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = example("wholesale").prices
    head = example("wholesale").document
    short = sent(admin, tariff="deck", document=head, prices_file=SimpleUploadedFile("x.csv", listed.encode()))
    assert "+1876,Jamaica" in short

    monkeypatch.setattr(drafting, "PRICES_PASTE", 100)
    text = sent(admin, tariff="deck", document=head, prices_file=SimpleUploadedFile("x.csv", listed.encode()))
    (kept,) = re.findall(r'name="kept" value="(draft:\w+)"', text)
    assert "+1876,Jamaica,0" not in text
    assert "35 rates, too many to be shown here" in plain(text)
    sent(admin, tariff="deck", document=head, kept=kept, act="keep", seen=seen(text))

    assert engine.tariffs.texts("deck")[2] == listed
    assert list((engine.tariffs.path / ".drafts").iterdir()) == []
    copied = page(admin, "/tariff/deck/add/")
    assert 'name="kept" value="version:deck/2026-01-01"' in copied
    without = sent(admin, "/tariff/deck/add/", document=FLAT, kept="version:deck/2026-01-01", without="yes")
    assert "Closed 33" in plain(without)


def test_two_who_keep_at_the_same_time_do_not_write_over_one_another(engine: Engine) -> None:
    given = [
        operations.GivenVersion(tariff="a", document=TariffText(text, "tariff.toml"), first="2026-01-01")
        for text in (FLAT, DEARER)
    ]
    first, second = (operations.prepare(engine.tariffs, each) for each in given)
    operations.keep(TOLLBOOK, engine.tariffs, first)

    with pytest.raises(Misconfigured, match="a 2026-01-01 is another one, added just now"):
        operations.keep(TOLLBOOK, engine.tariffs, second)

    assert engine.tariffs.texts("a")[1] == FLAT


@pytest.mark.parametrize("prices", ["to,price\n+44,0.01\n", "to,price\r\n+44,0.01\r\n"])
def test_what_is_remembered_of_a_version_is_what_its_files_say(engine: Engine, prices: str) -> None:
    add(engine, "a", FLAT, prices=prices)

    remembered = engine.tariffs.versions("a")
    read = TariffFolder(engine.tariffs.path).versions("a")

    assert remembered == read
    assert engine.tariffs.find(read[0].digest) == TariffFolder(engine.tariffs.path).find(read[0].digest)


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "9999-12-31"])
def test_calls_are_made_up_for_a_version_of_any_day(admin: Client, day: str) -> None:
    text = plain(sent(admin, first=day))

    assert f"office {day}, the first version" in text
    assert "Some calls by this tariff" in text


def test_only_calls_of_pbxs_that_a_tariff_prices_stand_beside_it(admin: Client, engine: Engine, pbx: str) -> None:
    london(engine)
    settings = {"path": str(engine.site.path.parent / "none")}
    other = Pbx(name="other", dialect="panasonic-kx-hts", source="folder", timezone="Europe/London", settings=settings)
    pbxs.add(TOLLBOOK, other, engine.bounds)
    add(engine, "a", FLAT)
    operations.assign(TOLLBOOK, engine.tariffs, TariffRule(id=operations.NEW, tariff="a", pbx="other"))

    without = plain(sent(admin, "/tariff/a/add/", document=DEARER))
    operations.assign(TOLLBOOK, engine.tariffs, TariffRule(id=operations.NEW, tariff="a", pbx=pbx))
    with_calls = plain(sent(admin, "/tariff/a/add/", document=DEARER))

    assert "Made up from its destinations" in without
    assert "+44 20 7946 0135 United Kingdom" in with_calls


def test_the_last_days_are_priced_by_it_when_somebody_asks_and_nothing_is_changed(
    admin: Client,
    engine: Engine,
    pbx: str,
) -> None:
    london(engine)
    at = f"{now() - timedelta(days=2):%Y-%m-%d} 09:00:00"
    import_file(engine, pbx, row("101", "900331990012345", at=at, talk_s=100))
    add(engine, "office", FLAT)
    operations.assign(TOLLBOOK, engine.tariffs, TariffRule(id=operations.NEW, tariff="office"))
    until(lambda: not engine.meanings.pricing)

    text = plain(sent(admin, "/tariff/office/add/", document=DEARER, act="days"))
    without = plain(sent(admin, "/tariff/office/add/", document=FLAT.replace("0.49", "0.69"), act="preview"))

    assert "The calls of the last 30 days, priced by it" in text
    assert "Now 1.1662 EUR Then 1.4042 EUR Difference +0.238 EUR" in text
    assert "1 call: 1 dearer, 0 cheaper, 0 would get a price" in text
    assert "The calls of the last 30 days" not in without
    assert versions(engine) == ["office 2026-01-01"]


def test_why_the_last_days_cannot_be_priced_is_told_beside_the_rest(
    admin: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_given: object) -> None:
        raise Unavailable("another preview is being made; ask again in a moment")

    monkeypatch.setattr(add_pages, "previewed_calls", refuse)

    text = plain(sent(admin, act="days"))

    assert "Another preview is being made" in text
    assert "New 10 Dearer 0" in text


def test_whatever_is_sent_is_answered_and_shown_as_text(admin: Client, engine: Engine) -> None:
    fields = ("tariff", "first", "document", "prices", "kept", "seen", "act")

    answers = [admin.post(NEW, {**SAID, field: text}) for field in fields for text in ODD]

    assert {each.status_code for each in answers} == {200}
    assert [each for each in answers if b"<script>alert" in each.content] == []
    assert versions(engine) == []
