"""What a PBX sends by itself, on the screen: live, and as of the moment a page is made."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest
from django.test import Client

from tests.catalogue.found import DIALECTS
from tests.fakes.call_server import READY, ticket
from tests.fakes.sites import settle, until
from tests.unit.web.conftest import row
from tollbook.engine.capture.live_bytes import SHOWN, Arrived
from tollbook.engine.engine import Engine
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.actor import TOLLBOOK
from tollbook.model.pbx import Pbx
from tollbook.render.formatting import visible
from tollbook.simulator.running import RunningStream, Switchroom
from tollbook.simulator.streams import TcpListener
from tollbook.site.pbxs.operations import add, pause
from tollbook.sources import known
from tollbook.web.calls import live
from tollbook.web.pbxs.arriving import Onlooker

ADD = "/pbxs/add/panasonic-kx-hts/tcp_client/"
RECORD = row("101", "5550123").rstrip(b"\n")
Stream = RunningStream[TcpListener]


@pytest.fixture
def at_work(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The site with its PBXs watched."""
    monkeypatch.setattr(engine, "_with_sources", True)
    return engine


@pytest.fixture
def stream() -> Iterator[Stream]:
    with Switchroom() as room:
        yield room.start(TcpListener())


@pytest.fixture
def set_up(at_work: Engine, stream: Stream) -> Pbx:
    """A PBX that listens, and is connected to."""
    settings = {"host": "127.0.0.1", "port": str(stream.carrier.port)}
    desk = Pbx(name="desk", dialect="panasonic-kx-hts", source="tcp_client", timezone="UTC", settings=settings)
    pbx = add(TOLLBOOK, desk, at_work.bounds)
    until(lambda: at_work.health()[0].connected_since)
    return pbx


async def next_with(events: AsyncIterator[str], word: str) -> str:
    async with asyncio.timeout(20):
        return await anext(event async for event in events if word in event)


@pytest.mark.usefixtures("set_up")
def test_bytes_are_shown_as_they_come_and_cut_into_records(at_work: Engine, stream: Stream) -> None:
    async def look() -> dict[str, object]:
        events = live.arrivals(at_work, at_work.pbxs()["desk"])
        await next_with(events, "event: state")
        stream.send([RECORD, b"<b>no</b>"])
        shown = await next_with(events, "not readable")
        await events.aclose()  # type: ignore[attr-defined] # an async generator, declared as its iterator
        return dict(json.loads(shown.removeprefix("data: ")))

    shown = asyncio.run(look())

    assert "<b>no</b>\\r\\n" in str(shown["raw"])
    assert "1 field where 15 belong" in str(shown["records"])
    assert not live._looking  # noqa: SLF001 - nobody looks on any more


@pytest.mark.usefixtures("set_up")
def test_a_look_ends_in_time_and_when_the_server_does(at_work: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ended() -> str:
        events = live.arrivals(at_work, at_work.pbxs()["desk"])
        await next_with(events, "event: state")
        at_work.end_streams()
        return await next_with(events, "event: over")

    assert asyncio.run(ended())
    monkeypatch.setattr(live, "LONGEST_LOOK_S", 0.01)

    async def timed() -> str:
        return await next_with(live.arrivals(at_work, at_work.pbxs()["desk"]), "event: over")

    assert asyncio.run(timed())


def test_control_characters_are_seen_and_a_record_may_come_in_two_arrivals(engine: Engine, pbx: str) -> None:
    onlooker = Onlooker(engine, engine.pbxs()[pbx])

    first, second = (onlooker.see(Arrived(0, 1, data)) for data in (b"\x02" + RECORD[:40], RECORD[40:] + b"\x03\r\n"))

    assert first.raw.startswith("\\x02")
    assert first.records == []
    assert [(record.number, record.fate) for record in second.records] == [(1, "call")]
    assert second.records[0].told == "outgoing answered: 101 to 5550123"


def test_a_record_of_several_lines_is_seen_whole(engine: Engine) -> None:
    norstar = Pbx(name="front", dialect="nortel-norstar", source="serial", timezone="UTC", settings={})
    case = next(each for each in DIALECTS["nortel-norstar"].cases(CUTTERS) if len(each.frames) > 1)
    onlooker = Onlooker(engine, norstar)

    lines = case.data.splitlines(keepends=True)
    seen = [onlooker.see(Arrived(at=1, body=1, data=line)).records for line in lines]

    shown = [record.raw for records in seen for record in records]
    assert shown == [visible(raw)[:400] for raw in case.frames.raws[: len(shown)]]
    assert len(case.frames) - 1 <= len(shown) < len(lines)


def test_a_binary_message_is_seen_as_the_one_record_that_it_is(engine: Engine, pbx: str) -> None:
    onlooker = Onlooker(engine, msgspec.structs.replace(engine.pbxs()[pbx], dialect="omnipcx-enterprise"))
    message = READY + ticket(1)

    first, second = (onlooker.see(Arrived(0, 1, data)) for data in (message[:300], message[300:] + READY))

    assert first.records == []
    assert [(record.fate, record.told) for record in second.records] == [
        ("call", "incoming answered: 2125550101 to 4102"),
    ]


def test_an_arrival_too_large_to_show_joins_no_two_halves(engine: Engine, pbx: str) -> None:
    onlooker = Onlooker(engine, engine.pbxs()[pbx])

    onlooker.see(Arrived(0, 1, b"x" * SHOWN))

    assert [record.fate for record in onlooker.see(Arrived(0, 1, RECORD + b"\n")).records] == ["call"]


@pytest.mark.usefixtures("set_up")
def test_without_scripts_the_page_has_what_came_last(admin: Client, at_work: Engine, stream: Stream) -> None:
    assert "No record yet" in admin.get("/pbx/desk/test/").content.decode()
    stream.send([RECORD])
    until(lambda: at_work.last_bytes("desk"))

    text = admin.get("/pbx/desk/test/").content.decode()

    assert "outgoing answered: 101 to 5550123" in text
    assert "When nothing arrives" in text
    assert "Does another program hold the connection?" in text


@pytest.mark.usefixtures("set_up")
def test_what_came_last_of_much_begins_with_a_whole_record(admin: Client, at_work: Engine, stream: Stream) -> None:
    stream.send([RECORD] * 40)
    until(lambda: at_work.site.store.rows("SELECT count(*) FROM call") == [(40,)])

    text = admin.get("/pbx/desk/test/").content.decode()

    assert "outgoing answered: 101 to 5550123" in text
    assert "not readable:" not in text


@pytest.mark.usefixtures("set_up")
def test_connected_and_silent_is_told_from_down(admin: Client, stream: Stream) -> None:
    def until_told(words: str) -> None:
        until(lambda: words in admin.get("/pbx/desk/").content.decode())

    until_told("and nothing has come yet")
    stream.send([RECORD])
    until_told("the last byte came")
    stream.stop()
    until_told("Down: not connected")


@pytest.mark.usefixtures("set_up")
def test_status_has_what_is_known_of_a_stream(admin: Client, at_work: Engine, stream: Stream) -> None:
    stream.send([RECORD])
    until(lambda: at_work.last_bytes("desk"))
    settle(at_work)

    (status,) = admin.get("/api/status").json()["pbxs"]

    assert status["standing"].startswith("connected; the last byte came")
    assert (status["calls"], status["replayed"], status["resets"], status["refused"]) == (1, 0, 0, 0)
    assert status["calls_last_hour"] == 0
    assert b'tollbook_pbx_connections{pbx="desk"} 1.0' in admin.get("/metrics", headers={"Host": "localhost"}).content


@pytest.mark.usefixtures("set_up")
def test_only_an_administrator_looks_on(viewer: Client) -> None:
    assert viewer.get("/pbx/desk/test/").status_code == 403
    assert viewer.get("/pbx/desk/test/live/").status_code == 403
    assert viewer.get("/api/pbxs/desk/arrivals").status_code == 403


@pytest.mark.usefixtures("set_up")
def test_nothing_is_streamed_of_a_pbx_that_is_paused(admin: Client) -> None:
    pause(TOLLBOOK, "desk", paused=True)

    assert admin.get("/pbx/desk/test/live/").status_code == 204
    assert "is paused" in admin.get("/api/pbxs/desk/arrivals").json()["problems"][0]["what"]


@pytest.mark.usefixtures("engine")
def test_the_kinds_of_source_are_grouped_by_who_begins(admin: Client) -> None:
    text = admin.get("/pbxs/add/", {"dialect": "panasonic-kx-tda"}).content.decode()

    assert text.index("Tollbook asks the PBX") < text.index('value="tcp_client"') < text.index("<legend>Files")
    assert text.index('value="tcp_client"') < text.index('value="http_poll"') < text.index('value="command"')
    assert [kind for kind in known.kinds() if f'value="{kind}"' not in text] == []


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("dialect", ["panasonic-kx-tda", "panasonic-kx-hts", "cisco-cucm"])
def test_importing_by_hand_is_offered_last_for_each_format(admin: Client, dialect: str) -> None:
    text = admin.get("/pbxs/add/", {"dialect": dialect}).content.decode()

    assert max((text.index(f'value="{kind}"'), kind) for kind in known.kinds())[1] == "by_hand"


@pytest.mark.usefixtures("engine")
def test_a_setting_says_with_which_other_one_it_means_something(admin: Client) -> None:
    text = admin.get(ADD).content.decode()

    assert 'data-needs="set-login" data-values="steps"' in text
    assert "Only where Login is steps." in text
    assert text.index('name="set-port"') < text.index("More settings") < text.index('name="set-idle"')


@pytest.mark.parametrize("kind", known.kinds())
def test_every_kind_of_source_has_its_form(admin: Client, kind: str) -> None:
    response = admin.get(f"/pbxs/add/panasonic-kx-hts/{kind}/")

    assert response.status_code == 200
    assert kind == "by_hand" or response.content.decode().count('name="set-') >= 2
