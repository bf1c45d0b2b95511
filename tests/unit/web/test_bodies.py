"""What a request carries is bounded before anything of it is kept, and least is taken of strangers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.conf import settings
from django.test import Client

from tests.fakes.sites import until
from tests.fakes.web_servers import Served, left, served
from tollbook.model.page_limits import LARGE_BODIES, LARGEST_BODY, SMALL_BODY
from tollbook.web.serving import asgi
from tollbook.web.serving.asgi import Bodies, Event, Receive, Scope, Send


class App:
    """An app that reads a request whole, as Django does, and says how much it was given."""

    def __init__(self) -> None:
        self.given: list[int] = []
        self.begun = 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        size, more = 0, True
        while more:
            event: Event = await receive()
            if event["type"] == "http.disconnect":
                self.given.append(size)
                return
            size += len(event.get("body", b""))
            more = event.get("more_body", False)
        await asyncio.to_thread(self.may_answer.wait, 20)
        text = str(size).encode()
        headers = [(b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


async def is_known(scope: Scope) -> bool:
    return (b"authorization", b"Bearer of-mine") in scope["headers"]


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def server(app: App) -> Iterator[Served]:
    with served(Bodies(app, is_known)) as server:
        yield server


KNOWN = b"Authorization: Bearer of-mine\r\n"


def head(length: int, more: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n%bContent-Length: %d\r\n\r\n" % (more, length)


def chunked(pieces: list[bytes], more: bytes = b"") -> bytes:
    opening = b"POST / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n%bTransfer-Encoding: chunked\r\n\r\n" % more
    return opening + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def asked(server: Served, sent: bytes) -> bytes:
    with server.call(sent) as caller:
        return left(caller)


def test_a_stranger_sends_as_much_as_the_limit_and_no_more(server: Served, app: App) -> None:
    assert asked(server, head(SMALL_BODY) + bytes(SMALL_BODY)).endswith(str(SMALL_BODY).encode())

    refused = asked(server, head(SMALL_BODY + 1))

    assert status(refused) == 413
    assert b"sign in first" in refused
    assert app.begun == 1
    of_a_program = asked(server, head(SMALL_BODY + 1).replace(b" / ", b" /api/pbxs "))
    assert b'{"problems":[{"what":"the request is not taken","reason":"sign in first' in of_a_program


def test_a_stranger_who_does_not_say_how_much_is_stopped_at_the_limit(server: Served, app: App) -> None:
    piece = bytes(SMALL_BODY // 4)

    assert status(asked(server, chunked([piece] * 4))) == 200
    assert status(asked(server, chunked([piece] * 4 + [b"x"]))) == 413
    assert max(app.given) <= SMALL_BODY


def test_somebody_who_is_known_sends_as_much_as_the_limit_and_no_more(server: Served) -> None:
    body = bytes(LARGEST_BODY)

    assert asked(server, head(LARGEST_BODY, KNOWN) + body).endswith(str(LARGEST_BODY).encode())
    assert status(asked(server, head(LARGEST_BODY + 1, KNOWN))) == 413


def test_no_more_large_requests_are_taken_at_once_than_the_limit_and_small_ones_go_on(server: Served, app: App) -> None:
    body = bytes(SMALL_BODY + 1)
    app.may_answer.clear()
    with ThreadPoolExecutor(LARGE_BODIES) as pool:
        first = [pool.submit(asked, server, head(len(body), KNOWN) + body) for _ in range(LARGE_BODIES)]
        until(lambda: app.begun == LARGE_BODIES)

        one_more = asked(server, head(len(body), KNOWN))
        app.may_answer.set()

        assert status(one_more) == 503
        assert b"retry-after" in one_more.lower()
        assert [status(each.result()) for each in first] == [200] * LARGE_BODIES
    assert status(asked(server, head(len(body), KNOWN) + body)) == 200


def test_a_request_of_which_nothing_more_comes_is_given_up(
    server: Served,
    app: App,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi, "BODY_SILENT_S", 0.2)

    refused = asked(server, head(1000) + b"half of it")

    assert status(refused) == 408
    assert app.given == [10]


def test_bytes_now_and_then_prolong_nothing(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "STRANGERS_BODY_S", 0.5)
    with server.call(head(1000)) as caller:
        caller.settimeout(0.05)
        answer = b""
        while not answer:
            caller.sendall(b"x")
            try:
                answer = caller.recv(1 << 16)
            except TimeoutError:
                continue

    assert status(answer) == 408


def test_a_hundred_requests_that_never_end_hold_nobody_up(server: Served) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(server.call(head(SMALL_BODY) + b"the rest never comes"))

        assert status(asked(server, head(5) + b"hello")) == 200


def scope_of(client: Client, *headers: tuple[bytes, bytes]) -> Scope:
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    given = [(b"cookie", cookies.encode()), *headers]
    return {"type": "http", "method": "PUT", "path": "/api/imports/1", "query_string": b"", "headers": given}


def test_who_is_signed_in_or_has_a_token_that_may_is_known_and_nobody_else(admin: Client, viewer: Client) -> None:
    tokens = {
        permission: admin.post("/api/tokens", {"name": permission, "permission": permission}, "application/json")
        for permission in ("read", "change")
    }
    shown = {name: (b"authorization", f"Bearer {made.json()['token']}".encode()) for name, made in tokens.items()}
    gone = Client()

    def known(client: Client, *headers: tuple[bytes, bytes]) -> bool:
        return asyncio.run(asgi.is_known(scope_of(client, *headers)))

    assert known(admin)
    assert known(viewer)
    assert known(gone, shown["change"])
    assert not known(gone, shown["read"])
    assert not known(gone, (b"authorization", b"Bearer "))
    assert not known(gone)
    gone.cookies[settings.SESSION_COOKIE_NAME] = "0123456789abcdef0123456789abcdef"
    assert not known(gone)


def test_an_answer_that_is_given_up_since_its_client_has_gone_is_no_fault() -> None:
    async def given_up(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise asyncio.CancelledError

    async def nothing() -> Event:
        return {"type": "http.disconnect"}

    async def nowhere(_event: Event) -> None: ...

    scope: Scope = {"type": "http", "headers": []}
    asyncio.run(Bodies(given_up, is_known)(scope, nothing, nowhere))


def test_a_server_that_ends_gives_up_answers_without_a_fault() -> None:
    async def scenario() -> bool:
        begun = asyncio.Event()

        async def unending(_scope: Scope, _receive: Receive, _send: Send) -> None:
            begun.set()
            await asyncio.Event().wait()

        async def nothing() -> Event:
            return {"type": "http.disconnect"}

        async def nowhere(_event: Event) -> None: ...

        scope: Scope = {"type": "http", "headers": []}
        answering = asyncio.ensure_future(Bodies(unending, is_known)(scope, nothing, nowhere))
        await begun.wait()
        answering.cancel()
        await asyncio.wait([answering])
        return answering.cancelled() or answering.exception() is not None

    assert not asyncio.run(scenario())
