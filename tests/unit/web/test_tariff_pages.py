"""Tariffs on their pages: the list, a tariff, its versions, the examples; who may change what."""

from __future__ import annotations

import io
import json
import re
import zipfile
from html import unescape

import pytest
from django.test import Client

from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.pricing import TariffRule
from tollbook.rating.tariff_text import TariffText
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.tariffs import operations
from tollbook.site.tariffs.examples import example, examples

BANDED = """
title = "Carrier A"
currency = "EUR"
zone = "Europe/London"
holidays = "GB-ENG"
markup = { percent = "10", per_call = "0.05" }
tax = { percent = "20", included = true }
round = { places = 2, how = "up" }

[[band]]
name = "day"
days = "mon-fri"
from = "08:00"
to = "18:00"

[[band]]
name = "rest"

[[rate]]
to = "GB"
name = "Home"
band = "day"
connect_fee = "0.05"
price = "0.10"
first_s = 60
next_s = 1

[[rate]]
to = "GB"
name = "Home"
band = "rest"
price = "0.02"

[[rate]]
to = "+4420"
name = "London"
price = "free"

[[rate]]
to = "GB mobile"
price = "blocked"

[[bundle]]
name = "100 minutes"
to = ["GB"]
seconds = 6000
"""
FLAT = example("flat-office").document


def add(engine: Engine, tariff: str, document: str, first: str = "2026-01-01", *, prices: str = "") -> str:
    texts = (TariffText(document, "tariff.toml"), TariffText(prices, "tariff.csv") if prices else None)
    given = operations.GivenVersion(tariff=tariff, document=texts[0], prices=texts[1], first=first)
    return operations.add(TOLLBOOK, engine.tariffs, given).name


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return unescape(answer.content.decode())


def plain(text: str) -> str:
    """What stands on a page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text.partition("<main")[2]).split())


def test_a_site_without_tariffs_says_what_to_begin_with(admin: Client, viewer: Client) -> None:
    text, seen = page(admin, "/tariffs/"), page(viewer, "/tariffs/")

    assert "No tariff yet" in text
    assert all(f"/tariffs/examples/{each.name}/" in text for each in examples())
    assert "/tariffs/import/" in text
    assert "An administrator can add one" in seen
    assert "/tariffs/import/" not in seen


@pytest.mark.parametrize("name", [each.name for each in examples()])
def test_an_example_is_shown_with_its_texts_and_begins_a_tariff(admin: Client, viewer: Client, name: str) -> None:
    shown = example(name)

    text, begun = page(admin, f"/tariffs/examples/{name}/"), page(admin, f"/tariffs/add/?example={name}")

    assert shown.document in text
    assert shown.prices in text
    assert shown.document in begun
    assert f'name="tariff" value="{name}"' in begun
    assert "Begin with this" not in page(viewer, f"/tariffs/examples/{name}/")


def test_the_list_says_of_each_tariff_what_is_valid_and_which_calls_it_prices(
    admin: Client,
    engine: Engine,
    pbx: str,
) -> None:
    add(engine, "office", FLAT, "2026-01-01")
    add(engine, "office", FLAT.replace("0.49", "0.59").replace("flat rate", "flat rate of later"), "2999-01-01")
    rule = TariffRule(id=operations.NEW, tariff="office", pbx=pbx, trunk="4")
    operations.assign(TOLLBOOK, engine.tariffs, rule)

    text = plain(page(admin, "/tariffs/"))

    assert "Office, flat rate office EUR 1 Jan 2026 2 11 Outgoing calls of hts32 over trunk 4" in text
    assert "Set a dial plan of hts32" in text


def test_a_tariff_has_its_versions_the_last_first_and_says_which_is_valid_now(viewer: Client, engine: Engine) -> None:
    add(engine, "office", FLAT)
    add(engine, "office", FLAT.replace("0.49", "0.59"))
    add(engine, "office", FLAT.replace("0.49", "0.69"), "2999-01-01")

    text = page(viewer, "/tariff/office/")

    assert re.findall(r'href="/tariff/office/([\d.r-]+)/"', text) == ["2999-01-01", "2026-01-01.r2", "2026-01-01"]
    assert "2026-01-01.r2 valid now 1 Jan 2026" in plain(text)
    assert "Add a version" not in text


def test_a_version_shows_its_bands_as_a_week_with_the_holidays(viewer: Client, engine: Engine) -> None:
    add(engine, "a", BANDED)

    text = page(viewer, "/tariff/a/2026-01-01/")

    assert "Monday to Friday 00:00 to 08:00 rest 08:00 to 18:00 day 18:00 to 24:00 rest" in plain(text)
    assert "Saturday and Sunday rest, all day" in plain(text)
    assert "Holiday rest, all day" in plain(text)
    assert '<rect x="480" y="0" width="600" height="10" class="band-1"/>' in text
    assert "Holidays of GB-ENG" in text
    assert "style=" not in text.partition("<main")[2]


def test_a_version_says_in_words_what_holds_for_every_call(viewer: Client, engine: Engine) -> None:
    add(engine, "a", BANDED)

    text = plain(page(viewer, "/tariff/a/2026-01-01/"))

    assert "Mark-up 10 % and 0.05 for each call" in text
    assert "Tax 20 %, in the prices already" in text
    assert "Rounding Once at the end, up, to 2 decimal places" in text
    assert "0.10 per minute, the first 60 s whole, then by the second; 0.05 for the connection" in text
    assert "100 minutes 6,000 s, taken by the second to GB, each month; each trunk has its own" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("+44 20 7946 0135", "+4420 London: free GB Home fits as well and is less exact"),
        ("+44 7700 900123", "one that its country does not give out"),
        ("441214960123", "United Kingdom, fixed line. In the band day: GB Home: 0.10 per minute"),
        ("+33199001234", "no rate : such calls stay without a price"),
        ("112", "Which rate 112 gets"),
        ("lond", "+4420 London at any time free"),
        ("nothing such", "No rate fits this search"),
    ],
)
def test_a_rate_is_found_by_a_number_or_its_destination(viewer: Client, engine: Engine, words: str, told: str) -> None:
    add(engine, "a", BANDED)

    text = plain(viewer.get("/tariff/a/2026-01-01/", {"q": words}).content.decode())

    assert told in unescape(text)


def test_what_is_odd_about_a_version_is_told_on_its_page_and_before_it_is_kept(admin: Client, engine: Engine) -> None:
    prices = "to,name,price\n+7,Russia,0.08\n+53,Cuba,0\n"
    add(engine, "a", FLAT, prices=prices)
    said = {"document": FLAT, "prices": prices.replace("0.08", "0.09"), "first": "2026-02-01", "act": "preview"}

    texts = [page(admin, "/tariff/a/2026-01-01/"), unescape(admin.post("/tariff/a/add/", said).content.decode())]

    for text in texts:
        assert "+7 'Russia' also prices numbers of Kazakhstan" in text
        assert "1 rate costs nothing at all: +53 Cuba" in text


def test_many_rates_come_in_pages(viewer: Client, engine: Engine) -> None:
    rows = "".join(f"+44{number},place {number},0.01\n" for number in range(100, 220))
    add(engine, "a", FLAT, prices=f"to,name,price\n{rows}")

    assert "Page 1 of 3" in plain(page(viewer, "/tariff/a/2026-01-01/"))
    assert "place 219" in page(viewer, "/tariff/a/2026-01-01/?page=3")
    assert "Page 3 of 3" in plain(page(viewer, "/tariff/a/2026-01-01/?page=99"))


def test_the_files_of_a_version_are_downloaded_as_they_were_added(viewer: Client, engine: Engine) -> None:
    add(engine, "a", FLAT, prices="to,price\n+44,0.01\n")

    answers = {form: viewer.get(f"/tariff/a/2026-01-01/tariff.{form}") for form in ("toml", "csv", "zip", "exe")}

    assert answers["toml"].content.decode() == FLAT
    assert answers["csv"].content == b"to,price\n+44,0.01\n"
    assert zipfile.ZipFile(io.BytesIO(answers["zip"].content)).namelist() == ["tariff.toml", "tariff.csv"]
    assert answers["toml"]["Content-Disposition"] == 'attachment; filename="a-2026-01-01.toml"'
    assert answers["exe"].status_code == 404


def test_a_version_that_cannot_be_read_says_why_and_shows_its_document(viewer: Client, engine: Engine) -> None:
    add(engine, "a", FLAT)
    (engine.tariffs.path / "a" / "2026-02-01.toml").write_text(FLAT.replace('"0.49"', '"0,49"'))

    text = page(viewer, "/tariff/a/2026-02-01/")

    assert "'price' is no amount" in text
    assert '"0,49"' in text
    assert "It cannot be used" in page(viewer, "/tariff/a/")
    assert "Office, flat rate" in page(viewer, "/tariffs/")


@pytest.mark.parametrize(
    "address",
    ["/tariff/b/", "/tariff/a/2026-01-02/", "/tariff/a/2026-01-01.r2/", "/tariffs/examples/none/", "/tariff/A/",
     "/tariff/a/assignments/7/remove/", "/tariffs/add/?example=none", "/tariff/a/add/?from=2020-01-01"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(admin: Client, engine: Engine, address: str) -> None:
    add(engine, "a", FLAT)

    assert admin.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/tariffs/add/", "/tariffs/import/", "/tariffs/price-again/", "/tariffs/price-as-before/", "/tariff/a/add/",
     "/tariff/a/import/", "/tariff/a/assign/", "/tariff/a/assignments/1/remove/"],
)  # fmt: skip
def test_only_administrators_change_tariffs(viewer: Client, engine: Engine, address: str) -> None:
    add(engine, "a", FLAT)
    operations.assign(TOLLBOOK, engine.tariffs, TariffRule(id=operations.NEW, tariff="a"))

    assert (viewer.get(address).status_code, viewer.post(address, {"act": "keep"}).status_code) == (403, 403)
    assert [each.id for each in operations.rules()] == [1]


def test_a_version_shows_what_it_changed_against_the_one_before(viewer: Client, engine: Engine) -> None:
    add(engine, "office", FLAT)
    add(engine, "office", FLAT.replace('"0.49"', '"0.59"'), "2026-02-01")

    text = plain(page(viewer, "/tariff/office/2026-02-01/changes/"))

    assert "Against 2026-01-01 , the version before" in text
    assert "New 0 Dearer 1 Cheaper 0 Unchanged 10 Closed 0" in text
    assert "All other countries dearer 0.49/60 s (60) 0.59/60 s (60)" in text
    assert "+0.357" in text
    assert 'href="/tariff/office/2026-02-01/changes/"' in page(viewer, "/tariff/office/2026-02-01/")
    assert "What it changed" not in page(viewer, "/tariff/office/2026-01-01/")
    assert viewer.get("/tariff/office/2026-01-01/changes/").status_code == 404


def test_a_file_whose_name_is_no_day_is_told_and_breaks_no_page(viewer: Client, engine: Engine) -> None:
    add(engine, "a", FLAT)
    for tariff in ("a", "b"):
        (engine.tariffs.path / tariff).mkdir(exist_ok=True)
        (engine.tariffs.path / tariff / "2026-13-45.toml").write_text(FLAT)

    assert "2026-13-45 is no day" in page(viewer, "/tariffs/")
    assert "2026-13-45 is no day" in page(viewer, "/tariff/a/")
    assert "Office, flat rate" in page(viewer, "/tariff/a/2026-13-45/")
    assert viewer.get("/tariff/a/2026-13-45/changes/").status_code == 404


@pytest.mark.usefixtures("pbx")
def test_the_page_of_a_call_leads_to_the_version_that_priced_it(viewer: Client, engine: Engine) -> None:
    london(engine)
    add(engine, "a", FLAT)
    operations.assign(TOLLBOOK, engine.tariffs, TariffRule(id=operations.NEW, tariff="a"))
    until(lambda: not engine.meanings.pricing)
    call = json.loads(viewer.get("/api/calls?direction=outgoing").content.splitlines()[0])

    assert '<a href="/tariff/a/2026-01-01/">Office, flat rate</a>' in page(viewer, f"/calls/{call['id']}/")
    (engine.tariffs.path / "a" / "2026-01-01.toml").unlink()
    assert "/tariff/a/" not in page(viewer, f"/calls/{call['id']}/")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/tariffs/add/", {"tariff": "b", "first": "2026-01-01", "document": FLAT, "act": "keep"}),
        ("/tariff/a/assign/", {"direction": "outgoing"}),
        ("/tariffs/price-again/", {"act": "go"}),
        ("/tariffs/price-as-before/", {}),
    ],
)
def test_a_form_of_another_site_changes_nothing(
    admin: Client,
    engine: Engine,
    address: str,
    said: dict[str, str],
) -> None:
    add(engine, "a", FLAT)
    admin.handler.enforce_csrf_checks = True

    assert admin.post(address, said).status_code == 403
    assert (operations.rules(), operations.last_priced_again()) == ([], None)


# ---------------------------------------------------------------- which calls


@pytest.mark.usefixtures("some_calls")
def test_a_tariff_is_assigned_to_lines_and_taken_away_again(admin: Client, engine: Engine) -> None:
    add(engine, "a", FLAT)
    assert '<option value="4"></option>' in page(admin, "/tariff/a/assign/")
    said = {"pbx": "hts32", "direction": "outgoing", "trunk": "4", "trunk_group": "", "first": "2026-02-01"}

    kept = admin.post("/tariff/a/assign/", said, follow=True).content.decode()

    assert "prices outgoing calls of hts32 over trunk 4 from now on" in kept
    assert "from 1 Feb 2026" in kept
    (rule,) = operations.rules()
    assert (rule.pbx, rule.trunk, str(rule.first), rule.until) == ("hts32", "4", "2026-02-01", None)
    address = f"/tariff/a/assignments/{rule.id}/remove/"
    assert "Take the assignment away?" in page(admin, address)
    assert operations.rules() == [rule]
    assert "no longer" in admin.post(address, follow=True).content.decode()
    assert operations.rules() == []


@pytest.mark.usefixtures("pbx")
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"first": "2026-02-01", "until": "2026-02-01"}, "The tariff would count for no day"),
        ({"first": "yesterday"}, "Enter a valid date"),
        ({"pbx": "nowhere"}, "nowhere is not one of the available choices"),
        ({"direction": "up"}, "up is not one of the available choices"),
        ({"trunk": "t" * 200}, "at most 80 characters"),
    ],
)
def test_what_cannot_be_assigned_is_said_at_its_field(
    admin: Client,
    engine: Engine,
    said: dict[str, str],
    told: str,
) -> None:
    add(engine, "a", FLAT)

    text = admin.post("/tariff/a/assign/", {"direction": "outgoing", **said}).content.decode()

    assert told in unescape(text)
    assert operations.rules() == []


def test_the_same_assignment_twice_is_refused_with_the_reason(admin: Client, engine: Engine) -> None:
    add(engine, "a", FLAT)
    admin.post("/tariff/a/assign/", {"direction": "outgoing"})

    text = admin.post("/tariff/a/assign/", {"direction": "outgoing"}).content.decode()

    assert "A is assigned to these calls already" in text
    assert len(operations.rules()) == 1


# ---------------------------------------------------------------- priced again


def london(engine: Engine) -> None:
    import_file(engine, "hts32", b"".join(row("101", f"902079460{number}") for number in range(135, 139)))
    pbxs.set_plan(TOLLBOOK, "hts32", {"": {"country": "GB", "area-code": "20", "outside": "9"}})
    until(lambda: not engine.numbering("hts32"))


def prices(client: Client) -> set[str]:
    text = client.get("/api/calls?direction=outgoing").content.decode()
    return set(re.findall(r'"price": ?(null|"[\d.]+")', text))


@pytest.mark.usefixtures("pbx")
def test_calls_are_priced_again_once_it_is_meant_and_as_before_once_that_is(admin: Client, engine: Engine) -> None:
    london(engine)
    add(engine, "a", FLAT)
    operations.assign(TOLLBOOK, engine.tariffs, TariffRule(id=operations.NEW, tariff="a"))
    until(lambda: not engine.meanings.pricing)
    before = prices(admin)
    add(engine, "a", FLAT.replace('"0.05"', '"0.10"'))

    asked = admin.post("/tariffs/price-again/", {"first": "2026-03-01", "until": ""}).content.decode()
    assert "4 calls" in asked
    assert prices(admin) == before
    admin.post("/tariffs/price-again/", {"first": "2026-03-01", "until": "", "act": "go"})
    until(lambda: not engine.meanings.pricing)
    after = prices(admin)

    assert len(before) == len(after) == 1
    assert before != after
    assert "from 1 Mar 2026 on" in plain(page(admin, "/tariffs/price-again/"))
    assert "All calls are priced" in page(admin, "/tariffs/price-again/?asked=1")
    assert "1 Mar 2026" in page(admin, "/tariffs/price-as-before/")
    admin.post("/tariffs/price-as-before/")
    until(lambda: not engine.meanings.pricing)
    assert prices(admin) == before
    text = admin.post("/tariffs/price-as-before/", follow=True).content.decode()
    assert "There is nothing to take back" in text


def test_a_period_without_a_day_is_refused(admin: Client) -> None:
    said = {"first": "2026-03-02", "until": "2026-03-02", "act": "go"}

    assert "No call would be priced" in admin.post("/tariffs/price-again/", said).content.decode()
    assert operations.last_priced_again() is None


def test_while_calls_are_priced_the_page_says_so_and_asks_again(
    viewer: Client,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(engine.meanings), "pricing", property(lambda _self: ["hts32"]))

    text = page(viewer, "/tariffs/")

    assert "The calls of hts32 are being priced" in text
    assert 'hx-get="/tariffs/pricing/"' in text
    assert "<html" not in viewer.get("/tariffs/pricing/").content.decode()
