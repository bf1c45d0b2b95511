"""Lists of any length as JSON, NDJSON or CSV, written while they are read.

A long list is never held whole: rows are pulled a few hundred at a time, by whichever kind of server asks for them. The
first rows are read before the answer begins, so that a query that fails is an error and not a broken list.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

import msgspec
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.render.tables import FORMATS, Pieces, Row, TableFormat

LONGEST_TEXT = 1000
_SHORT = 3
"""Pieces that a list does not have whose rows are few: it is answered without handing each piece to a thread."""
_encoder = msgspec.json.Encoder()


def table_format(name: str) -> TableFormat:
    """Return a format of tables by name; raises `Misconfigured` for one there is not."""
    if name in FORMATS:
        return FORMATS[name]
    raise Misconfigured(Problem(f"no format is called {name!r}", f"known are: {', '.join(FORMATS)}"))


def read_words(request: HttpRequest, known: Iterable[str]) -> dict[str, str]:
    """Return a request's query, each word once; raises `Misconfigured` for words that mean nothing here."""
    names = set(known)
    problems = [
        Problem(
            f"nothing can be asked by {name!r}",
            f"{request.path} does not know the word",
            help=nearest(name, names),
        )
        for name in request.GET
        if name not in names
    ]
    words = {name: str(request.GET[name]) for name in request.GET if name in names}
    problems += [
        Problem(f"'{name}' is too long", f"{len(text)} characters; {LONGEST_TEXT} are taken")
        for name, text in words.items()
        if len(text) > LONGEST_TEXT
    ]
    if problems:
        raise Misconfigured(*problems)
    return words


def whole(words: Mapping[str, str], name: str, default: int = 0) -> int:
    """Return a word that is a whole number from 0 on; raises `Misconfigured` for anything else."""
    text = words.get(name, "") or str(default)
    if text.isascii() and text.isdigit() and len(text) < 10:  # noqa: PLR2004 - below what a query can count
        return int(text)
    raise Misconfigured(Problem(f"'{name}' must be a whole number from 0 on", f"got {text!r}"))


def listed(request: HttpRequest, names: Iterable[str], rows: Iterable[Row]) -> HttpResponseBase:
    """Answer with a list in the format that the request asks for (`format`, NDJSON by default), a short one at once."""
    form = table_format(request.GET.get("format", "ndjson"))
    pieces = form.write(list(names), rows)
    first = list(islice(pieces, _SHORT))
    if len(first) < _SHORT:
        return _unstored(HttpResponse(b"".join(first), content_type=form.content_type))
    return streamed(request, _going_on(first, pieces), form.content_type)


def _going_on(first: list[bytes], pieces: Pieces) -> Pieces:
    yield from first
    yield from pieces


def streamed(request: HttpRequest, pieces: Pieces, content_type: str) -> StreamingHttpResponse:
    """Answer with bytes as they come, without holding them, under either kind of server."""
    # Under ASGI Django would collect a plain iterator into a list before sending any of it.
    content = _in_a_thread(pieces) if isinstance(request, ASGIRequest) else pieces
    return _unstored(StreamingHttpResponse(content, content_type=content_type))


def answer(value: Any, status: int = 200) -> HttpResponse:  # noqa: ANN401 - anything msgspec can write
    """Answer with one value as JSON."""
    return _unstored(HttpResponse(_encoder.encode(value), status=status, content_type="application/json"))


def streamed_async(request: HttpRequest, pieces: AsyncGenerator[bytes, None]) -> StreamingHttpResponse:
    """Answer with NDJSON as it comes, from something that waits on an event loop, under either kind of server."""
    content = pieces if isinstance(request, ASGIRequest) else _on_own_loop(pieces)
    return _unstored(StreamingHttpResponse(content, content_type=FORMATS["ndjson"].content_type))


Answer = TypeVar("Answer", HttpResponse, StreamingHttpResponse)


def _unstored(response: Answer) -> Answer:
    response["Cache-Control"] = "no-store"
    return response


def _on_own_loop(pieces: AsyncGenerator[bytes, None]) -> Pieces:
    with asyncio.Runner() as runner:
        try:
            while (piece := runner.run(_next(pieces))) is not None:
                yield piece
        finally:
            runner.run(pieces.aclose())


async def _next(pieces: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(pieces, None)


async def _in_a_thread(pieces: Pieces) -> AsyncIterator[bytes]:
    taking = threading.Lock()

    def take() -> bytes | None:
        with taking:
            return next(pieces, None)

    def stop() -> None:
        # A client that leaves may do so while a thread is still pulling the next piece.
        with taking:
            close = getattr(pieces, "close", None)
            if close:
                close()

    try:
        while (piece := await asyncio.to_thread(take)) is not None:
            yield piece
    finally:
        await asyncio.to_thread(stop)
