"""The list of calls as a file: what is on the screen is what is in it, all pages of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tollbook.model.periods import span
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.render.cells import Row
from tollbook.render.formatting import outcome
from tollbook.render.tables import FORMATS
from tollbook.site.lists import operations as lists
from tollbook.store import questions
from tollbook.web.api.listing import table_format, written
from tollbook.web.asking import ledger_of, pbxs_of
from tollbook.web.calls import columns, listing
from tollbook.web.calls.workbooks import check_room
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

_FOR_PEOPLE = ("csv", "xlsx")
"""Forms that have the columns of the screen under its titles; the others have all fields under their names."""


@needs("calls.see")
def download(request: HttpRequest, form: str) -> HttpResponseBase:
    """The calls that the address means, all of them, as a file."""
    if form not in FORMATS:
        raise Http404
    asked, ledger = listing.asked(request.GET), ledger_of(request)
    try:
        made = table_format(form, request.GET.get("csv", "comma"))
        if asked.where is None:
            return _refused("the filter cannot be read")
        headings = _headings(request, asked, form)
        wanted = questions.CallListing(where=asked.where, order=asked.order, columns=_fields(headings))
        if form == "xlsx":
            check_room(ledger, wanted)
        rows = questions.calls(ledger, wanted)
        answer = written(request, made, headings, _in_words(rows) if _is_in_words(headings) else rows)
    except Misconfigured as fault:
        return _refused("; ".join(f"{each.what}: {each.reason}" for each in fault.problems))
    except Unavailable as fault:
        return _refused(str(fault), status=503)
    answer["Content-Disposition"] = f'attachment; filename="{_name(asked.dated)}.{form}"'
    return answer


def _headings(request: HttpRequest, asked: listing.AskedCalls, form: str) -> dict[str, str]:
    """Return the file's fields with their headings."""
    named = request.GET.get("columns", "")
    if named in questions.COLUMN_SETS or (form not in _FOR_PEOPLE and not asked.columns):
        return {name: name for name in questions.column_set(named or "tollbook")}
    usual = columns.usual(several_pbxs=len(pbxs_of(request)) > 1)
    shown = listing.shown_columns(asked, lists.choice_of(actor_of(request)).columns or usual)
    if form not in _FOR_PEOPLE:
        return {column.field: column.field for column in shown}
    return {column.field: f"{column.title} (s)" if column.field.endswith("_s") else column.title for column in shown}


def _is_in_words(headings: Mapping[str, str]) -> bool:
    return headings.get("outcome", "outcome") != "outcome"


def _fields(headings: Mapping[str, str]) -> str:
    """Return what to ask the store for: the fields, and the direction, by which an outcome is called missed."""
    if set(headings) <= set(questions.COLUMN_SETS["agg"]):
        return "agg"
    return ",".join(dict.fromkeys((*headings, "direction") if _is_in_words(headings) else headings))


def _in_words(rows: Iterator[dict[str, Any]]) -> Iterator[Row]:
    for row in rows:
        yield {**row, "outcome": outcome(row["direction"], row["outcome"])}


def _name(dated: Mapping[str, str]) -> str:
    """Return what the file is called: by its days, where they are days.

    >>> _name({"from": "2026-11-01", "to": "2026-11-30"}), _name({"from": "2026-11-01T09:00", "to": "2026-11-30"})
    ('calls-2026-11', 'calls')
    """
    try:
        return f"calls-{span(date.fromisoformat(dated['from']), date.fromisoformat(dated['to']))}"
    except (KeyError, ValueError):
        return "calls"


def _refused(why: str, status: int = 400) -> HttpResponse:
    return HttpResponse(
        f"The calls cannot be downloaded: {why}.\n",
        status=status,
        content_type="text/plain; charset=utf-8",
    )
