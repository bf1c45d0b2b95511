"""`/api/calls` and `/api/rejects`: what the store holds."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router

from tollbook.engine import runtime
from tollbook.model.problem import Problem
from tollbook.store import questions
from tollbook.store.filters import WORDS, read_filter
from tollbook.store.schema import REJECT_VIEW
from tollbook.web.api import pbxs
from tollbook.web.api.faults import NotThere
from tollbook.web.api.listing import SHAPES, answer, listed, read_words, shape_of, whole

router = Router(tags=["calls"])

_HOW = {
    "columns": f"names of the columns: {' or '.join(questions.COLUMN_SETS)}",
    "order": "column to sort by, turned by a - before it",
    "limit": "most calls to list; 0 or none: all",
    "offset": "calls to leave out first, where there is a limit",
    "format": f"one of {', '.join(SHAPES)}",
}
_REJECTS_BY = {
    "pbx": "name of a PBX",
    "limit": "most rejects to list; 0 or none: all",
    "format": _HOW["format"],
}


def _declared(words: dict[str, str]) -> dict[str, Any]:
    """Return what the API's own documentation says of words read from the query."""
    return {
        "parameters": [
            {"name": name, "in": "query", "description": means, "schema": {"type": "string"}}
            for name, means in words.items()
        ]
    }


_FILTERS = {name: word.help for name, word in WORDS.items()}


@router.get("/calls", openapi_extra=_declared({**_FILTERS, **_HOW}), summary="List calls, newest first")
def list_calls(request: HttpRequest) -> StreamingHttpResponse:
    """List the calls that all given filters mean, as long as the list may be."""
    words = read_words(request, {*WORDS, *_HOW})
    shape_of(words.get("format", "ndjson"))
    pbxs.check_known(words.get("pbx", ""))
    listing = questions.Listing(
        where=read_filter({name: text for name, text in words.items() if name in WORDS}),
        columns=words.get("columns") or "tollbook",
        order=words.get("order") or "-started_at",
        limit=whole(words, "limit"),
        offset=whole(words, "offset"),
    )
    names = questions.column_set(listing.columns)
    return listed(request, names, questions.calls(runtime.engine().site.store, listing))


@router.get("/calls/count", openapi_extra=_declared(_FILTERS), summary="Count calls")
def count_calls(request: HttpRequest) -> HttpResponse:
    """Count the calls that all given filters mean."""
    where = read_filter(read_words(request, WORDS))
    return answer({"calls": questions.count_calls(runtime.engine().site.store, where)})


@router.get("/calls/{key}", summary="One call")
def one_call(request: HttpRequest, key: str) -> HttpResponse:
    """Return one call by its id."""
    read_words(request, ())
    return answer(_call(key))


@router.get("/calls/{key}/raw", summary="One call's raw record")
def raw_record(request: HttpRequest, key: str) -> HttpResponse:
    """Return the bytes that the PBX wrote for a call."""
    read_words(request, ())
    raw = runtime.engine().raw_of(_call(key))
    return HttpResponse(raw, content_type="application/octet-stream")


def _call(key: str) -> dict[str, Any]:
    found = questions.call(runtime.engine().site.store, key)
    if found:
        return found
    hint = "`tollbook calls --format json` shows ids"
    raise NotThere(Problem(f"no call has the id {key!r}", "this site has no such call", help=hint))


@router.get("/rejects", openapi_extra=_declared(_REJECTS_BY), summary="List rejects, newest first")
def list_rejects(request: HttpRequest) -> StreamingHttpResponse:
    """List the records that could not be read, with the reason."""
    words = read_words(request, _REJECTS_BY)
    pbx = words.get("pbx", "")
    pbxs.check_known(pbx)
    rows = questions.rejects(runtime.engine().site.store, pbx, whole(words, "limit"))
    return listed(request, REJECT_VIEW, rows)


@router.post("/rejects/retry", openapi_extra=_declared({"pbx": _REJECTS_BY["pbx"]}), summary="Read rejects again")
def retry_rejects(request: HttpRequest) -> HttpResponse:
    """Read the rejects again, with the formats and settings as they are now."""
    pbx = read_words(request, ("pbx",)).get("pbx", "")
    pbxs.check_known(pbx)
    return answer({"mended": runtime.engine().retry_rejects(pbx)})
