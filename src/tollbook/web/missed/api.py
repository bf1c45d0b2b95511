"""`/api/missed`: missed calls by caller, who calls back, and what the site has set for them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.model.missed import (
    LONGEST_NOTE,
    LONGEST_REGION,
    LONGEST_SHORT_S,
    LONGEST_SPAN_DAYS,
    LONGEST_TARGET,
    MOST_AT_ONCE,
    MissedSettings,
)
from tollbook.model.opening_hours import LONGEST
from tollbook.site.missed import operations
from tollbook.store.filters import ASKED
from tollbook.web.api.listing import answer, listed, whole
from tollbook.web.api.shapes import answers, choice, lists, text, whole_number
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import recent_of
from tollbook.web.missed.acting import DoneTogether, act, act_on_many, done_how
from tollbook.web.missed.asked import FILTERS, PER_PAGE, asked_missed, question
from tollbook.web.missed.readiness import MissedReadiness, readiness
from tollbook.web.missed.shown import MissedRow, missed_page
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["missed calls"])
BEHIND_HEADER = "Tollbook-Behind"

_WORDS = {
    "state": choice("MissedState", "open (unless said), done, or all"),
    **{name: choice("Period", ASKED[name].help) if name == "period" else text(ASKED[name].help) for name in FILTERS},
    "limit": whole_number(f"entries at most, {PER_PAGE} unless said"),
    "page": whole_number("which page of so many entries, from 1 on"),
}


class DoneEntry(Schema):
    """How an entry is done: `called`, or `set aside`; with a note, if there is something to say."""

    model_config = ConfigDict(extra="forbid")

    how: str = Field(default="set aside", max_length=20)
    note: str = Field(default="", max_length=LONGEST_NOTE)


class DoneEntries(DoneEntry):
    """Entries that are done alike, each by one of its missed calls."""

    calls: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)


class WantedMissedSettings(Schema):
    """What to change of the settings; what is not said stays."""

    model_config = ConfigDict(extra="forbid")

    target_minutes: int | None = Field(default=None, ge=0, le=LONGEST_TARGET)
    open: str | None = Field(default=None, max_length=LONGEST)
    shortest_s: int | None = Field(default=None, ge=0, le=LONGEST_SHORT_S)
    span_days: int | None = Field(default=None, ge=1, le=LONGEST_SPAN_DAYS)
    holidays: str | None = Field(default=None, max_length=LONGEST_REGION)


@router.get("/missed", summary="Missed calls by caller", openapi_extra=lists(MissedRow, words=_WORDS))
@needs("calls.see")
def list_missed(request: HttpRequest) -> HttpResponseBase:
    """List lost callers, open ones by when they are due, others the latest first.

    Where the list is behind the records that have come, the header `Tollbook-Behind` says how far.
    """
    words, ready = words_of(request), readiness()
    asked = asked_missed(words)
    page = missed_page(recent_of(request), question(asked, max(whole(words, "limit", PER_PAGE), 1)))
    rows = (msgspec.to_builtins(each.row) for each in page.rows)
    answered = listed(request, MissedRow.__struct_fields__, rows)
    if ready.behind:
        answered[BEHIND_HEADER] = ready.behind
    return answered


@router.get("/missed/state", summary="How far the list is behind", openapi_extra=answers(MissedReadiness))
@needs("calls.see")
def missed_state(request: HttpRequest) -> HttpResponse:
    """Return what the list waits for: an empty `behind` says that it knows all that has come."""
    del request
    return answer(readiness())


@router.get("/missed/settings", summary="Settings of missed calls", openapi_extra=answers(MissedSettings))
@needs("calls.see")
def missed_settings(request: HttpRequest) -> HttpResponse:
    """Return when callers are due, the opening hours, the shortest ring, and how far back the list looks."""
    del request
    return answer(operations.settings())


@router.patch("/missed/settings", summary="Change the settings", openapi_extra=answers(MissedSettings))
@needs("pbxs.change")
def change_missed_settings(request: HttpRequest, settings: WantedMissedSettings) -> HttpResponse:
    """Change the settings of missed calls; the list is worked out again."""
    given: dict[str, Any] = {name: value for name, value in settings.dict().items() if value is not None}
    wanted = msgspec.structs.replace(operations.settings(), **given)
    return answer(operations.change_settings(actor_of(request), wanted))


@router.post("/missed/set-aside", summary="Say that entries are done", openapi_extra=answers(DoneTogether))
@needs("missed.change")
def set_many_missed_aside(request: HttpRequest, done: DoneEntries) -> HttpResponse:
    """Set the entries of some missed calls aside together; those that are done meanwhile are left as they are."""
    return answer(act_on_many(request, done.calls, done_how(done.how), done.note))


@router.post("/missed/{call}/claim", summary="Say that you will call", openapi_extra=answers(MissedRow))
@needs("missed.change")
def claim_missed(request: HttpRequest, call: UUID) -> HttpResponse:
    """Claim the entry that a missed call is part of."""
    return answer(act(request, call, "claim").row)


@router.post("/missed/{call}/release", summary="Take a claim back", openapi_extra=answers(MissedRow))
@needs("missed.change")
def release_missed(request: HttpRequest, call: UUID) -> HttpResponse:
    """Let somebody else call."""
    return answer(act(request, call, "release").row)


@router.post("/missed/{call}/set-aside", summary="Say that an entry is done", openapi_extra=answers(MissedRow))
@needs("missed.change")
def set_missed_aside(request: HttpRequest, call: UUID, done: DoneEntry) -> HttpResponse:
    """Say that the caller was called otherwise, or needs no call; a later try opens the entry again."""
    word = "called" if done_how(done.how) == "called" else "set-aside"
    return answer(act(request, call, word, done.note).row)


@router.post("/missed/{call}/reopen", summary="Open an entry again", openapi_extra=answers(MissedRow))
@needs("missed.change")
def reopen_missed(request: HttpRequest, call: UUID) -> HttpResponse:
    """Say that an entry which somebody set aside is not done after all."""
    return answer(act(request, call, "reopen").row)
