"""`/api/sinks`: where calls are copied to."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router, Schema
from pydantic import AliasChoices, ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.sink import Sink, SinkHealth
from tollbook.site.audit import operations as audit
from tollbook.site.sinks import operations as sinks
from tollbook.site.sinks.checks import secret_names
from tollbook.web.api.listing import answer, listed, read_words
from tollbook.web.people.actors import actor_of

router = Router(tags=["sinks"])

Short = Annotated[str, Field(max_length=100)]
Name = Annotated[str, Field(max_length=40)]
Text = Annotated[str, Field(max_length=20_000)]
_FILTER = AliasChoices("filter", "words")
_COLUMNS = ("name", "kind", "columns", "filter", "paused", "settings", "secrets", *SinkHealth.__struct_fields__[2:])


class NewSink(Schema):
    """A sink to add: settings of its kind, columns (a preset, or each by name), and a filter for its calls."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    kind: Short
    columns: Text = "tollbook"
    settings: dict[Short, Text] = Field(default_factory=dict, max_length=50)
    filter: dict[Short, Text] = Field(default_factory=dict, max_length=50, validation_alias=_FILTER)


class ChangedSink(Schema):
    """What to change; a setting or word of the filter that is null is taken away."""

    model_config = ConfigDict(extra="forbid")

    columns: Text | None = None
    settings: dict[Short, Text | None] = Field(default_factory=dict, max_length=50)
    filter: dict[Short, Text | None] = Field(default_factory=dict, max_length=50, validation_alias=_FILTER)


@router.get("/sinks", summary="List the sinks")
def list_sinks(request: HttpRequest) -> HttpResponseBase:
    """List the sinks by name, and how they are doing."""
    flat = read_words(request, ("format",)).get("format") == "csv"
    health = {each.sink: msgspec.to_builtins(each) for each in runtime.engine().sinks.health()}
    rows = [_beside(_shown(sink), health) for sink in sinks.every()]
    return listed(request, _COLUMNS, map(_flat, rows) if flat else rows)


def _shown(sink: Sink) -> dict[str, Any]:
    """Return a sink as it may be shown: secret settings by name only."""
    secret = secret_names(sink.kind) or set(sink.settings)
    return {
        "name": sink.name,
        "kind": sink.kind,
        "columns": sink.columns,
        "filter": sink.filter,
        "paused": sink.paused,
        "settings": {name: text for name, text in sink.settings.items() if name not in secret},
        "secrets": sorted(secret & sink.settings.keys()),
    }


def _beside(sink: dict[str, Any], health: dict[str, dict[str, Any]]) -> dict[str, Any]:
    told = {name: value for name, value in health.get(sink["name"], {}).items() if name not in ("sink", "kind")}
    return {**dict.fromkeys(_COLUMNS), **sink, **told}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {name: "; ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value
            for name, value in {**row, "secrets": ", ".join(row["secrets"])}.items()}  # fmt: skip


@router.post("/sinks", summary="Add a sink")
def add(request: HttpRequest, sink: NewSink) -> HttpResponse:
    """Add a sink and begin to hand it the calls that come from now on; `backfill` hands it those before."""
    read_words(request, ())
    made = sinks.add(actor_of(request), Sink(**sink.dict()), runtime.engine().sinks.misfits)
    return answer(_shown(made), 201)


@router.get("/sinks/{name}", summary="One sink")
def one(request: HttpRequest, name: str) -> HttpResponse:
    """Return one sink, its secrets by name only, and how it is doing."""
    read_words(request, ())
    found = sinks.find(name)
    health = {each.sink: msgspec.to_builtins(each) for each in runtime.engine().sinks.health()}
    return answer(_beside(_shown(found), health))


@router.patch("/sinks/{name}", summary="Change a sink")
def edit(request: HttpRequest, name: str, change: ChangedSink) -> HttpResponse:
    """Change some of a sink's settings, and start it again with them where it stood."""
    read_words(request, ())
    changed = sinks.SinkChange(**change.dict())
    return answer(_shown(sinks.edit(actor_of(request), name, changed, runtime.engine().sinks.misfits)))


@router.delete("/sinks/{name}", summary="Remove a sink")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Hand nothing more to a sink; what it was handed stays where it is."""
    read_words(request, ())
    removed = sinks.remove(actor_of(request), name)
    runtime.engine().sinks.forget(name)
    return answer(_shown(removed))


@router.post("/sinks/{name}/pause", summary="Pause a sink")
def pause(request: HttpRequest, name: str) -> HttpResponse:
    """Hand nothing to a sink until it is resumed; it then goes on where it stood."""
    read_words(request, ())
    return answer(_shown(sinks.pause(actor_of(request), name, paused=True)))


@router.post("/sinks/{name}/resume", summary="Resume a sink")
def resume(request: HttpRequest, name: str) -> HttpResponse:
    """Go on with a paused sink where it stood."""
    read_words(request, ())
    return answer(_shown(sinks.pause(actor_of(request), name, paused=False)))


@router.post("/sinks/{name}/test", summary="Try a sink")
def test(request: HttpRequest, name: str) -> HttpResponse:
    """Reach a sink without handing it a call, and say what does not fit."""
    read_words(request, ())
    return answer(runtime.engine().sinks.test(sinks.find(name).name))


@router.post("/sinks/{name}/backfill", summary="Hand a sink the history")
def backfill(request: HttpRequest, name: str) -> HttpResponse:
    """Hand a sink all calls again, or with `from` those since a day; `/api/sinks` says how far it is."""
    words = read_words(request, ("from",))
    since = words.get("from", "")
    health = runtime.engine().sinks.backfill(sinks.find(name).name, since)
    audit.record(actor_of(request), "sink.backfill", name, {"from": ["", since or "the beginning"]})
    return answer(health, 202)


@router.get("/sinks/{name}/letters", include_in_schema=False)  # its name until 0.1
@router.get("/sinks/{name}/dead-letters", summary="What a sink did not take")
def dead_letters(request: HttpRequest, name: str) -> HttpResponseBase:
    """List the deliveries that were given up, oldest first, with the reason."""
    read_words(request, ("format",))
    rows = [
        {**msgspec.structs.asdict(each), "content": each.content.decode("utf-8", "replace")}
        for each in runtime.engine().sinks.dead_letters(sinks.find(name).name)
    ]
    return listed(request, ("number", "at", "reason", "calls", "content"), rows)


@router.post("/sinks/{name}/resend", summary="Send again what a sink did not take")
def resend(request: HttpRequest, name: str) -> HttpResponse:
    """Send the deliveries that were given up once more; those that are taken are thrown away."""
    read_words(request, ())
    taken, left = runtime.engine().sinks.resend(sinks.find(name).name)
    audit.record(actor_of(request), "sink.resend", name, {"taken": ["", str(taken)], "left": ["", str(left)]})
    return answer({"taken": taken, "left": left})
