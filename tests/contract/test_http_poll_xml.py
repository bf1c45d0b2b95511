"""A PBX that answers in XML: its state says so, and what to do, where a web page is spoken of as one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.fakes.sites import at_work, until
from tests.fakes.web_servers import Receive, Send, served
from tollbook.model.health import State
from tollbook.model.pbx import Pbx

XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><root><CDR><AcctId>1</AcctId><src>1001</src><dst>12125550142</dst>'
    b"<start>2026-03-02 10:30:00</start><duration>310</duration></CDR></root>"
)
NOT_READ = "the PBX answered with a document of XML, not records: let it write CSV or JSON, where it can."
A_PAGE = "the PBX answered with a web page, not records: is 'url' its External Application address?"


def answering(body: bytes) -> Callable[..., Awaitable[None]]:
    async def answer(_scope: object, _receive: Receive, send: Send) -> None:
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    return answer


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (XML, NOT_READ),
        (b"\xef\xbb\xbf" + XML, NOT_READ),
        (b'<?xml version="1.0"?><!DOCTYPE html><html><title>Log in</title></html>', A_PAGE),
        (b"<html><title>Log in</title></html>", A_PAGE),
    ],
    ids=["xml", "xml with a mark", "xhtml", "html"],
)
def test_the_state_of_a_pbx_tells_xml_from_a_web_page(tmp_path: Path, body: bytes, told: str) -> None:
    with served(answering(body)) as server:
        settings = {"url": f"http://127.0.0.1:{server.port}/cdr", "interval": "60s"}
        pbx = Pbx(name="ucm", dialect="grandstream-ucm", source="http_poll", timezone="UTC", settings=settings)
        with at_work(tmp_path / "site", pbx) as engine:
            until(lambda: engine.health()[0].state is State.NEEDS_ATTENTION)
            said = engine.health()[0].message

    assert said == f"{told} The {len(body)} bytes it sent are kept."
