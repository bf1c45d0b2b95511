"""`/api/pbxs`: the PBXs of the site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, NotAllowed, Problem
from tollbook.plugins import former_names
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.pbxs.checks import secret_names
from tollbook.sources.known import clears, is_stream, options_of
from tollbook.web.api.listing import answer, listed, read_words, streamed_async
from tollbook.web.pbxs.arriving import Onlooker
from tollbook.web.people.actors import actor_of

router = Router(tags=["pbxs"])

LARGEST_SAMPLE = 1 << 20
_SHOWN = 200
Short = Annotated[str, Field(max_length=100)]
Name = Annotated[str, Field(max_length=40)]
Text = Annotated[str, Field(max_length=20_000)]
_COLUMNS = ("name", "dialect", "source", "clears", "stream", "timezone", "paused", "removed", "settings", "secrets")


class NewPbx(Schema):
    """A PBX to add; `settings` are those of its source and its dialect, by option name."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    dialect: Short
    source: Short
    timezone: Short = "UTC"
    settings: dict[Short, Text] = Field(default_factory=dict, max_length=50)


class ChangedPbx(Schema):
    """What to change; a setting of null is taken away."""

    model_config = ConfigDict(extra="forbid")

    dialect: Short | None = None
    source: Short | None = None
    timezone: Short | None = None
    paused: bool | None = None
    settings: dict[Short, Text | None] = Field(default_factory=dict, max_length=50)


@router.get("/pbxs", summary="List the PBXs")
def list_pbxs(request: HttpRequest, removed: bool = False) -> HttpResponseBase:  # noqa: FBT001, FBT002 - Ninja spells the query as parameters
    """List the PBXs by name; with `removed` also those that were removed."""
    flat = read_words(request, ("removed", "format")).get("format") == "csv"
    rows = [_shown(pbx) for pbx in pbxs.every() if removed or not pbx.removed]
    return listed(request, _COLUMNS, map(_flat, rows) if flat else rows)


def _shown(pbx: Pbx) -> dict[str, Any]:
    """Return a PBX as it may be shown: secret settings by name only."""
    secret = secret_names(pbx)
    return {
        "name": pbx.name,
        "dialect": pbx.dialect,
        "source": pbx.source,
        "clears": clears(pbx.source),
        "stream": is_stream(pbx.source),
        "timezone": pbx.timezone,
        "paused": pbx.paused,
        "removed": pbx.removed,
        "settings": {name: text for name, text in pbx.settings.items() if name not in secret},
        "secrets": sorted(secret & pbx.settings.keys()),
    }


def _kept(pbx: Pbx, given: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a PBX as it was kept; `notes` tell of names that options had before."""
    return {**_shown(pbx), "notes": former_names(options_of(pbx.source), given)}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    settings = "; ".join(f"{name}={text}" for name, text in row["settings"].items())
    return {**row, "settings": settings, "secrets": ", ".join(row["secrets"])}


@router.post("/pbxs", summary="Add a PBX")
def add(request: HttpRequest, pbx: NewPbx) -> HttpResponse:
    """Add a PBX and begin to take its calls."""
    read_words(request, ())
    kept = pbxs.add(actor_of(request), Pbx(**pbx.dict()), runtime.engine().bounds)
    return answer(_kept(kept, pbx.settings), 201)


@router.get("/pbxs/{name}", summary="One PBX")
def one(request: HttpRequest, name: str) -> HttpResponse:
    """Return one PBX, its secrets by name only."""
    read_words(request, ())
    return answer(_shown(pbxs.find(name)))


@router.patch("/pbxs/{name}", summary="Change a PBX")
def edit(request: HttpRequest, name: str, change: ChangedPbx) -> HttpResponse:
    """Change some of a PBX's settings, and start it again with them."""
    read_words(request, ())
    changed = pbxs.PbxChange(**change.dict())
    return answer(_kept(pbxs.edit(actor_of(request), name, changed, runtime.engine().bounds), change.settings))


@router.delete("/pbxs/{name}", summary="Remove a PBX")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Take no more calls from a PBX; the calls it gave stay."""
    read_words(request, ())
    return answer(_shown(pbxs.remove(actor_of(request), name)))


@router.post("/pbxs/{name}/pause", summary="Pause a PBX")
def pause(request: HttpRequest, name: str) -> HttpResponse:
    """Stop taking calls from a PBX until it is resumed."""
    read_words(request, ())
    return answer(_shown(pbxs.pause(actor_of(request), name, paused=True)))


@router.post("/pbxs/{name}/resume", summary="Resume a PBX")
def resume(request: HttpRequest, name: str) -> HttpResponse:
    """Take calls from a paused PBX again."""
    read_words(request, ())
    return answer(_shown(pbxs.pause(actor_of(request), name, paused=False)))


@router.post("/pbxs/{name}/test", summary="Ask a PBX now")
def test(request: HttpRequest, name: str) -> HttpResponse:
    """Ask a PBX for its records now. A PBX may clear its file as it answers; what it gives is kept."""
    read_words(request, ())
    return answer(runtime.engine().test(pbxs.find(name).name))


@router.get("/pbxs/{name}/arrivals", summary="What a PBX sends, as it arrives")
def arrivals(request: HttpRequest, name: str, seconds: Annotated[int, Field(ge=1, le=600)] = 30) -> HttpResponseBase:
    """Return NDJSON for some seconds: bytes as they arrive with the records cut from them, and how the PBX is doing.

    A line has either `shown` or, whenever it changes, `health`. For administrators.
    """
    read_words(request, ("seconds",))
    if request.user.is_authenticated and not request.user.is_staff:
        raise NotAllowed(Problem("this needs an administrator", "raw bytes may hold anything", help="ask one"))
    pbx = pbxs.find(name)
    if pbx.paused:
        hint = f"`tollbook pbx resume {name}` goes on with it"
        raise Misconfigured(Problem(f"{name} is paused", "nothing is taken from it", help=hint))
    return streamed_async(request, _arriving(pbx, float(seconds)))


async def _arriving(pbx: Pbx, seconds: float) -> AsyncGenerator[bytes, None]:
    engine = runtime.engine()
    onlooker, told = Onlooker(engine, pbx), None
    async with aclosing(engine.look_on(pbx.name, seconds)) as seen:
        async for each in seen:
            word = (each.health.state, each.health.message)
            if word != told:
                told = word
                yield _line({"health": each.health})
            if each.arrived:
                yield _line({"shown": await asyncio.to_thread(onlooker.see, each.arrived)})


def _line(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"


@router.post("/pbxs/{name}/try", summary="Try to read a sample", openapi_extra={
    "requestBody": {"content": {"text/plain": {"schema": {"type": "string"}}}},
})  # fmt: skip
def try_text(request: HttpRequest, name: str) -> HttpResponse:
    """Read a pasted sample as the PBX's records, and keep nothing of it."""
    read_words(request, ())
    text = request.read(LARGEST_SAMPLE + 1)
    if len(text) > LARGEST_SAMPLE:
        raise Misconfigured(Problem("the sample is too large", f"at most {LARGEST_SAMPLE} bytes are tried"))
    reading = runtime.engine().try_text(pbxs.find(name), text)
    return answer(
        {
            "frames": reading.frames,
            "calls": len(reading.calls),
            "skipped": [_frame(each) for each in reading.skipped[:_SHOWN]],
            "rejected": [_frame(each) for each in reading.rejected[:_SHOWN]],
        },
    )


def _frame(frame: msgspec.Struct) -> dict[str, Any]:
    values = msgspec.structs.asdict(frame)
    return {**values, "raw": values["raw"].decode("utf-8", "backslashreplace")}
