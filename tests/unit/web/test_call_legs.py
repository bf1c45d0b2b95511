"""A call of several records: its page, its JSON, and what is counted of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.fakes.calls import Made, calls_of
from tests.fakes.sites import import_file
from tollbook.engine.engine import Engine
from tollbook.model.reading import Reading
from tollbook.model.rules import Rules
from tollbook.store import questions
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.filters import ALL
from tollbook.store.ledger import Ledger

RULES = Rules(same=("linked_id",))
RECORDS = [b"RANG,101\n", b"RANG,102\n", b"TOOK,103\n", b"WHOLE\n"]


def made(number: int, **more: object) -> Made:
    """Return a record as it would have been read from the bytes that lie in the journal."""
    return {"raw": RECORDS[number].strip(), "offset": sum(map(len, RECORDS[:number])), "caller": "5550177", **more}


@pytest.fixture
def calls(engine: Engine, pbx: str) -> list[dict[str, Any]]:
    """A ring group of which one telephone answered, and a call of one record."""
    body = import_file(engine, pbx, b"".join(RECORDS))
    records = [
        made(0, linked_id="x", extension="101", leg="unanswered", ring_s=9),
        made(1, linked_id="x", extension="102", leg="unanswered", ring_s=9),
        made(2, linked_id="x", extension="103", leg="answered", ring_s=9, talk_s=65, outcome="answered", hold_s=7),
        made(3, extension="104"),
    ]
    piece = Piece(
        pbx=pbx,
        body=body,
        stream=True,
        member=0,
        received_at=0,
        reading=Reading(calls_of(*records), [], []),
        rules=RULES,
    )
    store = engine.site.store
    store.write(Batch(reads=[pack([piece])], entry=store.progress()[0], unfinished={}))
    return sorted(questions.calls(Ledger(store), questions.CallListing()), key=lambda call: -call["legs"])


def asked(client: Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(b"".join(client.get(address)))
    return found


def test_the_page_of_a_call_lists_its_legs_each_as_the_pbx_wrote_it(
    viewer: Client,
    calls: list[dict[str, Any]],
) -> None:
    text = viewer.get(f"/calls/{calls[0]['id']}/").content.decode()

    assert "3 records that are one call" in text
    assert re.findall(r'<td class="ext">(\d+)</td>', text) == ["101", "102", "103"]
    assert re.findall(r'<pre class="raw"[^>]*>([^<]+)<', text) == ["RANG,101", "RANG,102", "TOOK,103"]


def test_the_page_of_a_call_of_one_record_shows_that(viewer: Client, calls: list[dict[str, Any]]) -> None:
    text = viewer.get(f"/calls/{calls[1]['id']}/").content.decode()

    assert "Its legs" not in text
    assert re.findall(r'<pre class="raw"[^>]*>([^<]+)<', text) == ["WHOLE"]


def test_fields_that_the_pbx_writes_nothing_of_take_no_line(viewer: Client, calls: list[dict[str, Any]]) -> None:
    several, single = (viewer.get(f"/calls/{call['id']}/").content.decode() for call in calls)

    assert "<dt>On hold</dt><dd>0:07" in several
    assert "On hold" not in single
    assert "pbx_charge" not in several


def test_a_call_says_how_many_legs_it_has_and_they_can_be_asked_for(
    viewer: Client,
    calls: list[dict[str, Any]],
) -> None:
    several, single = (call["id"] for call in calls)

    assert viewer.get(f"/api/calls/{several}").json()["legs"] == 3
    legs = asked(viewer, f"/api/calls/{several}/legs?format=json")
    assert [(leg["call"], leg["extension"], leg["leg"]) for leg in legs] == [
        (several, "101", "unanswered"),
        (several, "102", "unanswered"),
        (several, "103", "answered"),
    ]
    (only,) = asked(viewer, f"/api/calls/{single}/legs?format=json")
    assert (only["id"], only["call"], only["extension"], only["leg"]) == (single, single, "104", "")


def test_the_legs_of_a_call_that_there_is_not_are_not_found(viewer: Client) -> None:
    assert viewer.get("/api/calls/00000000-0000-0000-0000-000000000000/legs").status_code == 404


def test_what_is_counted_are_calls_and_further_legs_apart(
    engine: Engine,
    viewer: Client,
    pbx: str,
    calls: list[dict[str, Any]],
) -> None:
    counts = questions.counts_by_pbx(Ledger(engine.site.store))[pbx]
    totals = questions.list_totals(Ledger(engine.site.store), ALL)

    assert (counts.calls, counts.further_legs) == (len(calls), 2)
    assert (totals.calls, totals.missed) == (2, 1)
    assert "Further legs" in viewer.get(f"/pbx/{pbx}/").content.decode()


def test_a_row_of_the_live_list_says_which_call_it_shows(viewer: Client, calls: list[dict[str, Any]]) -> None:
    text = viewer.get("/").content.decode()

    assert set(re.findall(r'<li data-call="([^"]+)"', text)) == {call["id"] for call in calls}
