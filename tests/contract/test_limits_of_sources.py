"""What a peer may send before it is given up: exactly the limit passes, one more does not."""

from __future__ import annotations

import asyncio
import ftplib
import socket
import threading
from collections.abc import Iterator
from contextlib import aclosing, closing, contextmanager, suppress

import pytest

from tollbook.model.body import Body
from tollbook.model.limits import LARGEST_REPLY, LOGIN_HEARD, SERVER_NAME, TOLD_PEERS
from tollbook.model.problem import Unavailable
from tollbook.plugins import read_options
from tollbook.sources._remote.server import is_proper
from tollbook.sources._streams.tally import Tally
from tollbook.sources.contract import Surroundings, Took
from tollbook.sources.ftp.connection import WIRE, Fenced
from tollbook.sources.tcp_client import Options, arrivals


class Nothing:
    """A past in which nothing was ever taken."""

    async def latest(self, _origin: str) -> Body | None:
        return None

    async def read(self, _body: int, _start: int) -> bytes:
        return b""

    async def mark(self, _origin: str) -> str:
        return ""

    async def stored(self) -> None:
        return


@contextmanager
def a_pbx_that_says(greeting: bytes, then: bytes = b"") -> Iterator[int]:
    """Run a PBX that greets whoever connects, and says more once it is answered; give its port."""

    def run() -> None:
        with suppress(OSError):
            connection, _ = server.accept()
            with closing(connection):
                connection.sendall(greeting)
                connection.recv(100)
                connection.sendall(then)
                connection.recv(100)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def logged_in(port: int) -> bytes:
    """Return the first bytes that a PBX sends once it is logged in to."""
    settings = {"host": "127.0.0.1", "port": str(port), "login": "steps", "steps": "login: => me", "timeout": "5s"}
    options = read_options(Options, settings, "here")

    async def run() -> bytes:
        async with aclosing(arrivals(options, Surroundings("hts", Nothing(), asyncio.sleep))) as events:
            async for event in events:
                if isinstance(event, Took) and not event.data.startswith(b"x"):
                    return event.data
        return b""

    return asyncio.run(asyncio.wait_for(run(), 10))


def test_a_pbx_may_say_much_before_it_asks_for_a_login() -> None:
    banner = b"x" * (LOGIN_HEARD - len(b"login:")) + b"login:"

    with a_pbx_that_says(banner, b"me\r\n1015 5550100\r\n") as port:
        assert logged_in(port).strip() == b"1015 5550100"


def test_a_pbx_that_says_more_and_more_and_asks_nothing_is_given_up() -> None:
    with (
        a_pbx_that_says(b"x" * (LOGIN_HEARD + 1)) as port,
        pytest.raises(Unavailable, match="did not ask for 'login:'"),
    ):
        logged_in(port)


def reply_of(size: int) -> str:
    """Return what is read of a reply of so many bytes in several lines."""
    ours, theirs = socket.socketpair()
    ftp = Fenced(encoding=WIRE)
    line = "211-" + "x" * 1000
    rest = size - len("\n211 ")
    lines = [line] * (rest // (len(line) + 1))
    lines.append("211-" + "x" * (rest - sum(len(each) + 1 for each in lines) - 4))
    with ours, theirs:
        ftp.sock, ftp.file = ours, ours.makefile("r", encoding=WIRE)
        sender = threading.Thread(target=theirs.sendall, args=("\r\n".join([*lines, "211 ", ""]).encode(),))
        sender.start()
        try:
            return ftp.getmultiline()
        finally:
            ftp.file.close()
            ours.close()
            theirs.shutdown(socket.SHUT_RDWR)
            sender.join(10)


def test_a_reply_of_an_ftp_server_has_an_end() -> None:
    assert len(reply_of(LARGEST_REPLY)) == LARGEST_REPLY
    with pytest.raises(ftplib.Error, match="its reply is longer"):
        reply_of(LARGEST_REPLY + 1)


def test_a_name_of_a_file_on_a_server_has_an_end() -> None:
    assert is_proper(b"x" * SERVER_NAME)
    assert not is_proper(b"x" * (SERVER_NAME + 1))


def test_peers_beyond_the_limit_are_counted_together() -> None:
    told: list[str] = []
    tally = Tally(lambda peer, _reason: told.append(peer), "dropped")
    for number in range(TOLD_PEERS + 2):
        tally.count(f"peer {number}")

    assert told == [*(f"peer {number}" for number in range(TOLD_PEERS)), "others"]
