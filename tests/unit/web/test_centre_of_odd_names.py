"""Names of places and people at a centre, and what somebody asks for, are texts: whatever stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import tomli_w
from django.test import Client

from tests.fakes.clickhouse_server import ClickHouseServer
from tests.fakes.two_places import PLACES, PlaceText, clickhouse_of_places
from tests.fakes.walk import sent_bytes, signed_in
from tollbook.engine.engine import Engine
from tollbook.model.fence import FILE
from tollbook.store.filters import WORDS

pytestmark = pytest.mark.slow
ODD = PlaceText(
    place='O\'Neill "Süd" 100% \\n {x:String}',
    pbx="front",
    extensions=("110144", "110255"),
    numbers=("79460136", "5550177", "5550178"),
    person="'; DROP TABLE calls; --",
    department='{x:String} \\\' % "Süd"',
    company="$1 `Works`",
    customer="Ähre & Söhne \\",
    cost_centre="K'\\1%",
)
HOSTILE = (
    "'",
    "\\",
    "\\'",
    "'; DROP TABLE calls; --",
    "{x:String}",
    "%",
    "$number",
    "Süd\u2028\t\n",
    "\0",
    "99999999999999999999999999",
    "-9223372036854775809",
    "(" * 60,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with clickhouse_of_places(tmp_path_factory.mktemp("odd"), PLACES[1], ODD) as made:
        yield made


@pytest.fixture
def site_folder(site_folder: Path, server: ClickHouseServer) -> Path:
    (site_folder / FILE).write_text(tomli_w.dumps({"store": {"url": server.settings["url"]}}))
    return site_folder


@pytest.fixture
def chief(engine: Engine) -> Client:
    del engine  # it has to be there, no more
    client = signed_in("admin", "")
    client.raise_request_exception = False
    return client


def count(client: Client, **words: str) -> int:
    """Return how many calls words mean."""
    asked = {name.replace("_", "-"): text for name, text in words.items()}
    return int(client.get(f"/api/calls/count?{urlencode(asked)}").json()["calls"])


def test_calls_are_found_by_names_with_any_letters(chief: Client) -> None:
    assert count(chief) == 8
    assert count(chief, site=ODD.place) == 4
    assert count(chief, pbx=f"{ODD.place}/front") == 4
    assert count(chief, person=ODD.person) == 3
    assert count(chief, department=ODD.department) == 4
    assert count(chief, company=ODD.company) == 4
    assert count(chief, cost_centre=ODD.cost_centre) == 4


@pytest.mark.usefixtures("engine")
def test_a_scope_of_a_place_with_any_letters_is_that_place() -> None:
    client = signed_in("manager", f"site={ODD.place}")

    assert count(client) == 4
    assert "391733" not in client.get("/calls/").content.decode()
    assert client.get("/reports/by-department/?from=2026-01-01&to=2026-12-31").status_code == 200


def test_names_with_any_letters_stand_in_files(chief: Client) -> None:
    words = urlencode({"from": "2026-01-01", "to": "2026-12-31", "site": ODD.place, "format": "csv"})

    text = sent_bytes(chief.get(f"/api/reports/by-person?{words}")).decode()

    assert "DROP TABLE calls" in text


@pytest.mark.parametrize("word", sorted(WORDS))
def test_hostile_words_are_answered_or_refused_and_never_fail(chief: Client, word: str) -> None:
    asked = [f"/api/calls/count?{urlencode({word: text})}" for text in HOSTILE]

    assert {each: status for each in asked if (status := chief.get(each).status_code) not in (200, 404, 422)} == {}
    assert count(chief) == 8


@pytest.mark.parametrize(
    "address",
    [
        "/api/rejects?body={}",
        "/api/rejects?limit={}",
        "/api/calls?limit={}",
        "/api/calls?after={}",
        "/api/calls/{}",
        "/api/calls/{}/legs",
        "/calls/{}/",
        "/calls/?page={}",
        "/calls/?after={}",
        "/reports/by-person/?limit={}",
        "/api/reports/by-person?limit={}",
        "/api/reports/explore?rows={}&measures=calls",
        "/api/changes?after={}",
        "/api/phone-bill?person={}",
    ],
)
def test_hostile_parts_of_addresses_are_answered_or_refused(chief: Client, address: str) -> None:
    asked = [address.format(urlencode({"": text})[1:]) for text in HOSTILE]

    assert {each: status for each in asked if (status := chief.get(each).status_code) >= 500} == {}
