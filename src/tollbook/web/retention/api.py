"""`/api/retention`: how long things are kept, what would go, and what went."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.retention import RetentionCounts, RetentionPolicy
from tollbook.site.retention import operations
from tollbook.site.retention.operations import RetentionRun
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.retention.told import told

router = WordRouter(tags=["site"])


class RetentionState(msgspec.Struct, frozen=True, kw_only=True):
    """How long things are kept in days (None: for ever), and the last runs, newest first."""

    policy: RetentionPolicy
    runs: list[RetentionRun]


class RetentionPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would do: its counts, and the same as sentences."""

    counts: RetentionCounts
    told: list[str]


class GivenRetention(Schema):
    """For how many days each kind is kept; what is left out is kept for ever."""

    model_config = ConfigDict(extra="forbid")

    records: int | None = None
    numbers: int | None = None
    calls: int | None = None
    history: int | None = None
    looks: int | None = None
    backups: int | None = None


def preview_of(wanted: RetentionPolicy) -> RetentionPreview:
    """Count what would go by a policy; raises `Misconfigured` for one that cannot be."""
    operations.check_policy(wanted)
    desk = engine().retention.desk
    if desk is None:
        reason = "this process only looks at the site"
        raise Misconfigured(Problem("what would go cannot be counted here", reason, help="ask the server"))
    counts = engine().retention.preview(desk, operations.cutoffs_of(wanted, clock.now()))
    return RetentionPreview(counts=counts, told=told(counts))


@router.get("/retention", summary="How long things are kept", openapi_extra=answers(RetentionState))
@needs("system.see")
def show_retention(request: HttpRequest) -> HttpResponse:
    """Say for how many days each kind is kept, and what the last runs have done."""
    del request
    return answer(RetentionState(policy=operations.policy(), runs=list(operations.runs())))


@router.post("/retention/preview", summary="What would go", openapi_extra=answers(RetentionPreview))
@needs("system.change")
def preview_retention(request: HttpRequest, given: GivenRetention) -> HttpResponse:
    """Count what would be dropped, masked and deleted by a policy, and change nothing."""
    del request
    return answer(preview_of(RetentionPolicy(**given.dict())))


@router.put("/retention", summary="Set how long things are kept", openapi_extra=answers(RetentionPolicy))
@needs("system.change")
def set_retention(request: HttpRequest, given: GivenRetention) -> HttpResponse:
    """Keep things for so many days from now on. The first run begins at once; what is gone does not come back."""
    return answer(operations.set_policy(actor_of(request), RetentionPolicy(**given.dict())))


@router.post("/retention/run", summary="Drop what is too old now", openapi_extra=answers(RetentionState))
@needs("system.change")
def run_retention(request: HttpRequest) -> HttpResponse:
    """Have a run made now rather than when the last one is a day old."""
    operations.ask(actor_of(request))
    return answer(RetentionState(policy=operations.policy(), runs=list(operations.runs())), 202)
