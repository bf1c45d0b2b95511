"""`/api/calls` and `/api/rejects`: what the store holds."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router

from tollbook.engine import runtime
from tollbook.model.problem import NotThere, Problem
from tollbook.render.tables import FORMATS
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs import operations as pbxs
from tollbook.store import paging, questions
from tollbook.store.filters import WORDS, read_filter
from tollbook.store.schema import LEG_VIEW, REJECT_VIEW
from tollbook.web.api.listing import answer, listed, read_words, table_format, whole
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of

router = Router(tags=["calls"])

_HOW = {
    "columns": f"names of the columns: {' or '.join(questions.COLUMN_SETS)}",
    "order": "column to sort by, turned by a - before it",
    "limit": "most calls to list; 0 or none: all",
    "offset": "calls to leave out first, where there is a limit",
    "format": f"one of {', '.join(FORMATS)}",
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
        ],
    }


_CALLS_A_PAGE, _MOST_A_PAGE = 100, 1000
_FILTERS = {name: word.help for name, word in WORDS.items()}


@router.get("/calls", openapi_extra=_declared({**_FILTERS, **_HOW}), summary="List calls, newest first")
def list_calls(request: HttpRequest) -> HttpResponseBase:
    """List the calls that all given filters mean, as long as the list may be."""
    words = read_words(request, {*WORDS, *_HOW})
    table_format(words.get("format", "ndjson"))
    pbxs.check_known(words.get("pbx", ""))
    listing = questions.CallListing(
        where=read_filter({name: text for name, text in words.items() if name in WORDS}),
        columns=words.get("columns") or "tollbook",
        order=words.get("order") or "-started_at",
        limit=whole(words, "limit"),
        offset=whole(words, "offset"),
    )
    names = questions.column_set(listing.columns)
    return listed(request, names, questions.calls(ledger_of(request), listing))


_PAGE = {"cursor": "where to go on, as `next` of the page before said it", "limit": "calls of a page, 1 to 1000"}


@router.get("/calls/page", openapi_extra=_declared({**_FILTERS, **_PAGE}), summary="Calls page by page, newest first")
def page_of_calls(request: HttpRequest) -> HttpResponse:
    """Return a page of calls and `next`, the cursor of the one after it, null on the last.

    Calls that arrive meanwhile move nothing: each call that was there at the first page comes exactly once.
    """
    words = read_words(request, {*WORDS, *_PAGE})
    pbxs.check_known(words.get("pbx", ""))
    where = read_filter({name: text for name, text in words.items() if name in WORDS})
    most = min(whole(words, "limit", _CALLS_A_PAGE) or _CALLS_A_PAGE, _MOST_A_PAGE)
    found, following = paging.page(ledger_of(request), where, words.get("cursor", ""), most)
    return answer({"calls": found, "next": following})


_CHANGES = {"after": "where to go on, as `next` said it; none: from the first change", "limit": "changes, 1 to 1000"}


@router.get("/calls/changes", openapi_extra=_declared(_CHANGES), summary="What has changed, in order")
def changes(request: HttpRequest) -> HttpResponse:
    """Return calls that are new or altered since a cursor, ids of those gone, and `next`, the cursor to ask by.

    To follow the calls of a site, ask again with `next` every few seconds. 422 says that the store was lost and the
    cursor means nothing any more: begin without one.
    """
    words = read_words(request, _CHANGES)
    most = min(whole(words, "limit", _CALLS_A_PAGE) or _CALLS_A_PAGE, _MOST_A_PAGE)
    return answer(paging.changes(ledger_of(request), words.get("after", ""), most))


@router.get("/calls/count", openapi_extra=_declared(_FILTERS), summary="Count calls")
def count_calls(request: HttpRequest) -> HttpResponse:
    """Count the calls that all given filters mean."""
    where = read_filter(read_words(request, WORDS))
    return answer({"calls": questions.count_calls(ledger_of(request), where)})


@router.get("/calls/{key}", summary="One call")
def one_call(request: HttpRequest, key: str) -> HttpResponse:
    """Return one call by its id."""
    read_words(request, ())
    return answer(_call(request, key))


@router.get("/calls/{key}/raw", summary="One call's raw record")
def raw_record(request: HttpRequest, key: str) -> HttpResponse:
    """Return the bytes that the PBX wrote for a call."""
    read_words(request, ())
    raw = runtime.engine().raw_of(_call(request, key))
    return HttpResponse(raw, content_type="application/octet-stream")


@router.get("/calls/{key}/legs", openapi_extra=_declared({"format": _HOW["format"]}), summary="One call's records")
def legs_of_call(request: HttpRequest, key: str) -> HttpResponseBase:
    """List the records that a call was assembled from, in the order in which they began."""
    read_words(request, ("format",))
    _call(request, key)
    return listed(request, LEG_VIEW, questions.legs(ledger_of(request), key))


def _call(request: HttpRequest, key: str) -> dict[str, Any]:
    found = questions.call(ledger_of(request), key)
    if found:
        return found
    hint = "`tollbook calls --format json` shows ids"
    raise NotThere(Problem(f"no call has the id {key!r}", "this site has no such call", help=hint))


@router.get("/rejects", openapi_extra=_declared(_REJECTS_BY), summary="List rejects, newest first")
def list_rejects(request: HttpRequest) -> HttpResponseBase:
    """List the records that could not be read, with the reason."""
    words = read_words(request, _REJECTS_BY)
    pbx = words.get("pbx", "")
    pbxs.check_known(pbx)
    rows = questions.rejects(ledger_of(request), pbx, whole(words, "limit"))
    return listed(request, REJECT_VIEW, rows)


@router.post("/rejects/retry", openapi_extra=_declared({"pbx": _REJECTS_BY["pbx"]}), summary="Read rejects again")
def retry_rejects(request: HttpRequest) -> HttpResponse:
    """Read the rejects again, with the formats and settings as they are now."""
    pbx = read_words(request, ("pbx",)).get("pbx", "")
    pbxs.check_known(pbx)
    mended = runtime.engine().retry_rejects(pbx)
    audit.record(actor_of(request), "pbx.retry", pbx or "all", {"mended": ["", str(mended)]})
    return answer({"mended": mended})
