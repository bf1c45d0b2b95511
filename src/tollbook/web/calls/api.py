"""`/api/calls`: what the store holds."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tollbook.engine import runtime
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem, nearest
from tollbook.render.tables import PLAIN
from tollbook.store import paging, questions
from tollbook.store.filters import ASKED, Where, read_asked
from tollbook.store.schema import LEG_VIEW
from tollbook.web.api.listing import answer, listed, table_format, wanted_format, whole
from tollbook.web.api.shapes import FILTERS, answers, choice, lists, text, whole_number
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import check_pbxs, ledger_of
from tollbook.web.calls.parties import has_hidden
from tollbook.web.calls.workbooks import check_room
from tollbook.web.people.roles import may, needs
from tollbook.web.zones import today

router = WordRouter(tags=["calls"])

_HOW = {
    "columns": text(f"columns: {' or '.join(questions.COLUMN_SETS)}, or fields of a call, separated by commas"),
    "order": choice("CallOrder", "column to sort by, turned by a - before it"),
    "limit": whole_number("most calls to list; 0 or none: all"),
    "offset": whole_number("calls to leave out first, where there is a limit"),
    "csv": choice("CsvStyle", f"how CSV is written; all but {PLAIN!r} are for spreadsheets"),
}
_CALLS_A_PAGE, _MOST_A_PAGE = 100, 1000


class CallsCount(msgspec.Struct, frozen=True):
    """How many calls there are."""

    calls: int


@router.get(
    "/calls",
    openapi_extra=lists("Call", "CallInPart", words={**FILTERS, **_HOW}),
    summary="List calls, newest first",
)
@needs("calls.see")
def list_calls(request: HttpRequest) -> HttpResponseBase:
    """List the calls that all given filters mean, as long as the list may be."""
    words = words_of(request)
    form = wanted_format(request)
    table_format(form, words.get("csv", PLAIN))
    listing = questions.CallListing(
        where=_meant(words),
        columns=words.get("columns") or "tollbook",
        order=words.get("order") or "-started_at",
        limit=whole(words, "limit"),
        offset=whole(words, "offset"),
    )
    names = questions.column_set(listing.columns)
    if form == "xlsx":
        check_room(ledger_of(request), listing)
    return listed(request, names, questions.calls(ledger_of(request), listing))


_PAGE = {
    "cursor": text("where to go on, as `next` of the page before said it"),
    "limit": whole_number(f"calls of a page, 1 to {_MOST_A_PAGE}"),
}


@router.get(
    "/calls/page",
    openapi_extra=answers("CallsPage", words={**FILTERS, **_PAGE}),
    summary="Calls page by page, newest first",
)
@needs("calls.see")
def page_of_calls(request: HttpRequest) -> HttpResponse:
    """Return a page of calls and `next`, the cursor of the one after it, null on the last.

    Calls that arrive meanwhile move nothing: each call that was there at the first page comes exactly once.
    """
    words = words_of(request)
    where = _meant(words)
    most = min(whole(words, "limit", _CALLS_A_PAGE) or _CALLS_A_PAGE, _MOST_A_PAGE)
    found, following = paging.page(ledger_of(request), where, words.get("cursor", ""), most)
    return answer({"calls": found, "next": following})


_CHANGES = {
    "after": text("where to go on, as `next` said it; none: from the first change"),
    "limit": whole_number(f"changes, 1 to {_MOST_A_PAGE}"),
}


@router.get(
    "/calls/changes",
    openapi_extra=answers("ChangedCalls", words=_CHANGES),
    summary="What has changed, in order",
)
@needs("calls.see")
def changed_calls(request: HttpRequest) -> HttpResponse:
    """Return calls that are new or altered since a cursor, ids of those gone, and `next`, the cursor to ask by.

    To follow the calls of a site, ask again with `next` every few seconds. 422 says that the store was lost and the
    cursor means nothing any more: begin without one.
    """
    words = words_of(request)
    most = min(whole(words, "limit", _CALLS_A_PAGE) or _CALLS_A_PAGE, _MOST_A_PAGE)
    return answer(paging.changes(ledger_of(request), words.get("after", ""), most))


@router.get("/calls/count", openapi_extra=answers(CallsCount, words=FILTERS), summary="Count calls")
@needs("calls.see")
def count_calls(request: HttpRequest) -> HttpResponse:
    """Count the calls that all given filters mean."""
    where = _meant(words_of(request))
    return answer(CallsCount(questions.count_calls(ledger_of(request), where)))


_BY = {"by": choice("FiguresBy", "what the figures are told by; hour unless said")}


@router.get("/calls/figures", openapi_extra=lists("Figures", words={**FILTERS, **_BY}), summary="Figures of calls")
@needs("calls.see")
def figures_of_calls(request: HttpRequest) -> HttpResponseBase:
    """List by hour, day, extension and the like how many calls, answered, missed, and seconds talked and rung."""
    words = words_of(request)
    by = words.get("by") or "hour"
    if by not in questions.FIGURES_BY:
        help_ = nearest(by, questions.FIGURES_BY)
        raise Misconfigured(
            Problem(f"there are no figures by {by!r}", "it is not one of what calls are told by", help=help_),
        )
    rows = questions.figures(ledger_of(request), _meant(words), by)
    return listed(request, (by, *questions.FIGURES), rows)


@router.get("/calls/{key}", openapi_extra=answers("Call"), summary="One call")
@needs("calls.see")
def show_call(request: HttpRequest, key: str) -> HttpResponse:
    """Return one call by its id."""
    return answer(_call(request, key))


@router.get("/calls/{key}/raw", openapi_extra=answers(bytes), summary="One call's raw record")
@needs("raw.see")
def raw_record(request: HttpRequest, key: str) -> HttpResponse:
    """Return the bytes that the PBX wrote for a call.

    Where digits are hidden in it, as they may be a PIN, that takes an administrator or a token with `change`.
    """
    found = _call(request, key)
    if has_hidden(found) and not may(request, "hidden.see"):
        reason = "digits that were sent once the call stood are hidden, as they may be a PIN"
        raise NotAllowed(Problem("this record is not shown in full", reason, help="ask an administrator for it"))
    raw = runtime.engine().raw_of(found)
    return HttpResponse(raw, content_type="application/octet-stream")


@router.get("/calls/{key}/legs", openapi_extra=lists("Leg"), summary="One call's records")
@needs("calls.see")
def legs_of_call(request: HttpRequest, key: str) -> HttpResponseBase:
    """List the records that a call was assembled from, in the order in which they began."""
    _call(request, key)
    return listed(request, LEG_VIEW, questions.legs(ledger_of(request), key))


def _meant(words: dict[str, str]) -> Where:
    given = {name: text for name, text in words.items() if name in ASKED}
    check_pbxs(given.get("pbx", ""))
    return read_asked(given, today(given.get("pbx", "")))


def _call(request: HttpRequest, key: str) -> dict[str, Any]:
    found = questions.call(ledger_of(request), key)
    if found:
        return found
    hint = "`tollbook calls --format json` shows ids"
    raise NotThere(Problem(f"no call has the id {key!r}", "this site has no such call", help=hint))
