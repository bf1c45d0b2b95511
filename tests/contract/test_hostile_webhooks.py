"""The sink `webhook` against addresses that answer too much, too slowly, or with somebody else's address."""

from __future__ import annotations

import resource
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat

import pytest

from tests.fakes.hostile_databases import HostileServer, a_server
from tollbook.model.limits import WEBHOOK_ANSWER
from tollbook.model.problem import Unavailable
from tollbook.model.sink import Field, FieldType
from tollbook.plugins import read_options
from tollbook.sinks.contract import Around, DeliveryRefused
from tollbook.sinks.webhook.options import Options
from tollbook.sinks.webhook.post import WebhookSink, connect

AROUND = Around(name="crm", fields=[Field("id", FieldType.ID)], key="id")
MANY = 1 << 30


@contextmanager
def a_webhook(server: HostileServer, timeout: str = "20s") -> Iterator[WebhookSink]:
    settings = {"url": f"http://127.0.0.1:{server.port}/hook", "timeout": timeout}
    sink = connect(read_options(Options, settings, "sink crm"), AROUND)
    try:
        yield sink
    finally:
        sink.close()


def answering(*pieces: bytes, then: bytes = b"", times: int = 0, pause_s: float = 0) -> Callable[..., None]:
    """Answer each delivery with pieces, and then with one again and again."""

    def treat(server: HostileServer, connection: socket.socket) -> None:
        while asked := connection.recv(1 << 16):
            server.heard += asked
            if b"\r\n\r\n{" not in asked and not asked.startswith(b"{"):
                continue
            connection.sendall(b"".join(pieces))
            for piece in repeat(then, times):
                connection.sendall(piece)
                if server.over.wait(pause_s):
                    return

    return treat


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def of(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)


def bomb() -> bytes:
    pack = zlib.compressobj(9, wbits=31)
    return b"".join(pack.compress(bytes(1 << 20)) for _ in range(300)) + pack.flush()


def test_a_packed_answer_is_not_asked_for_and_not_unpacked() -> None:
    packed = bomb()
    head = b"HTTP/1.1 418 No\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    before = memory()
    with a_server(answering(head, packed)) as server, a_webhook(server) as sink:
        with pytest.raises(DeliveryRefused, match="418"):
            sink.resend(b"{}")

        assert b"Accept-Encoding: identity\r\n" in server.heard
    assert memory() - before < 100_000


def test_an_answer_without_end_counts_by_its_status_and_takes_no_memory() -> None:
    endless = answering(b"HTTP/1.1 200 OK\r\n\r\n", then=bytes(1 << 20), times=MANY)
    before = memory()
    with a_server(endless) as server, a_webhook(server) as sink:
        sink.resend(b"{}")

    assert memory() - before < 100_000


@pytest.mark.parametrize(("size", "connections"), [(WEBHOOK_ANSWER, 1), (WEBHOOK_ANSWER + 1, 2)])
def test_an_answer_is_read_whole_up_to_the_limit_and_given_up_with_its_connection_beyond(
    size: int,
    connections: int,
) -> None:
    with a_server(answering(of(size))) as server, a_webhook(server) as sink:
        sink.resend(b"{}")
        sink.resend(b"{}")

        assert server.connections == connections


@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.1 200 OK\r\nx-drip: ", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n"],
    ids=["a header", "an answer before the answer"],
)
def test_an_answer_that_comes_drop_by_drop_is_given_up(first: bytes) -> None:
    with (
        a_server(answering(first, then=b"a", times=MANY, pause_s=0.05)) as server,
        a_webhook(server, "0.2s") as sink,
        pytest.raises(Unavailable, match=r"the webhook took longer than 0\.8 s in all"),
    ):
        sink.resend(b"{}")


@pytest.mark.parametrize(
    ("endless", "why"),
    [
        (answering(b"HTTP/1.1 200 OK\r\n", then=b"x: " + b"y" * 60_000 + b"\r\n", times=MANY), "does not answer"),
        (answering(then=b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, times=MANY), "more than 1,048,576 bytes"),
    ],
    ids=["headers", "answers before the answer"],
)
def test_headers_without_end_are_given_up(
    endless: Callable[..., None],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tollbook.sinks.bounded_http.SINK_ANSWER", 1 << 20)
    before = memory()
    with a_server(endless) as server, a_webhook(server) as sink, pytest.raises(Unavailable, match=why):
        sink.resend(b"{}")

    assert memory() - before < 100_000


def test_a_silent_address_is_given_up() -> None:
    with (
        a_server(answering()) as server,
        a_webhook(server, "0.1s") as sink,
        pytest.raises(Unavailable, match="does not answer"),
    ):
        sink.resend(b"{}")


def test_a_redirect_leads_no_call_elsewhere() -> None:
    with a_server(answering(of(0))) as elsewhere:
        moved = b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n" % elsewhere.port
        with a_server(answering(moved)) as server, a_webhook(server) as sink:
            with pytest.raises(Unavailable, match="307") as fault:
                sink.resend(b"{}")

            assert fault.value.permanent
            assert not elsewhere.asked.is_set()
