"""The page and the endpoint on which prices are tried."""

from __future__ import annotations

import json

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
from tollbook.web.costs import previewing

ADDRESS = "/costs/preview/"
TARIFF = 'title = "A"\ncurrency = "EUR"\n[[rate]]\nto = "GB"\nprice = "1200.5"\n[[rate]]\nto = "*"\nprice = "0.5"\n'
LIST = "to,name,price\n+44,United Kingdom,3\n"


@pytest.fixture
def site(engine: Engine, pbx: str) -> Client:
    """A PBX without a tariff, and two calls of a minute."""
    pbxs.set_plan(TOLLBOOK, pbx, {"": {"country": "US", "area-code": "212", "outside": "9", "extensions": "100-199"}})
    until(lambda: not engine.numbering(pbx))
    rows = [row("107", "9011442079460135"), row("107", "912135550150", at="2026-03-03 09:20:00")]
    import_file(engine, pbx, b"".join(rows))
    return Client()


@pytest.fixture
def tried(site: Client, admin: Client) -> Client:
    del site
    return admin


def file(name: str, text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def page(client: Client, **given: object) -> str:
    return shown(client.post(ADDRESS, {"tariff": "newcomer", **given}).content.decode())


def test_a_file_is_tried_on_the_calls_of_some_days(tried: Client) -> None:
    text = page(tried, document=file("a.toml", TARIFF), to="2026-03-02")

    assert "newcomer is assigned to no calls: it is tried on all outgoing ones." in text
    assert "Now 0.00 EUR Then 1,200.50 EUR Difference +1,200.50 EUR" in text
    assert "United Kingdom, fixed line 1 0.00 EUR 1,200.50 EUR +1,200.50 EUR" in text
    assert "Would get a price 1" in text


def test_a_price_list_comes_with_its_tariff(tried: Client) -> None:
    without_rates = TARIFF.partition("[[rate]]")[0]
    both = page(tried, document=file("a.toml", without_rates), prices=file("a.csv", LIST))

    assert "Then 3.00 EUR" in both
    assert "A price list alone cannot be tried" in page(tried, prices=file("a.csv", LIST))


def test_what_is_wrong_is_said_and_nothing_is_shown(tried: Client) -> None:
    faulty = page(tried, document=file("a.toml", TARIFF.replace("0.5", "0,5")))

    assert "'price' is no amount: '0,5'" in faulty
    assert "By destination" not in faulty
    assert "'from' must be a date" in page(tried, document=file("a.toml", TARIFF), **{"from": "soon"})
    assert "No tariff is called 'newcomer'" in page(tried)
    assert "it is no UTF-8" in page(tried, document=SimpleUploadedFile("a.toml", b"\xff\xfe"))


def test_days_without_calls_say_so(tried: Client) -> None:
    assert "No call of these days has a price" in page(tried, document=file("a.toml", TARIFF), to="2026-01-01")


def test_who_may_only_look_is_led_away_from_it(viewer: Client) -> None:
    assert viewer.get(ADDRESS).status_code == 403
    assert ADDRESS not in viewer.get("/costs/unpriced/").content.decode()


def test_one_preview_is_made_at_a_time_and_one_that_takes_too_long_is_given_up(
    tried: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert page_limits.PREVIEWS_AT_ONCE == 1
    path = "/api/prices/preview?tariff=newcomer"
    with previewing.turn():
        busy = tried.post(path, TARIFF, content_type="application/octet-stream")
    monkeypatch.setattr(previewing, "PREVIEW_S", -1)
    late = tried.post(path, TARIFF, content_type="application/octet-stream")

    assert (busy.status_code, "another preview is being made" in busy.content.decode()) == (503, True)
    assert (late.status_code, "takes too long" in late.content.decode()) == (422, True)


def test_the_api_has_amounts_as_texts(tried: Client) -> None:
    answer = tried.post("/api/prices/preview?tariff=newcomer&most=1", TARIFF, content_type="application/octet-stream")
    told = json.loads(answer.content)

    assert [(each["country"], each["new"]) for each in told["destinations"]] == [("GB", "1200.5"), ("US", "0.5")]
    assert told["totals"][0]["new"] == "1201"
    too_many = tried.post("/api/prices/preview?tariff=a&most=1001", TARIFF, content_type="application/octet-stream")
    assert too_many.status_code == 422
