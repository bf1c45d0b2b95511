"""Lists of any length as JSON, NDJSON, CSV or XLSX, written while they are read.

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

from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.cells import Pieces, Row
from tollbook.render.tables import CSV_STYLES, FORMATS, PLAIN, Columns, TableFormat, csv_format

_SHORT = 3
"""Pieces that a list does not have whose rows are few: it is answered without handing each piece to a thread."""
_encoder = msgspec.json.Encoder()


def table_format(name: str, style: str = PLAIN) -> TableFormat:
    """Return a format of tables by name, of CSV in a style; raises `Misconfigured` for one there is not."""
    if style not in CSV_STYLES:
        raise Misconfigured(Problem(f"'csv' must be one of {', '.join(CSV_STYLES)}", f"got {style!r}"))
    if name in FORMATS:
        return csv_format(CSV_STYLES[style]) if name == "csv" else FORMATS[name]
    raise Misconfigured(Problem(f"no format is called {name!r}", f"known are: {', '.join(FORMATS)}"))


def whole(words: Mapping[str, str], name: str, default: int = 0) -> int:
    """Return a word that is a whole number from 0 on; raises `Misconfigured` for anything else."""
    text = words.get(name, "") or str(default)
    if text.isascii() and text.isdigit() and len(text) < 10:  # noqa: PLR2004 - below what a query can count
        return int(text)
    raise Misconfigured(Problem(f"'{name}' must be a whole number from 0 on", f"got {text!r}"))


def wanted_format(request: HttpRequest) -> str:
    """Return the format that a request asks for: by `format`, else by its `Accept`, else NDJSON."""
    kinds = {form.content_type.partition(";")[0]: name for name, form in FORMATS.items()}
    preferred = request.get_preferred_type([FORMATS["ndjson"].content_type, *kinds])
    return str(request.GET.get("format", "")) or kinds.get(preferred or "", "ndjson")


def listed(request: HttpRequest, names: Iterable[str], rows: Iterable[Row]) -> HttpResponseBase:
    """Answer with a list in the format that the request asks for, a short one at once.

    What has several values stands in one cell of a table, separated by semicolons.
    """
    name = wanted_format(request)
    form = table_format(name, request.GET.get("csv", PLAIN))
    cells = map(_in_cells, rows) if name in _OF_CELLS else rows
    return written(request, form, {name: name for name in names}, cells)


_OF_CELLS = ("csv", "xlsx")


def _in_cells(row: Row) -> Row:
    return {
        name: "; ".join(_several(value)) if isinstance(value, dict | list) else value for name, value in row.items()
    }


def _several(value: dict[str, Any] | list[Any]) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return [f"{name}: {' → '.join(of)}" if isinstance(of, list) else f"{name}={of}" for name, of in value.items()]


def written(
    request: HttpRequest,
    form: TableFormat,
    columns: Columns,
    rows: Iterable[Row],
) -> HttpResponse | StreamingHttpResponse:
    """Answer with a table in a format, a short one at once; what is wrong with it is raised before anything is sent."""
    pieces = form.write(columns, rows)
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
