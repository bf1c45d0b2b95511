"""`/api/schedules`: which reports are sent when, and what became of each run."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec.structs import asdict
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.schedule import ScheduleRun
from tollbook.site.schedules import operations
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import MOST, Name, Short
from tollbook.web.api.shapes import answers, lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.schedules.asked import (
    ShownSchedule,
    WrittenSchedule,
    asker_of,
    next_moments,
    schedule_of,
    several_shown,
    shown,
    written,
)

router = WordRouter(tags=["schedules"])
_MOST_RUNS = 200
_Line = Annotated[str, Field(max_length=1000)]
_Address = Annotated[str, Field(max_length=300)]


class ScheduleChange(Schema):
    """What to change of a schedule; what is not named stays. `when` is words or cron, in the clock of `zone`."""

    model_config = ConfigDict(extra="forbid")

    report: Short | None = None
    when: Short | None = None
    zone: Short | None = None
    destination: Name | None = None
    recipients: Annotated[list[_Address], Field(max_length=500)] | None = None
    departments: Annotated[dict[_Line, _Address], Field(max_length=500)] | None = None
    words: Annotated[dict[Short, _Line], Field(max_length=MOST)] | None = None
    settings: Annotated[dict[Short, _Line], Field(max_length=MOST)] | None = None
    files: Annotated[list[Short], Field(max_length=MOST)] | None = None
    link: Short | None = None
    only_if: Short | None = None


class NewSchedule(ScheduleChange):
    """A schedule to add: `report` is a slug, `explore` or `phone-bill`; `files` are some of pdf, xlsx and csv."""

    name: Name


class NextMoments(msgspec.Struct, frozen=True, kw_only=True):
    """The next moments at which something would run, by the clock of its zone."""

    next: list[str]


def _given(change: ScheduleChange) -> dict[str, Any]:
    return {name: value for name, value in change.dict().items() if value is not None}


@router.get("/schedules", summary="List the schedules", openapi_extra=lists(ShownSchedule))
@needs("schedules.change")
def list_schedules(request: HttpRequest) -> HttpResponseBase:
    """List one's own schedules by name; whoever lets people sign in sees everybody's."""
    rows = map(asdict, several_shown(operations.every(asker_of(request))))
    return listed(request, ShownSchedule.__struct_fields__, rows)


@router.post("/schedules", summary="Add a schedule", openapi_extra=answers(ShownSchedule, 201))
@needs("schedules.change")
def add_schedule(request: HttpRequest, schedule: NewSchedule) -> HttpResponse:
    """Have a report sent at set times, with what one may see oneself at each of them."""
    wanted = schedule_of(actor_of(request), WrittenSchedule(**_given(schedule)))
    return answer(shown(operations.add(asker_of(request), wanted)), 201)


_NEXT = {"when": text("words such as `mondays 08:00`, or cron"), "zone": text("time zone; that of the PBX unless said")}


@router.get("/schedules/next", summary="When would it run?", openapi_extra=answers(NextMoments, words=_NEXT))
@needs("schedules.change")
def show_next(request: HttpRequest) -> HttpResponse:
    """Return the next moments of what is written."""
    words = words_of(request)
    found = next_moments(words.get("when", ""), words.get("zone", ""))
    return answer(NextMoments(next=[f"{at:%Y-%m-%d %H:%M %Z}" for at in found]))


@router.get("/schedules/{name}", summary="One schedule", openapi_extra=answers(ShownSchedule))
@needs("schedules.change")
def show_schedule(request: HttpRequest, name: str) -> HttpResponse:
    """Return a schedule."""
    return answer(shown(operations.find(asker_of(request), name)))


@router.patch("/schedules/{name}", summary="Change a schedule", openapi_extra=answers(ShownSchedule))
@needs("schedules.change")
def edit_schedule(request: HttpRequest, name: str, change: ScheduleChange) -> HttpResponse:
    """Change what a schedule asks, when, and whom it is sent to."""
    asker = asker_of(request)
    before = written(operations.find(asker, name))
    wanted = schedule_of(asker.actor, msgspec.structs.replace(before, **_given(change)))
    return answer(shown(operations.change(asker, name, wanted)))


@router.delete("/schedules/{name}", summary="Remove a schedule", openapi_extra=answers(ShownSchedule))
@needs("schedules.change")
def remove_schedule(request: HttpRequest, name: str) -> HttpResponse:
    """Remove a schedule with its history; what waits of it is not sent."""
    asker = asker_of(request)
    told = shown(operations.find(asker, name))
    operations.remove(asker, name)
    return answer(told)


@router.post("/schedules/{name}/run", summary="Run a schedule now", openapi_extra=answers(ScheduleRun, 202))
@needs("schedules.change")
def run_schedule(request: HttpRequest, name: str) -> HttpResponse:
    """Have a schedule run at once; `history` says what came of it."""
    run = operations.run_now(asker_of(request), name)
    runtime.engine().schedules.news()
    return answer(run, 202)


@router.post("/schedules/{name}/pause", summary="Pause a schedule", openapi_extra=answers(ShownSchedule))
@needs("schedules.change")
def pause_schedule(request: HttpRequest, name: str) -> HttpResponse:
    """Send nothing until it is resumed."""
    return answer(shown(operations.pause(asker_of(request), name, paused=True)))


@router.post("/schedules/{name}/resume", summary="Resume a schedule", openapi_extra=answers(ShownSchedule))
@needs("schedules.change")
def resume_schedule(request: HttpRequest, name: str) -> HttpResponse:
    """Go on with the next moment; what was due meanwhile is not made up for."""
    return answer(shown(operations.pause(asker_of(request), name, paused=False)))


@router.get("/schedules/{name}/history", summary="What became of a schedule", openapi_extra=lists(ScheduleRun))
@needs("schedules.change")
def schedule_history(request: HttpRequest, name: str) -> HttpResponseBase:
    """List the newest runs of a schedule, newest first."""
    rows = (msgspec.to_builtins(each) for each in operations.history(asker_of(request), name, _MOST_RUNS))
    return listed(request, ScheduleRun.__struct_fields__, rows)
