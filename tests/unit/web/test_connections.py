"""Callers that are slow, broken or too many: each loses its own connection, and the others are served."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import structlog

from tests.fakes.sites import until
from tests.fakes.web_servers import GET, Receive, Send, Served, hello, left, served
from tollbook.model.page_limits import (
    DESCRIPTORS,
    HEAD_S,
    UNREAD_S,
    WEB_CONNECTIONS,
    WEB_CONNECTIONS_KEPT,
    WEB_CONNECTIONS_OF_ONE,
)
from tollbook.web.serving import door
from tollbook.web.serving.connection import PatientConnection
from tollbook.web.serving.door import Places
from tollbook.web.serving.server import configured

MANY = 1 << 16


@pytest.fixture
def impatient() -> Iterator[Served]:
    with served(head_s=1) as server:
        yield server


@pytest.mark.parametrize(
    "head",
    [b"", b"GET / HTTP/1.1\r\nHost: he", GET + b"GET / HT"],
    ids=["none", "half", "second"],
)
def test_a_head_that_does_not_come_whole_ends_its_connection(impatient: Served, head: bytes) -> None:
    with impatient.call(head) as caller:
        assert left(caller).count(b"hello") == head.count(GET)
    until(lambda: impatient.places.taken == 0)


def test_bytes_of_a_head_now_and_then_prolong_nothing(impatient: Served) -> None:
    with impatient.call(b"GET / HTTP/1.1\r\n") as caller:
        caller.settimeout(0.05)

        def is_over() -> bool:
            try:
                caller.sendall(b"a: b\r\n")
                return caller.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        until(is_over)


def test_a_body_that_goes_on_behind_its_answer_prolongs_nothing(impatient: Served) -> None:
    with impatient.call(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n") as caller:
        caller.settimeout(0.05)
        until(lambda: b"hello" in caller.recv(1 << 16))

        def is_over() -> bool:
            try:
                caller.sendall(b"x")
                return caller.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        until(is_over)


def test_one_connection_brings_request_after_request(impatient: Served) -> None:
    with impatient.call(GET) as caller:
        for _ in range(3):
            until(lambda: caller.recv(1 << 16).endswith(b"hello"))
            caller.sendall(GET)


async def a_long_answer(_scope: object, _receive: object, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    for _ in range(24):
        await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
    await send({"type": "http.response.body", "body": b"the end"})


def test_an_answer_that_nobody_reads_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientConnection, "unread_s", 0.2)
    with served(a_long_answer) as server, server.call(GET) as caller:
        until(lambda: server.server.server_state.tasks)
        until(lambda: not server.server.server_state.tasks and server.places.taken == 0)
        assert not left(caller).endswith(b"0\r\n\r\n")


async def an_answer_at_once(_scope: object, _receive: object, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": bytes(16 << 20)})


def test_an_answer_that_is_written_and_that_nobody_reads_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientConnection, "unread_s", 0.2)
    with served(an_answer_at_once) as server, server.call(GET):
        until(lambda: server.server.server_state.total_requests == 1)
        until(lambda: server.places.taken == 0)


def test_who_reads_slowly_gets_the_whole_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientConnection, "unread_s", 0.2)
    with (
        served(a_long_answer) as server,
        server.call(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as caller,
    ):
        assert left(caller).endswith(b"the end\r\n0\r\n\r\n")


def test_the_limits_of_time_are_those_that_are_declared() -> None:
    assert (configured(hello).timeout_keep_alive, PatientConnection.unread_s) == (HEAD_S, UNREAD_S)


def test_callers_beyond_the_limit_are_answered_503_and_told_of_once() -> None:
    with structlog.testing.capture_logs() as told, served(descriptors=16) as server, ExitStack() as callers:
        for _ in range(4):
            callers.enter_context(server.call(b"GET / HTTP/1.1\r\n"))
        until(lambda: server.places.taken == 4)
        refused = [callers.enter_context(server.call()) for _ in range(20)]

        assert {left(caller).partition(b"\r\n")[0] for caller in refused} == {b"HTTP/1.1 503 Service Unavailable"}
        assert server.places.taken == 4
        assert [line["event"] for line in told] == ["connections to the pages are refused; collecting goes on"]


def test_places_are_free_again_once_callers_have_gone() -> None:
    with served(descriptors=16) as server:
        for _ in range(3):
            with ExitStack() as callers:
                for _ in range(4):
                    callers.enter_context(server.call(b"GET"))
                until(lambda: server.places.taken == 4)
            until(lambda: server.places.taken == 0)
        assert server.answer().endswith(b"hello")


def test_a_stream_of_events_takes_a_place() -> None:
    async def stream(_scope: object, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"data: a\n\n", "more_body": True})
        await receive()
        await receive()

    with served(stream) as server:
        with server.call(GET) as caller:
            until(lambda: b"data: a" in caller.recv(1 << 16))
            assert server.places.taken == 1
        until(lambda: server.places.taken == 0)


def test_all_connections_but_those_kept_are_had_by_others_and_these_by_this_machine() -> None:
    places = Places(MANY)
    others = [places.take(f"192.0.2.{number % 200}") for number in range(WEB_CONNECTIONS)]
    machine = [places.take("127.0.0.1") for _ in range(WEB_CONNECTIONS_KEPT + 1)]

    assert others.count(True) == WEB_CONNECTIONS - WEB_CONNECTIONS_KEPT
    assert machine == [True] * WEB_CONNECTIONS_KEPT + [False]


@pytest.mark.parametrize("addresses", [["192.0.2.1"], ["2001:db8::1", "2001:db8::2"]])
def test_an_address_has_its_share_and_others_theirs(addresses: list[str]) -> None:
    places = Places(MANY)
    taken = [places.take(addresses[number % len(addresses)]) for number in range(WEB_CONNECTIONS_OF_ONE + 1)]

    assert taken == [True] * WEB_CONNECTIONS_OF_ONE + [False]
    assert places.take("192.0.2.2")
    assert places.take("2001:db8:0:1::1")

    places.leave(addresses[0])
    assert places.take(addresses[-1])


def test_this_machine_speaks_for_many_and_has_no_share() -> None:
    places = Places(MANY)

    assert all(places.take("127.0.0.1") for _ in range(WEB_CONNECTIONS))
    assert not places.take("::1")


def test_few_descriptors_leave_three_quarters_to_the_rest() -> None:
    places = Places(400)

    assert [places.take("127.0.0.1") for _ in range(101)] == [True] * 100 + [False]


def test_a_refusal_is_told_anew_once_half_was_free() -> None:
    places = Places(16)
    with structlog.testing.capture_logs() as told:
        for _ in range(2):
            for _ in range(6):
                places.take("127.0.0.1")
            for _ in range(4):
                places.leave("127.0.0.1")

    assert len(told) == 2


@pytest.mark.parametrize(
    ("soft", "hard", "then"),
    [(1024, 4096, 4096), (1024, DESCRIPTORS, DESCRIPTORS), (1024, DESCRIPTORS + 1, DESCRIPTORS), (4096, 4096, 4096)],
)
def test_the_server_takes_the_descriptors_that_it_may_have(
    monkeypatch: pytest.MonkeyPatch,
    soft: int,
    hard: int,
    then: int,
) -> None:
    limits = [(soft, hard)]
    monkeypatch.setattr(door, "getrlimit", lambda _which: limits[-1])
    monkeypatch.setattr(door, "setrlimit", lambda _which, new: limits.append(new))

    assert door.raise_descriptors() == then
    assert limits[-1] == (then, hard)


def test_a_door_opens_at_every_address_of_a_name_that_there_is() -> None:
    doors = door.open_doors("localhost", 0, Places(MANY))

    assert socket.AF_INET in {each.family for each in doors}
    for each in doors:
        each.close()


def test_small_pieces_of_an_answer_are_sent_at_once() -> None:
    async def scenario() -> int:
        accepted = asyncio.get_running_loop().create_future()

        class Noting(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                accepted.set_result(
                    transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
                )

        (opened,) = door.open_doors("127.0.0.1", 0, Places(MANY))
        async with await asyncio.get_running_loop().create_server(Noting, sock=opened):
            _, writer = await asyncio.open_connection(*opened.getsockname()[:2])
            there: int = await accepted
            writer.close()
        return there

    assert asyncio.run(scenario())
