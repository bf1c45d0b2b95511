"""`/api/sinks`: where calls are copied to."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec.structs import asdict, fields
from ninja import Schema
from pydantic import AliasChoices, ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.health import Tested
from tollbook.model.sink import Sink, SinkHealth
from tollbook.site.audit import operations as audit
from tollbook.site.sinks import operations as sinks
from tollbook.site.sinks.checks import secret_names
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import MOST, Name, Short, Text, without_secrets
from tollbook.web.api.shapes import answers, lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["sinks"])

_FILTER = AliasChoices("filter", "words")


class NewSink(Schema):
    """A sink to add: settings of its kind, columns (a preset, or each by name), and a filter for its calls."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    kind: Short
    columns: Text = "tollbook"
    settings: dict[Short, Text] = Field(default_factory=dict, max_length=MOST)
    filter: dict[Short, Text] = Field(default_factory=dict, max_length=MOST, validation_alias=_FILTER)


class ChangedSink(Schema):
    """What to change; a setting or word of the filter that is null is taken away."""

    model_config = ConfigDict(extra="forbid")

    columns: Text | None = None
    settings: dict[Short, Text | None] = Field(default_factory=dict, max_length=MOST)
    filter: dict[Short, Text | None] = Field(default_factory=dict, max_length=MOST, validation_alias=_FILTER)


class ShownSink(msgspec.Struct, frozen=True, kw_only=True):
    """A sink as it was set up: the columns that it is handed, and the filter for its calls."""

    name: str
    kind: str
    columns: str
    filter: dict[str, str]
    paused: bool
    settings: dict[str, str]
    secrets: list[str]


SinkStatus = msgspec.defstruct(
    "SinkStatus",
    [(each.name, each.type | None) for each in fields(SinkHealth) if each.name not in ("sink", "kind")],
    bases=(ShownSink,),
    namespace={"__doc__": "A sink and how it is doing; where it has not begun, that is null."},
    kw_only=True,
)


@router.get("/sinks", summary="List the sinks", openapi_extra=lists(SinkStatus))
@needs("exports.see")
def list_sinks(request: HttpRequest) -> HttpResponseBase:
    """List the sinks by name, and how they are doing."""
    return listed(request, SinkStatus.__struct_fields__, _with_health(*sinks.every()))


def _shown(sink: Sink) -> ShownSink:
    return ShownSink(**asdict(sink) | without_secrets(sink.settings, secret_names(sink)))


def _with_health(*known: Sink) -> list[dict[str, Any]]:
    health = {each.sink: msgspec.to_builtins(each) for each in runtime.engine().sinks.health()}
    told = ({**health.get(sink.name, {}), **asdict(_shown(sink))} for sink in known)
    return [{name: each.get(name) for name in SinkStatus.__struct_fields__} for each in told]


@router.post("/sinks", summary="Add a sink", openapi_extra=answers(ShownSink, 201))
@needs("exports.change")
def add_sink(request: HttpRequest, sink: NewSink) -> HttpResponse:
    """Add a sink and begin to hand it the calls that come from now on; `backfill` hands it those before."""
    made = sinks.add(actor_of(request), Sink(**sink.dict()), runtime.engine().sinks.misfits)
    return answer(_shown(made), 201)


@router.post("/sink-test", summary="Test a sink before it is added", openapi_extra=answers(Tested))
@needs("exports.change")
def test_new_sink(request: HttpRequest, sink: NewSink) -> HttpResponse:
    """Reach a sink with these settings, write nothing, keep nothing, and say what does not fit."""
    return answer(sinks.try_out(Sink(**sink.dict()), runtime.engine().sinks.try_out))


@router.get("/sinks/{name}", summary="One sink", openapi_extra=answers(SinkStatus))
@needs("exports.see")
def show_sink(request: HttpRequest, name: str) -> HttpResponse:
    """Return one sink, its secrets by name only, and how it is doing."""
    return answer(_with_health(sinks.find(name))[0])


@router.patch("/sinks/{name}", summary="Change a sink", openapi_extra=answers(ShownSink))
@needs("exports.change")
def edit_sink(request: HttpRequest, name: str, change: ChangedSink) -> HttpResponse:
    """Change some of a sink's settings, and start it again with them where it stood."""
    changed = sinks.SinkChange(**change.dict())
    return answer(_shown(sinks.edit(actor_of(request), name, changed, runtime.engine().sinks.misfits)))


@router.delete("/sinks/{name}", summary="Remove a sink", openapi_extra=answers(ShownSink))
@needs("exports.change")
def remove_sink(request: HttpRequest, name: str) -> HttpResponse:
    """Hand nothing more to a sink; what it was handed stays where it is."""
    removed = sinks.remove(actor_of(request), name)
    runtime.engine().sinks.forget(name)
    return answer(_shown(removed))


@router.post("/sinks/{name}/pause", summary="Pause a sink", openapi_extra=answers(ShownSink))
@needs("exports.change")
def pause_sink(request: HttpRequest, name: str) -> HttpResponse:
    """Hand nothing to a sink until it is resumed; it then goes on where it stood."""
    return answer(_shown(sinks.pause(actor_of(request), name, paused=True)))


@router.post("/sinks/{name}/resume", summary="Resume a sink", openapi_extra=answers(ShownSink))
@needs("exports.change")
def resume_sink(request: HttpRequest, name: str) -> HttpResponse:
    """Go on with a paused sink where it stood."""
    return answer(_shown(sinks.pause(actor_of(request), name, paused=False)))


@router.post("/sinks/{name}/test", summary="Try a sink", openapi_extra=answers(Tested))
@needs("exports.change")
def test_sink(request: HttpRequest, name: str) -> HttpResponse:
    """Reach a sink without handing it a call, and say what does not fit."""
    return answer(runtime.engine().sinks.test(sinks.find(name).name))


_SINCE = {"from": text("first day, PBX time; from the beginning unless said")}


@router.post(
    "/sinks/{name}/backfill",
    summary="Hand a sink the history",
    openapi_extra=answers(SinkHealth, 202, _SINCE),
)
@needs("exports.change")
def backfill_sink(request: HttpRequest, name: str) -> HttpResponse:
    """Hand a sink all calls again, or with `from` those since a day; `/api/sinks` says how far it is."""
    words = words_of(request)
    since = words.get("from", "")
    health = runtime.engine().sinks.backfill(sinks.find(name).name, since)
    audit.record(actor_of(request), "sink.backfill", name, {"from": ["", since or "the beginning"]})
    return answer(health, 202)


class GivenUp(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that was given up: its number, when, why, how many calls it has, and as text what was sent."""

    number: int
    at: str
    reason: str
    calls: int
    content: str


@router.get(  # its name until 0.1
    "/sinks/{name}/letters",
    include_in_schema=False,
    openapi_extra=lists(GivenUp),
)
@router.get("/sinks/{name}/dead-letters", summary="What a sink did not take", openapi_extra=lists(GivenUp))
@needs("exports.see")
def dead_letters(request: HttpRequest, name: str) -> HttpResponseBase:
    """List the deliveries that were given up, oldest first, with the reason."""
    rows = [
        {**asdict(each), "content": each.content.decode("utf-8", "replace")}
        for each in runtime.engine().sinks.dead_letters(sinks.find(name).name)
    ]
    return listed(request, GivenUp.__struct_fields__, rows)


class Resent(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the deliveries that were given up were taken now, and how many are left."""

    taken: int
    left: int


@router.post("/sinks/{name}/resend", summary="Send again what a sink did not take", openapi_extra=answers(Resent))
@needs("exports.change")
def resend_dead_letters(request: HttpRequest, name: str) -> HttpResponse:
    """Send the deliveries that were given up once more; those that are taken are thrown away."""
    taken, left = runtime.engine().sinks.resend(sinks.find(name).name)
    audit.record(actor_of(request), "sink.resend", name, {"taken": ["", str(taken)], "left": ["", str(left)]})
    return answer(Resent(taken=taken, left=left))
