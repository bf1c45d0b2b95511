"""Visitors who take no answer, listen to nothing or never finish a request: pages, API and PBXs go on beside them."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.fakes.commands import PASSWORD, Commands, Server, master_csv, serving
from tests.fakes.records import some_lines
from tests.fakes.sites import until

MANY = 40
CALLS = 20_000
PATIENCE_S = 60
_TOKEN = re.compile(r'csrfmiddlewaretoken" value="([^"]+)')


def asked(server: Server, request: str) -> socket.socket:
    """Ask for something over a connection with little room, and read nothing of the answer."""
    place = urlsplit(server.url)
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    caller.connect((place.hostname, place.port))
    caller.sendall(request.encode())
    return caller


def session_of(server: Server) -> str:
    with httpx2.Client(base_url=server.url) as browser:
        token = _TOKEN.search(browser.get("/sign-in/").text)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": PASSWORD}
        assert browser.post("/sign-in/", data=form, headers={"Referer": f"{server.url}/sign-in/"}).status_code == 302
        return next(f"{name}={value}" for name, value in browser.cookies.items() if name.startswith("tollbook-s"))


def requests_of(server: Server, session: str) -> dict[str, str]:
    """Return what visitors ask for who are then a burden."""
    return {
        "downloads that nobody reads": (
            f"GET /api/calls?format=json HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {server.token}\r\n\r\n"
        ),
        "listeners that do not listen": (f"GET /live/news/ HTTP/1.1\r\nHost: here\r\nCookie: {session}\r\n\r\n"),
        "requests that never end": "GET /calls/ HTTP/1.1\r\nHost: here\r\n",
        "bodies that never end": "POST /sign-in/ HTTP/1.1\r\nHost: here\r\nContent-Length: 60000\r\n\r\nusername=",
    }


@pytest.mark.slow
def test_pages_the_api_and_a_pbx_go_on_beside_visitors_of_every_bad_kind(tmp_path: Path) -> None:
    site = Commands(tmp_path / "site").made()
    assert site.run("import", str(master_csv(tmp_path / "Master.csv", CALLS)), "--pbx", "hts").code == 0
    with serving(site.site) as server, ExitStack() as callers:
        session = session_of(server)
        for request in requests_of(server, session).values():
            for _ in range(MANY):
                callers.enter_context(asked(server, request))

        (tmp_path / "watched" / "live.csv").write_bytes(b"".join(some_lines(30, seed=5)))
        with httpx2.Client(base_url=server.url, timeout=PATIENCE_S) as client:
            headers = {"Authorization": f"Bearer {server.token}"}
            until(lambda: client.get("/api/calls/count", headers=headers).json()["calls"] == CALLS + 30, PATIENCE_S)
            page = client.get("/calls/", headers={"Cookie": session})

    assert page.status_code == 200
    assert "20,030" in page.text
