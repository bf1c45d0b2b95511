"""A long answer is read as it is sent; when its reader goes, what it was made from is let go."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator
from typing import cast

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import Client

from tollbook.web.api.listing import streamed

PATIENCE_S = 10


def a_request() -> ASGIRequest:
    return ASGIRequest({"type": "http", "method": "GET", "path": "/", "headers": []}, io.BytesIO())


def test_a_reader_that_goes_while_a_piece_is_being_made_has_the_rows_let_go() -> None:
    making, made, let_go = threading.Event(), threading.Event(), threading.Event()

    def pieces() -> Iterator[bytes]:
        try:
            yield b"first"
            making.set()
            made.wait(PATIENCE_S)
            yield b"second"
        finally:
            let_go.set()

    async def scenario() -> None:
        answer = streamed(a_request(), pieces(), "text/plain")
        reading = asyncio.ensure_future(read(cast("AsyncIterator[bytes]", answer.streaming_content)))
        await asyncio.to_thread(making.wait, PATIENCE_S)
        reading.cancel()
        await asyncio.sleep(0)
        # By now a thread is about to let the rows go, while another is still reading them.
        await asyncio.to_thread(made.set)
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(scenario())

    assert let_go.wait(PATIENCE_S)


async def read(content: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in content])


@pytest.mark.parametrize("form", ["xls", "json2", "CSV"])
def test_a_download_in_a_format_that_there_is_not_is_not_found(admin: Client, form: str) -> None:
    assert admin.get(f"/calls/download.{form}").status_code == 404
