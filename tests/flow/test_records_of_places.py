"""The record of a call is read at a centre: it lies at its place, which is asked for it and brings it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.fakes.clickhouse_server import a_clickhouse
from tests.fakes.commands import PASSWORD, Commands, Server, master_csv, serving
from tests.fakes.sites import until
from tollbook.model.page_limits import RECORDS_REMEMBERED
from tollbook.model.place import PlacedRecord, TakenRecord
from tollbook.reports.case_site import LaidOut, case_site, small_site
from tollbook.site.places.records import PlaceRecords
from tollbook.store.questions import has_record

CALLS = 30


@contextmanager
def signed_in(server: Server, commands: Commands) -> Iterator[httpx2.Client]:
    """Give a browser of an administrator."""
    assert commands.run("person", "add", "chief", "--role", "admin", given=f"{PASSWORD}\n".encode()).code == 0
    with httpx2.Client(base_url=server.url, trust_env=False, timeout=30) as browser:
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', browser.get("/sign-in/").text)
        assert token
        form = {"username": "chief", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        assert browser.post("/sign-in/", data=form, headers={"Referer": f"{server.url}/sign-in/"}).status_code == 302
        yield browser


@pytest.mark.slow
def test_the_record_of_a_call_is_brought_from_its_place(tmp_path: Path) -> None:
    with ExitStack() as stack:
        clickhouse = stack.enter_context(a_clickhouse(tmp_path / "clickhouse"))
        for each in ("centre", "edge"):
            (tmp_path / each).mkdir()
        centre, edge = (Commands(tmp_path / each / "site").made() for each in ("centre", "edge"))
        (centre.site / "tollbook.toml").write_text(f'store = "{clickhouse.settings["url"]}"\n')
        settings = {**clickhouse.settings, "place": "Hamburg"}
        sets = [word for option, text in settings.items() for word in ("--set", f"{option}={text}")]
        added = edge.run("sink", "add", "centre", "--kind", "clickhouse", "--columns", "ledger", *sets)
        assert added.code == 0, added.err
        at_centre, _ = stack.enter_context(serving(centre.site)), stack.enter_context(serving(edge.site))
        file = master_csv(tmp_path / "Master.csv", CALLS)
        assert edge.run("import", str(file), "--pbx", "hts").code == 0
        browser = stack.enter_context(signed_in(at_centre, centre))
        until(lambda: "Hamburg/hts" in browser.get("/calls/").text, patience_s=60)
        found = re.search(r"/calls/([0-9a-f-]{36})/", browser.get("/calls/").text)
        assert found
        records = f"/calls/{found[1]}/records/"
        assert records in browser.get(f"/calls/{found[1]}/").text

        assert "let that site join" in browser.get(records).text

        code = centre.run("place", "add", "Hamburg").out.strip()
        browser.get(records)
        assert edge.run("join", at_centre.url, code).code == 0
        assert "Hamburg was asked for the record" in browser.get(records).text
        until(lambda: "<pre" in browser.get(records).text, patience_s=90)
        shown = re.search(r"<pre[^>]*>([^<]+)</pre>", browser.get(records).text)
        assert shown
        assert shown[1].replace("&quot;", '"').strip() in file.read_text()
        assert "hx-trigger" not in browser.get(records).text


WHERE = PlacedRecord(pbx="hts", body=1, member=0, position=7, length=9)


def test_a_place_is_asked_for_its_own_records_alone_and_each_once() -> None:
    records = PlaceRecords()
    assert records.ask("Hamburg", WHERE) is None
    assert records.ask("Hamburg", WHERE) is None
    assert records.is_read("Hamburg")
    assert not records.is_read("Bremen")

    (wanted,) = records.wanted("Hamburg")
    assert wanted.record == WHERE
    assert records.wanted("Bremen") == []


def test_what_a_place_was_not_asked_for_is_let_go() -> None:
    records = PlaceRecords()
    records.ask("Hamburg", WHERE)
    (wanted,) = records.wanted("Hamburg")

    records.take("Bremen", TakenRecord(number=wanted.number, raw=b"another's"))
    records.take("Hamburg", TakenRecord(number=wanted.number + 1, raw=b"of nothing"))
    assert records.ask("Hamburg", WHERE) is None

    records.take("Hamburg", TakenRecord(number=wanted.number, raw=b"its own"))
    assert records.ask("Hamburg", WHERE) == b"its own"
    assert records.wanted("Hamburg") == []


def test_a_centre_remembers_no_more_records_than_there_is_room_for() -> None:
    records = PlaceRecords()
    for position in range(RECORDS_REMEMBERED + 5):
        records.ask("Hamburg", PlacedRecord(pbx="hts", body=1, member=0, position=position, length=9))

    assert records.wanted("Hamburg")[0].record.position == 5


def test_a_place_brings_records_of_calls_and_no_other_part_of_its_journal() -> None:
    lies = {"pbx": "desk", "body": 1, "member": 0, "position": 100, "length": 100}
    legs = "call, started_local, extension, talk_s\n1, 2026-02-23 09:00:00, 101, 10\n"
    with case_site() as site:
        ledger = site.ledger_of(LaidOut(calls=small_site().calls, legs=legs))

        assert has_record(ledger, lies)
        assert not has_record(ledger, {**lies, "position": 101})
        assert not has_record(ledger, {**lies, "length": 5_000})
        assert not has_record(ledger, {**lies, "pbx": "front"})
