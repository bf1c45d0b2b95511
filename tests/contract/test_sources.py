"""What every source has to keep to, whichever way its records arrive."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, aclosing
from pathlib import Path

import msgspec
import pytest

from tests.fakes.file_peers import Peer
from tests.fakes.file_servers import an_ftp_server, an_sftp_server
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx
from tollbook.model.body import Body
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.plugins import read_options
from tollbook.simulator.running import RunningPbx
from tollbook.site.pbxs.checks import source_options
from tollbook.sources import known
from tollbook.sources.contract import Answered, Asking, Began, Ended, Event, Group, Surroundings, Took

KINDS = known.kinds()
LINES = some_lines(6)
_SERVERS: dict[str, Callable[[Path], AbstractContextManager[Peer]]] = {"ftp": an_ftp_server, "sftp": an_sftp_server}
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_a_source_says_in_whole_sentences_when_it_is_the_right_one_and_what_to_look_at(kind: str) -> None:
    source = known.find(kind)

    assert source.title[0].isupper()
    assert [each for each in (source.about, *source.checklist) if not (each[0].isupper() and each[-1] in ".?")] == []
    assert source.checklist or source.group is not Group.SENT
    assert inspect.isasyncgenfunction(source.arrivals)


def test_every_group_of_sources_has_some_and_titles_are_of_one_alone() -> None:
    sources = [known.find(kind) for kind in KINDS]

    assert {source.group for source in sources} == set(Group)
    assert len({source.title for source in sources}) == len(sources)


def test_only_files_can_be_gone_on_with_and_only_one_kind_of_asking_clears() -> None:
    assert {kind for kind in KINDS if known.goes_on(kind)} == {"folder", "ftp", "sftp"}
    assert {kind for kind in KINDS if known.clears(kind)} == {"http_poll"}
    assert {kind for kind in KINDS if not known.is_stream(kind)} == {
        "by_hand",
        "folder",
        "ftp",
        "http_poll",
        "http_push",
        "sftp",
        "rest_poll",
    }


@each_kind
def test_every_option_of_a_source_says_what_it_means_as_part_of_a_sentence(kind: str) -> None:
    helps = {each.name: each.setting.help for each in source_options(kind)}

    assert {name: text for name, text in helps.items() if len(text.split()) < 3 or text.endswith(".")} == {}


@each_kind
def test_what_is_not_set_has_the_default_that_is_told(kind: str) -> None:
    needed = {each.name: each.setting.example for each in source_options(kind) if each.setting.required}
    read = read_options(known.options_of(kind), needed, "here")
    fields = {name.replace("-", "_") for name in needed}

    assert known.options_of(kind)(**{field: getattr(read, field) for field in fields}) == read


@each_kind
def test_an_example_is_one_that_can_be_set_and_not_what_is_so_anyway(kind: str) -> None:
    for each in source_options(kind):
        if each.setting.example and not each.setting.required:
            assert each.setting.kind.read(each.setting.example) != each.setting.kind.read(each.setting.default)


@each_kind
def test_a_source_without_what_it_needs_names_every_missing_option(kind: str) -> None:
    required = [each.name for each in source_options(kind) if each.setting.required]
    if not required:
        read_options(known.options_of(kind), {}, "here")
        return
    with pytest.raises(Misconfigured) as caught:
        read_options(known.options_of(kind), {}, "here")

    assert [problem.what for problem in caught.value.problems] == [f"'{name}' is missing" for name in required]


def test_a_source_that_there_is_not_is_said_with_those_there_are() -> None:
    with pytest.raises(Misconfigured, match="no source is called 'telepathy'"):
        known.options_of("telepathy")


# ---------------------------------------------------------------- the order of events


class Forgetful:
    """A past that remembers the bodies of this run and nothing else."""

    def __init__(self) -> None:
        self.bodies: dict[str, Body] = {}
        self._bytes = b""

    def leave_open(self, body: Body, data: bytes) -> None:
        """Remember of a body only the first bytes, as after a crash."""
        self.bodies[body.origin] = msgspec.structs.replace(body, length=len(data))
        self._bytes = data

    async def latest(self, origin: str) -> Body | None:
        return self.bodies.get(origin)

    async def read(self, _body: int, start: int) -> bytes:
        return self._bytes[start:]

    async def mark(self, _origin: str) -> str:
        return ""

    async def stored(self) -> None:
        return

    def note(self, event: Event) -> None:
        if isinstance(event, Began) and event.goes_on is None:
            number = len(self.bodies) + 1
            self.bodies[event.origin] = Body(
                id=number, pbx="hts", source="", origin=event.origin, opened_at=0, ended_at=None, state="open",
                reason="", length=0, mark="",
            )  # fmt: skip


async def _until_answered(pbx: Pbx, answers: int, past: Forgetful | None = None) -> list[Event]:
    past, events = past or Forgetful(), list[Event]()
    options = read_options(known.options_of(pbx.source), pbx.settings, "here")
    around = Surroundings(pbx.name, past, lambda _seconds: asyncio.sleep(0))
    async with aclosing(known.arrivals_of(pbx.source)(options, around)) as arriving:
        async for event in arriving:
            past.note(event)
            events.append(event)
            answers -= isinstance(event, Answered)
            if not answers:
                return events
    return events


@pytest.fixture(params=["folder", "ftp", "http_poll", "sftp"])
def events(request: pytest.FixtureRequest, tmp_path: Path) -> list[Event]:
    """What a source yields for six records, up to its second answer."""
    if request.param == "folder":
        (tmp_path / "Master.csv").write_bytes(b"".join(LINES))
        os.utime(tmp_path / "Master.csv", (0, 0))
        return asyncio.run(_until_answered(a_pbx(path=str(tmp_path), minimum_age="100ms"), 2))
    if request.param in ("ftp", "sftp"):
        with _SERVERS[request.param](tmp_path) as peer:
            peer.put("Master.csv", *LINES)
            served = Pbx(name="hts", dialect="panasonic-kx-hts", source=request.param, settings=peer.settings)
            return asyncio.run(_until_answered(served, 2))
    with RunningPbx() as pbx:
        pbx.add(LINES)
        return asyncio.run(_until_answered(a_pbx(url=pbx.url, auth="none"), 2))


def test_every_byte_comes_once_and_in_order(events: list[Event]) -> None:
    assert b"".join(event.data for event in events if isinstance(event, Took)) == b"".join(LINES)


def test_bytes_come_only_within_a_body_and_a_body_ends_only_once_it_began(events: list[Event]) -> None:
    inside = False
    for event in events:
        assert inside or not isinstance(event, (Took, Ended))
        inside = isinstance(event, Began) or (inside and not isinstance(event, Ended))
    assert not inside


@pytest.mark.parametrize("kind", ["ftp", "sftp"])
def test_a_source_that_goes_on_takes_only_what_is_missing_of_a_body_that_was_cut_off(kind: str, tmp_path: Path) -> None:
    head, tail = b"".join(LINES[:2]), b"".join(LINES[2:])
    past = Forgetful()
    with _SERVERS[kind](tmp_path) as peer:
        peer.put("Master.csv", *LINES)
        settings = Pbx(name="hts", dialect="panasonic-kx-hts", source=kind, settings=peer.settings)
        whole = asyncio.run(_until_answered(settings, 2, past))
        (body,) = past.bodies.values()
        past.leave_open(body, head)
        again = asyncio.run(_until_answered(settings, 2, past))

    assert b"".join(event.data for event in whole if isinstance(event, Took)) == head + tail
    assert [event.goes_on for event in again if isinstance(event, Began)] == [body.id]
    assert b"".join(event.data for event in again if isinstance(event, Took)) == tail


def test_a_source_that_may_clear_says_that_it_asks_before_each_answer() -> None:
    with RunningPbx() as pbx:
        pbx.add(LINES)
        kinds = [type(event) for event in asyncio.run(_until_answered(a_pbx(url=pbx.url, auth="none"), 3))]

    assert kinds == [Asking, Began, Took, Ended, Answered, Asking, Answered, Asking, Answered]


def test_a_source_held_before_it_asks_has_asked_nothing() -> None:
    async def first() -> Event:
        options = read_options(known.options_of("http_poll"), {"url": pbx.url, "auth": "none"}, "here")
        arriving = known.arrivals_of("http_poll")(options, Surroundings("hts", Forgetful(), asyncio.sleep))
        async with aclosing(arriving) as events:
            return await anext(events)

    with RunningPbx() as pbx:
        assert asyncio.run(first()) == Asking()
        assert pbx.requests == ()
