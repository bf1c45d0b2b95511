"""PBXs that post: what is kept, what they are told and when, and what those who mean harm can do."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_stream, at_work, raw_calls, settle, until
from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.model.body import Body, Ending
from tollbook.model.health import State
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.plugins import read_options
from tollbook.simulator.certificates import Certificate, Signer, WantedCertificate, make
from tollbook.simulator.faults import FaultKind, PbxFault
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import Pusher, Target, bearer
from tollbook.sources.contract import (
    Answered,
    Began,
    Connected,
    Ended,
    Event,
    Refused,
    Surroundings,
    Took,
    Waiting,
)
from tollbook.sources.http_push import Options, arrivals, exchange
from tollbook.sources.http_push import endpoint as desk
from tollbook.sources.http_push.line import HttpLine

PATIENCE_S = 20.0
SHORT_S = 0.1
TOKEN = "opens-the-door-in-tests"
WRONG = "does-not-open-the-door"
CALL = b'{"event": "NewCdr", "callid": "1571897930.5", "callfrom": "1023", "callto": "5550123"}'
LINES = some_lines(20)
Scene = Callable[[], Coroutine[Any, Any, None]]


def play(scene: Scene) -> None:
    asyncio.run(asyncio.wait_for(scene(), PATIENCE_S))


class NoPast:
    """A past in which nothing happened; this source does not ask."""

    async def latest(self, _origin: str) -> Body | None:
        return None

    async def read(self, _body: int, _start: int) -> bytes:
        return b""

    async def mark(self, _origin: str) -> str:
        return ""

    async def stored(self) -> None:
        return


class Source:
    """The source, taken by hand: it goes on past an event only when the next one is asked for."""

    def __init__(self, events: AsyncGenerator[Event, None], asked: asyncio.Event) -> None:
        self._events = events
        self._asked = asked
        self.url = ""
        self.port = 0

    async def event(self) -> Event:
        return await asyncio.wait_for(anext(self._events), PATIENCE_S)

    async def through(self, kind: type[Event]) -> list[Event]:
        """Take events up to the first of a kind."""
        taken = [await self.event()]
        while not isinstance(taken[-1], kind):
            taken.append(await self.event())
        return taken

    async def answer(self, talk: Coroutine[Any, Any, bytes]) -> tuple[bytes, list[Event]]:
        """Take events until somebody has his answer, and what is said of it."""
        talking, taken = asyncio.ensure_future(talk), list[Event]()
        async with self.taking(taken):
            answer = await talking
        return answer, taken

    @asynccontextmanager
    async def taking(self, taken: list[Event]) -> AsyncIterator[None]:
        """Take what comes during a block; at its end everything up to then is taken."""

        async def take() -> None:
            async for event in self._events:
                taken.append(event)
                if self._asked.is_set() and isinstance(event, Waiting | Answered) and self.url in event.message:
                    return

        work = asyncio.create_task(take())
        try:
            yield
        finally:
            self._asked.set()  # what is said of it comes after everything else
            await asyncio.wait_for(work, PATIENCE_S)
            self._asked.clear()

    async def close(self) -> None:
        await asyncio.wait_for(self._events.aclose(), PATIENCE_S)


@asynccontextmanager
async def listening(name: str = "hts", **settings: str) -> AsyncIterator[Source]:
    """Run the source of a PBX on a free port."""
    texts = {"listen": "127.0.0.1:0", "token": TOKEN} | {key.replace("_", "-"): text for key, text in settings.items()}
    asked = asyncio.Event()

    async def pause(_seconds: float) -> None:
        await asked.wait()
        await asyncio.sleep(0.01)

    events = arrivals(read_options(Options, texts, "here"), Surroundings(name, NoPast(), pause))
    source = Source(events, asked)
    try:
        waiting = await source.event()
        assert isinstance(waiting, Waiting)
        source.url = waiting.message.split()[2].rstrip(";")
        source.port = urlsplit(source.url).port or 0
        yield source
    finally:
        await source.close()


def post(body: bytes = CALL, *headers: str, target: str = "/hts", method: str = "POST") -> bytes:
    """Return a request; without a header of its own it shows the right token."""
    lines = [f"{method} {target} HTTP/1.1", "Host: tollbook.example.com", *headers]
    if not any(header.startswith(("Authorization", "X-Token")) for header in headers):
        lines.append(f"Authorization: Bearer {TOKEN}")
    if not any(header.startswith("Transfer-Encoding") for header in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


async def talk(port: int, *pieces: bytes, tls: ssl.SSLContext | None = None) -> bytes:
    """Send pieces on one connection, and return all that comes back until its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        for piece in pieces:
            writer.write(piece)
            with suppress(OSError):  # who is refused may not be heard to the end
                await writer.drain()
        return await asyncio.wait_for(reader.read(), PATIENCE_S)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def data(events: list[Event]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Took))


def endings(events: list[Event]) -> list[tuple[Ending, str]]:
    return [(event.ending, event.reason) for event in events if isinstance(event, Ended)]


def refusals(events: list[Event]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Refused)]


# ---------------------------------------------------------------- when a post is answered


def test_a_post_is_answered_only_once_its_end_is_on_the_disk() -> None:
    async def scene() -> None:
        async with listening() as source:
            answer = asyncio.create_task(talk(source.port, post()))
            assert await source.event() == Began(f"http://127.0.0.1:{source.port}/hts")
            assert await source.event() == Took(CALL)
            assert await source.event() == Ended(Ending.COMPLETE)
            await asyncio.wait({answer}, timeout=SHORT_S)
            assert not answer.done()

            assert await source.event() == Connected("127.0.0.1")
            assert status(await answer) == 200
            assert b'{"status": "ok"}' in await answer
            answered = await source.event()
            assert isinstance(answered, Answered)
            assert answered.message == f"127.0.0.1 posted {len(CALL)} bytes"

    play(scene)


def test_a_connection_that_is_not_asked_to_stay_is_closed_and_one_that_is_serves_the_next_post() -> None:
    async def scene() -> None:
        async with listening() as source:
            closed, _ = await source.answer(talk(source.port, post()))
            assert b"connection: close" in closed.lower()
            stays = post(CALL, "Connection: keep-alive")
            answers, events = await source.answer(talk(source.port, stays, stays, post(b"third")))

            assert answers.count(b"HTTP/1.1 200") == 3
            assert data(events) == CALL + CALL + b"third"
            assert endings(events) == [(Ending.COMPLETE, "")] * 3

    play(scene)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_comes_byte_by_byte_is_the_same_body(method: str) -> None:
    async def scene() -> None:
        async with listening() as source:
            pieces = [bytes([byte]) for byte in post(method=method)]
            answer, events = await source.answer(talk(source.port, *pieces))

            assert status(answer) == 200
            assert data(events) == CALL
            assert endings(events) == [(Ending.COMPLETE, "")]

    play(scene)


def test_a_body_in_chunks_that_waits_to_be_asked_for_is_taken() -> None:
    async def scene() -> None:
        async with listening() as source:
            reader, writer = await asyncio.open_connection("127.0.0.1", source.port)
            writer.write(post(b"", "Transfer-Encoding: chunked", "Expect: 100-continue"))
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 \r\n\r\n"
            writer.write(b"4\r\n1023\r\n5\r\n,5550\r\n0\r\n\r\n")
            answer, events = await source.answer(reader.read())
            writer.close()

            assert status(answer) == 200
            assert data(events) == b"1023,5550"

    play(scene)


def test_a_compressed_body_is_kept_as_it_came() -> None:
    async def scene() -> None:
        async with listening() as source:
            packed = b"\x1f\x8b\x08\x00packed"
            answer, events = await source.answer(talk(source.port, post(packed, "Content-Encoding: gzip")))

            assert status(answer) == 200
            assert data(events) == packed

    play(scene)


def test_posts_at_the_same_time_are_bodies_of_their_own() -> None:
    async def scene() -> None:
        async with listening() as source:
            bodies = [f"call {number}".encode() * 1000 for number in range(20)]
            talks = asyncio.gather(*(talk(source.port, *_halves(post(body))) for body in bodies))
            answers, events = await source.answer(_joined(talks))

            assert answers.count(b"HTTP/1.1 200") == 20
            lanes: dict[int, bytes] = {}
            taken = []
            for event in events:
                if isinstance(event, Began):
                    assert event.lane not in lanes
                    lanes[event.lane] = b""
                elif isinstance(event, Took):
                    lanes[event.lane] += event.data
                elif isinstance(event, Ended):
                    taken.append(lanes.pop(event.lane))
            assert sorted(taken) == sorted(bodies)

    play(scene)


def _halves(request: bytes) -> tuple[bytes, bytes]:
    return request[: len(request) // 2], request[len(request) // 2 :]


async def _joined(talks: asyncio.Future[list[bytes]]) -> bytes:
    return b"".join(await talks)


def test_who_has_said_all_and_closed_his_side_is_answered_all_the_same() -> None:
    async def scene() -> None:
        async with listening() as source:
            reader, writer = await asyncio.open_connection("127.0.0.1", source.port)
            writer.write(post())
            writer.write_eof()
            answer, events = await source.answer(reader.read())
            writer.close()

            assert status(answer) == 200
            assert data(events) == CALL

    play(scene)


def test_an_empty_post_is_a_test_and_leaves_no_body() -> None:
    async def scene() -> None:
        async with listening() as source:
            answer, events = await source.answer(talk(source.port, post(b"")))

            assert status(answer) == 200
            assert [type(event) for event in events[:2]] == [Connected, Answered]
            assert not any(isinstance(event, Began) for event in events)

    play(scene)


# ---------------------------------------------------------------- who may post


def basic(username: str, password: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


WAYS = {
    "bearer": ({}, f"Authorization: Bearer {TOKEN}", "/hts"),
    "header": ({}, f"X-Token: {TOKEN}", "/hts"),
    "url": ({}, "X-Token:", f"/hts?a=b&token={TOKEN}"),
    "url, its own name": ({"token_parameter": "key"}, "X-Token:", f"/hts/?key={TOKEN}"),
    "basic": ({"auth": "basic", "username": "pbx", "password": TOKEN}, basic("pbx", TOKEN), "/hts"),
    "none": ({"auth": "none"}, "X-Token:", "/hts"),
    "a whole address": ({}, f"X-Token: {TOKEN}", "http://tollbook.example.com/hts"),
    "a listed network": ({"peers": "192.0.2.1, 127.0.0.0/8"}, f"X-Token: {TOKEN}", "/hts"),
}
NOT_WAYS = {
    "bearer": ({}, f"Authorization: Bearer {WRONG}", "/hts", "its token is wrong"),
    "header": ({}, f"X-Token: {WRONG}", "/hts", "its token is wrong"),
    "url": ({}, "X-Token:", f"/hts?token={WRONG}", "its token is wrong"),
    "nothing": ({}, "X-Token:", "/hts", "it sent no token"),
    "a name for a token": ({}, basic("pbx", TOKEN), "/hts", "it sent no token"),
    "a password": (
        {"auth": "basic", "username": "pbx", "password": TOKEN}, basic("pbx", WRONG), "/hts",
        "its name and password is wrong",
    ),
    "no base64": (
        {"auth": "basic", "username": "pbx", "password": TOKEN}, f"Authorization: Basic {WRONG}", "/hts",
        "its name and password is wrong",
    ),
    "another network": (
        {"peers": "192.0.2.0/24"}, f"X-Token: {TOKEN}", "/hts", "its address is not among 'peers'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_who_shows_what_is_asked_for_may_post(way: str) -> None:
    settings, header, target = WAYS[way]

    async def scene() -> None:
        async with listening(**settings) as source:
            answer, events = await source.answer(talk(source.port, post(CALL, header, target=target)))

            assert status(answer) == 200
            assert data(events) == CALL
            assert TOKEN not in repr(events)

    play(scene)


@pytest.mark.parametrize("way", NOT_WAYS)
def test_who_does_not_is_refused_and_no_secret_is_told(way: str) -> None:
    settings, header, target, reason = NOT_WAYS[way]

    async def scene() -> None:
        async with listening(**settings) as source:
            answer, events = await source.answer(talk(source.port, post(CALL, header, target=target)))

            assert status(answer) == (403 if "peers" in reason else 401)
            assert Refused("127.0.0.1", reason) in events
            assert not any(isinstance(event, Began) for event in events)
            assert WRONG not in repr(events) + answer.decode()
            assert TOKEN not in repr(events) + answer.decode()

    play(scene)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"token": ""}, "no token is set, so nobody could post: set 'token', or 'auth' to basic or none"),
        ({"auth": "basic", "password": TOKEN}, "'auth' is basic and the name or the password is not set"),
        ({"password_file": "/nowhere/at/all"}, "the password file cannot be read: No such file or directory"),
        ({"key_file": "key.pem"}, "'key-file' is set and 'certificate-file' is not"),
        ({"certificate_file": "/nowhere/at/all"}, "'certificate-file' and 'key-file' cannot be used: No such file"),
    ],
)
def test_what_is_not_set_as_it_must_be_is_said(settings: dict[str, str], message: str) -> None:
    async def scene() -> None:
        with pytest.raises(Unavailable, match=message) as caught:
            async with listening(**settings):
                pass
        assert caught.value.permanent

    play(scene)


@pytest.mark.parametrize(
    "setting",
    [
        "listen=8480",
        "listen=127.0.0.1:70000",
        "listen=127.0.0.1:x",
        "path=hts",
        "path=/a b",
        "path=/a?token=b",
        "peers=x",
    ],
)
def test_an_option_that_cannot_be_used_is_said_before_anything_starts(setting: str) -> None:
    name, _, text = setting.partition("=")
    with pytest.raises(Misconfigured, match=f"'{name}' must be"):
        read_options(Options, {name: text}, "here")


def test_a_token_in_a_file_serves(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")

    async def scene() -> None:
        async with listening(token="", password_file=str(tmp_path / "token")) as source:
            answer, _ = await source.answer(talk(source.port, post()))
            assert status(answer) == 200

    play(scene)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_only_tries_whether_somebody_is_there_is_told_so_and_nothing_is_kept(method: str) -> None:
    async def scene() -> None:
        async with listening() as source:
            there, events = await source.answer(talk(source.port, post(b"", method=method)))
            wrong, refused = await source.answer(talk(source.port, post(b"", f"X-Token: {WRONG}", method=method)))

            assert status(there) == 200
            assert (b"Tollbook is here" in there) == (method == "GET")
            assert status(wrong) == 401
            assert [type(event) for event in events] == [Waiting]
            assert refusals(refused) == ["its token is wrong"]

    play(scene)


def test_other_methods_and_other_paths_are_refused() -> None:
    async def scene() -> None:
        async with listening() as source:
            method, events = await source.answer(talk(source.port, post(method="DELETE")))
            path, more = await source.answer(talk(source.port, post(target="/other?token=" + TOKEN)))

            assert (status(method), status(path)) == (405, 404)
            assert refusals(events + more) == ["it asked with 'DELETE'", "no PBX has the path '/other'"]

    play(scene)


# ---------------------------------------------------------------- several PBXs on one address


def test_two_pbxs_on_one_address_are_told_apart_by_path() -> None:
    async def scene() -> None:
        async with listening("east") as east, listening("west", token="another", path="/w") as west:
            assert west.port == east.port
            first, of_east = await east.answer(talk(east.port, post(b"e", target="/east")))
            second, of_west = await west.answer(talk(east.port, post(b"w", "X-Token: another", target="/w")))
            await west.close()
            gone, _ = await east.answer(talk(east.port, post(b"w", "X-Token: another", target="/w")))
            still, _ = await east.answer(talk(east.port, post(b"e", target="/east")))

            assert [status(each) for each in (first, second, gone, still)] == [200, 200, 404, 200]
            assert (data(of_east), data(of_west)) == (b"e", b"w")

    play(scene)


def test_a_path_that_another_pbx_has_is_refused_and_names_it(tmp_path: Path) -> None:
    tls = make(tmp_path / "tls", WantedCertificate(since=now()))

    async def scene() -> None:
        async with listening("east") as east:
            with pytest.raises(Unavailable, match=r"PBX 'east' is posted to at .*/east already") as caught:
                async with listening("west", path="/east/"):
                    pass
            with pytest.raises(Unavailable, match=r"PBX 'east' is awaited on .* with another 'certificate-file'"):
                async with listening("west", certificate_file=str(tls.certificate), key_file=str(tls.key)):
                    pass
            answer, _ = await east.answer(talk(east.port, post(target="/east")))

            assert caught.value.permanent
            assert status(answer) == 200

    play(scene)


def test_a_port_that_another_program_has_is_said_and_tried_again() -> None:
    async def scene() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            with pytest.raises(Unavailable, match=r"TCP port .* of 127\.0\.0\.1 is in use: another program") as caught:
                async with listening(listen=f"127.0.0.1:{taken.getsockname()[1]}"):
                    pass
            assert not caught.value.permanent

    play(scene)


# ---------------------------------------------------------------- when it stops


def test_a_source_that_is_closed_has_its_posts_sent_again_and_its_port_is_free_at_once() -> None:
    async def scene() -> None:
        async with listening() as source:
            whole = asyncio.create_task(talk(source.port, post()))
            half = asyncio.create_task(talk(source.port, post()[:-5]))
            await source.through(Took)
            await source.close()

            assert [status(await whole), status(await half)] == [503, 503]
            async with listening(listen=f"127.0.0.1:{source.port}") as again:
                answer, events = await again.answer(talk(again.port, post()))
                assert status(answer) == 200
                assert data(events) == CALL

    play(scene)


def test_a_source_that_is_closed_leaves_idle_connections_and_an_open_port_to_nobody() -> None:
    async def scene() -> None:
        async with listening() as source:
            reader, writer = await asyncio.open_connection("127.0.0.1", source.port)
            await source.answer(talk(source.port, post()))
            await source.close()

            assert await reader.read() == b""
            writer.close()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", source.port)

    play(scene)


def test_a_post_that_a_full_disk_holds_is_given_back_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "POST_WAITS_S", SHORT_S)

    async def scene() -> None:
        async with listening() as source:
            held = asyncio.create_task(talk(source.port, post()))
            await source.through(Took)  # and no further, as while nothing can be written
            waiting = await talk(source.port, post(b"waits behind it"))
            given_back = await held
            answer, events = await source.answer(talk(source.port, post()))

            assert (status(waiting), status(given_back), status(answer)) == (503, 503, 200)
            assert b"Retry-After" in waiting
            assert data(events) == CALL  # what was given back before it began is forgotten
            assert [ending for ending, _ in endings(events)] == [Ending.CUT, Ending.COMPLETE]

    play(scene)


def test_somebody_who_asks_how_it_is_doing_is_told() -> None:
    async def scene() -> None:
        async with listening() as source:
            before: list[Event] = []
            async with source.taking(before):
                pass
            _, after = await source.answer(talk(source.port, post()))

            assert before == [Waiting(f"listening on {source.url}; no PBX has posted yet")]
            last = after[-1]
            assert isinstance(last, Answered)
            assert last.message == f"listening on {source.url}; the last post came from 127.0.0.1"

    play(scene)


# ---------------------------------------------------------------- what breaks off, and what is meant to harm


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_a_post_that_breaks_off_is_kept_as_cut(ending: str) -> None:
    async def scene() -> None:
        async with listening() as source:
            _, writer = await asyncio.open_connection("127.0.0.1", source.port)
            if ending == "reset":
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.write(post()[:-20])
            began = await source.through(Took)
            writer.close()
            events = began + await source.through(Ended)

            assert data(events) == CALL[:-20]
            assert endings(events) == [(Ending.CUT, "the connection ended in the middle of the post")]

    play(scene)


def test_a_peer_that_has_gone_need_not_be_shown_the_end_of_its_answer() -> None:
    async def scene() -> None:
        opened: asyncio.Queue[HttpLine] = asyncio.Queue()
        server = await asyncio.get_running_loop().create_server(lambda: HttpLine(opened.put_nowait), "127.0.0.1", 0)
        client = socket.create_connection(server.sockets[0].getsockname())
        line = await opened.get()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

        line.say_no_more()

        assert await line.read() == b""
        assert "reset" in line.fault
        server.close()

    play(scene)


def test_a_post_that_falls_silent_is_given_up_and_what_came_is_kept() -> None:
    async def scene() -> None:
        async with listening(timeout="100ms") as source:
            answer, events = await source.answer(talk(source.port, post()[:-20]))

            assert status(answer) == 408
            assert data(events) == CALL[:-20]
            assert endings(events) == [(Ending.CUT, "nothing more came for 0.1 s")]

    play(scene)


@pytest.mark.parametrize("junk", [b"zz\r\nabc", b"-1\r\nabc", b"3\r\nabcdef", b"3" * 20_000])
def test_chunks_that_are_none_cut_the_post_and_what_came_before_is_kept(junk: bytes) -> None:
    async def scene() -> None:
        async with listening() as source:
            begun = post(b"4\r\n1023\r\n", "Transfer-Encoding: chunked")
            answer, events = await source.answer(talk(source.port, begun, junk))

            assert status(answer) == 400
            assert data(events) in (b"1023", b"1023abc")
            assert endings(events) == [(Ending.CUT, "the post breaks HTTP")]

    play(scene)


def test_ten_megabytes_without_an_end_are_cut_at_the_limit_and_kept_up_to_there() -> None:
    async def scene() -> None:
        async with listening() as source:
            megabyte = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
            begun = post(b"", "Transfer-Encoding: chunked")
            answer, events = await source.answer(talk(source.port, begun, *[megabyte] * 10))

            assert status(answer) == 413
            assert 8 << 20 < len(data(events)) < 9 << 20
            assert endings(events) == [(Ending.CUT, "the post is over 8 MB; what is over was not taken")]
            assert refusals(events) == ["the post is over 8 MB"]

    play(scene)


def test_a_post_that_says_it_is_too_large_is_refused_before_it_is_sent() -> None:
    async def scene() -> None:
        async with listening(largest="1") as source:
            head = post(b"").replace(b"Content-Length: 0", b"Content-Length: 1048577\r\nExpect: 100-continue")
            answer, events = await source.answer(talk(source.port, head))

            assert status(answer) == 413
            assert not any(isinstance(event, Began) for event in events)

    play(scene)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"POST /hts HTTP/1.1\r\n" + b"X-Bomb: bomb\r\n" * 100_000, 431),
        (b"POST /hts HTTP/1.1\r\nX-Bomb: " + b"b" * 1_000_000, 431),
        (b"\x16\x03\x01\x02\x00\x01\x00" + bytes(300), 400),
        (b"1015 063 00:09:18 O5550100\r\n\r\n", 400),
        (f"POST /hts HTTP/1.1\r\nX-Token: {WRONG}\0\r\n\r\n".encode(), 400),
        (post().replace(b"Content-Length: ", b"Content-Length: -"), 400),
        (post(b"", "Transfer-Encoding: chunked", "Content-Length: 5").replace(b"chunked", b"gzip"), 501),
    ],
)
def test_what_is_no_request_is_refused_without_repeating_it(sent: bytes, code: int) -> None:
    async def scene() -> None:
        async with listening() as source:
            answer, events = await source.answer(talk(source.port, sent))

            assert status(answer) == code
            assert refusals(events) == ["what was sent is no HTTP, or its headers are too long"]
            assert WRONG not in answer.decode()

    play(scene)


def test_a_request_that_does_not_come_to_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "POST_HEAD_S", SHORT_S)

    async def scene() -> None:
        async with listening() as source:
            half, events = await source.answer(talk(source.port, b"POST /hts HTTP/1.1\r\nX-Slow: "))
            silent, nothing = await source.answer(talk(source.port))

            assert status(half) == 408
            assert refusals(events) == ["no whole request came within 0.1 s"]
            assert silent == b""
            assert refusals(nothing) == []

    play(scene)


def test_a_thousand_idle_connections_get_no_more_than_there_are_and_a_post_goes_through_after_them() -> None:
    async def scene() -> None:
        async with listening() as source:
            taken: list[Event] = []
            async with source.taking(taken):
                ends = [await asyncio.open_connection("127.0.0.1", source.port) for _ in range(1000)]
                turned_away = [await asyncio.wait_for(reader.read(), PATIENCE_S) for reader, _ in ends[200:]]
                for _, writer in ends:
                    writer.close()
                answer = await talk(source.port, post())
                while not answer or status(answer) == 503:  # until their ends have been noticed, as a PBX does
                    answer = await talk(source.port, post())

            assert {status(each) for each in turned_away} == {503}
            assert set(refusals(taken)) == {"200 connections at once are the most that 'most-connections' allows"}
            assert status(answer) == 200
            assert data(taken) == CALL

    play(scene)


@pytest.mark.slow
def test_who_asks_and_asks_and_reads_no_answer_is_given_up() -> None:
    async def scene() -> None:
        async with listening() as source:
            taken: list[Event] = []
            request = post(b"", "Connection: keep-alive", method="GET")
            narrow = socket.socket()
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            narrow.connect(("127.0.0.1", source.port))
            _, writer = await asyncio.open_connection(sock=narrow, limit=1)
            async with source.taking(taken):
                with pytest.raises(OSError, match=r"reset|pipe|lost"):
                    await _repeat(writer, request * 1000)
            writer.close()
            answer, _ = await source.answer(talk(source.port, post()))
            assert status(answer) == 200

    play(scene)


async def _repeat(writer: asyncio.StreamWriter, request: bytes) -> None:
    while True:
        writer.write(request)
        await writer.drain()


# ---------------------------------------------------------------- over TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make(tmp_path / "tls", WantedCertificate(since=now(), signer=Signer.AUTHORITY))


def test_a_post_over_tls_is_taken_and_one_without_is_not(certificate: Certificate) -> None:
    async def scene() -> None:
        files = {"certificate_file": str(certificate.certificate), "key_file": str(certificate.key)}
        async with listening(**files) as source:
            tls = ssl.create_default_context(cafile=certificate.authority)
            answer, events = await source.answer(talk(source.port, post(), tls=tls))
            wrong, refused = await source.answer(talk(source.port, post(CALL, f"X-Token: {WRONG}"), tls=tls))
            assert await talk(source.port, post()) == b""

            assert (status(answer), status(wrong)) == (200, 401)
            assert data(events) == CALL
            assert source.url.startswith("https://")
            assert refusals(refused) == ["its token is wrong"]

    play(scene)


@pytest.mark.parametrize("oldest", ["1.2", "1.0"])
def test_an_old_tls_is_accepted_only_where_it_is_asked_for(oldest: str, certificate: Certificate) -> None:
    client = certificate.old_context()  # with the ciphers of its day
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_verify_locations(certificate.authority)
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        tls.minimum_version, tls.maximum_version = client.minimum_version, client.maximum_version

    async def scene() -> None:
        files = {
            "certificate_file": str(certificate.certificate),
            "key_file": str(certificate.key),
            "tls_oldest": oldest,
        }
        async with listening(**files) as source:
            if oldest == "1.2":
                with pytest.raises((ssl.SSLError, ConnectionError)):
                    await talk(source.port, post(), tls=tls)
            else:
                answer, _ = await source.answer(talk(source.port, post(), tls=tls))
                assert status(answer) == 200

    play(scene)


# ---------------------------------------------------------------- the whole way


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def count(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call")[0][0])


def test_a_record_that_is_posted_is_a_call_and_posted_again_the_same_call(tmp_path: Path) -> None:
    port = free_port()
    with at_work(tmp_path, a_stream("http_push", listen=f"127.0.0.1:{port}", token=TOKEN)) as engine:
        until(lambda: engine.health()[0].state is State.WAITING)
        first = asyncio.run(talk(port, post(LINES[0], "Content-Type: text/plain")))
        until(lambda: count(engine) == 1)
        again = asyncio.run(talk(port, post(LINES[0], "Content-Type: text/plain")))
        settle(engine)

        assert (status(first), status(again)) == (200, 200)
        assert raw_calls(engine.site.journal, engine.site.store) == without_end(LINES[:1])
        until(lambda: engine.health()[0].answers == 2)
        assert engine.health()[0].state is State.WORKING
        assert engine.health()[0].message == f"127.0.0.1 posted {len(LINES[0])} bytes"


def test_who_is_refused_is_counted_and_no_secret_is_shown_or_logged(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    with at_work(tmp_path, a_stream("http_push", listen=f"127.0.0.1:{port}", token=TOKEN)) as engine:
        until(lambda: engine.health()[0].state is State.WAITING)
        for _ in range(3):
            asyncio.run(talk(port, post(LINES[0], "X-Token:", target=f"/hts?token={WRONG}")))
        until(lambda: engine.health()[0].refused == 3)

        assert engine.health()[0].last_refused == "127.0.0.1: its token is wrong"
        told = repr(engine.health()) + "".join(capfd.readouterr())
        assert WRONG not in told
        assert TOKEN not in told
        assert told.count("refused") >= 1


def test_a_pbx_that_posts_badly_for_a_while_loses_and_doubles_nothing(tmp_path: Path) -> None:
    port = free_port()
    pbx = a_stream("http_push", listen=f"127.0.0.1:{port}", token=TOKEN)
    with Switchroom() as room, at_work(tmp_path, pbx) as engine:
        target = Target(url=f"http://127.0.0.1:{port}/hts", authorization=bearer(TOKEN))
        running = room.start(Pusher(target))
        running.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=40, times=3))
        running.send(without_end(LINES))
        until(lambda: count(engine) == 20)
        settle(engine)

        assert sorted(raw_calls(engine.site.journal, engine.site.store)) == sorted(without_end(LINES))


def test_asking_after_a_pbx_that_posts_says_where_it_is_awaited_or_who_posted_last(tmp_path: Path) -> None:
    port = free_port()
    with at_work(tmp_path, a_stream("http_push", listen=f"127.0.0.1:{port}", token=TOKEN)) as engine:
        until(lambda: engine.health()[0].state is State.WAITING)
        before = engine.test("hts")
        asyncio.run(talk(port, post(LINES[0])))
        until(lambda: engine.health()[0].answers == 1)
        after = engine.test("hts")

        assert (before.well, after.well) == (True, True)
        assert before.message == f"listening on http://127.0.0.1:{port}/hts; no PBX has posted yet"
        assert after.message == f"listening on http://127.0.0.1:{port}/hts; the last post came from 127.0.0.1"
