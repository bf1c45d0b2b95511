"""`/api/pbxs`: the PBXs of the site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.frame import Rejected, Skipped
from tollbook.model.health import Health, Tested
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import former_names
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.pbxs.checks import secret_names
from tollbook.sources.known import clears, is_stream, options_of
from tollbook.web.api.listing import answer, listed, streamed_async
from tollbook.web.api.settings import MOST, Name, Short, Text, without_secrets
from tollbook.web.api.shapes import BYTES, answers, lists, streams
from tollbook.web.api.words import WordRouter
from tollbook.web.pbxs.arriving import Onlooker, ShownArrival
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["pbxs"])

LARGEST_SAMPLE = 1 << 20
_SHOWN = 200


class NewPbx(Schema):
    """A PBX to add; `settings` are those of its source and its dialect, by option name."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    dialect: Short
    source: Short
    timezone: Short = "UTC"
    settings: dict[Short, Text] = Field(default_factory=dict, max_length=MOST)


class ChangedPbx(Schema):
    """What to change; a setting of null is taken away."""

    model_config = ConfigDict(extra="forbid")

    dialect: Short | None = None
    source: Short | None = None
    timezone: Short | None = None
    paused: bool | None = None
    settings: dict[Short, Text | None] = Field(default_factory=dict, max_length=MOST)


class ShownPbx(msgspec.Struct, frozen=True, kw_only=True):
    """A PBX as it was set up; its source `clears` what it reads, or is a `stream` that the PBX sends by itself."""

    name: str
    dialect: str
    source: str
    clears: bool
    stream: bool
    timezone: str
    paused: bool
    removed: bool
    settings: dict[str, str]
    secrets: list[str]


class KeptPbx(ShownPbx, frozen=True, kw_only=True):
    """A PBX as it was kept; `notes` tell of names that options had before."""

    notes: list[str]


@router.get("/pbxs", summary="List the PBXs", openapi_extra=lists(ShownPbx))
@needs("pbxs.see")
def list_pbxs(request: HttpRequest, removed: bool = False) -> HttpResponseBase:  # noqa: FBT001, FBT002 - Ninja spells the query as parameters
    """List the PBXs by name; with `removed` also those that were removed."""
    rows = [asdict(_shown(pbx)) for pbx in pbxs.every() if removed or not pbx.removed]
    return listed(request, ShownPbx.__struct_fields__, rows)


def _shown(pbx: Pbx) -> ShownPbx:
    values = asdict(pbx)
    del values["plan"]  # it has an address of its own
    return ShownPbx(
        **values | without_secrets(pbx.settings, secret_names(pbx)),
        clears=clears(pbx.source),
        stream=is_stream(pbx.source),
    )


def _kept(pbx: Pbx, given: Mapping[str, str | None]) -> KeptPbx:
    return KeptPbx(**asdict(_shown(pbx)), notes=former_names(options_of(pbx.source), given))


@router.post("/pbxs", summary="Add a PBX", openapi_extra=answers(KeptPbx, 201))
@needs("pbxs.change")
def add_pbx(request: HttpRequest, pbx: NewPbx) -> HttpResponse:
    """Add a PBX and begin to take its calls."""
    kept = pbxs.add(actor_of(request), Pbx(**pbx.dict()), runtime.engine().bounds)
    return answer(_kept(kept, pbx.settings), 201)


@router.get("/pbxs/{name}", summary="One PBX", openapi_extra=answers(ShownPbx))
@needs("pbxs.see")
def show_pbx(request: HttpRequest, name: str) -> HttpResponse:
    """Return one PBX, its secrets by name only."""
    return answer(_shown(pbxs.find(name)))


@router.patch("/pbxs/{name}", summary="Change a PBX", openapi_extra=answers(KeptPbx))
@needs("pbxs.change")
def edit_pbx(request: HttpRequest, name: str, change: ChangedPbx) -> HttpResponse:
    """Change some of a PBX's settings, and start it again with them."""
    changed = pbxs.PbxChange(**change.dict())
    return answer(_kept(pbxs.edit(actor_of(request), name, changed, runtime.engine().bounds), change.settings))


@router.delete("/pbxs/{name}", summary="Remove a PBX", openapi_extra=answers(ShownPbx))
@needs("pbxs.change")
def remove_pbx(request: HttpRequest, name: str) -> HttpResponse:
    """Take no more calls from a PBX; the calls it gave stay."""
    return answer(_shown(pbxs.remove(actor_of(request), name)))


@router.post("/pbxs/{name}/pause", summary="Pause a PBX", openapi_extra=answers(ShownPbx))
@needs("pbxs.change")
def pause_pbx(request: HttpRequest, name: str) -> HttpResponse:
    """Stop taking calls from a PBX until it is resumed."""
    return answer(_shown(pbxs.pause(actor_of(request), name, paused=True)))


@router.post("/pbxs/{name}/resume", summary="Resume a PBX", openapi_extra=answers(ShownPbx))
@needs("pbxs.change")
def resume_pbx(request: HttpRequest, name: str) -> HttpResponse:
    """Take calls from a paused PBX again."""
    return answer(_shown(pbxs.pause(actor_of(request), name, paused=False)))


@router.post("/pbxs/{name}/test", summary="Ask a PBX now", openapi_extra=answers(Tested))
@needs("pbxs.change")
def test_pbx(request: HttpRequest, name: str) -> HttpResponse:
    """Ask a PBX for its records now. A PBX may clear its file as it answers; what it gives is kept."""
    return answer(runtime.engine().test(pbxs.find(name).name))


class ArrivalLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of what arrives: how the PBX is doing, where that has changed, or what came."""

    health: Health | UnsetType = UNSET
    shown: ShownArrival | UnsetType = UNSET


@router.get("/pbxs/{name}/arrivals", summary="What a PBX sends, as it arrives", openapi_extra=streams(ArrivalLine))
@needs("pbxs.change")
def arrivals(request: HttpRequest, name: str, seconds: Annotated[int, Field(ge=1, le=600)] = 30) -> HttpResponseBase:
    """Return NDJSON for some seconds: bytes as they arrive with the records cut from them, and how the PBX is doing.

    A line has either `shown` or, whenever it changes, `health`. Raw bytes may hold anything.
    """
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
                yield _line(ArrivalLine(health=each.health))
            if each.arrived:
                yield _line(ArrivalLine(shown=await asyncio.to_thread(onlooker.see, each.arrived)))


def _line(value: ArrivalLine) -> bytes:
    return msgspec.json.encode(value) + b"\n"


class UnreadFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame that is no record, or cannot be read as one; then `rule` came nearest, and `column` failed."""

    raw: str
    offset: int
    reason: str
    rule: str = ""
    column: str = ""


class TriedSample(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample gave: how many frames and calls, and the first frames of which no call was made."""

    frames: int
    calls: int
    skipped: list[UnreadFrame]
    rejected: list[UnreadFrame]


@router.post("/pbxs/{name}/try", summary="Try to read a sample", openapi_extra={**BYTES, **answers(TriedSample)})
@needs("pbxs.change")
def try_sample(request: HttpRequest, name: str) -> HttpResponse:
    """Read a pasted sample as the PBX's records, and keep nothing of it."""
    text = request.read(LARGEST_SAMPLE + 1)
    if len(text) > LARGEST_SAMPLE:
        raise Misconfigured(Problem("the sample is too large", f"at most {LARGEST_SAMPLE} bytes are tried"))
    reading = runtime.engine().try_text(pbxs.find(name), text)
    return answer(
        TriedSample(
            frames=reading.frames,
            calls=len(reading.calls),
            skipped=[_frame(each) for each in reading.skipped[:_SHOWN]],
            rejected=[_frame(each) for each in reading.rejected[:_SHOWN]],
        ),
    )


def _frame(frame: Skipped | Rejected) -> UnreadFrame:
    return UnreadFrame(**asdict(frame) | {"raw": frame.raw.decode("utf-8", "backslashreplace")})
