"""`/api/destinations`, `/api/outbox`: where messages go, and what became of each."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec.structs import asdict, fields
from ninja import Path, Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.health import Tested
from tollbook.model.message import DestinationHealth, MessageDestination, MessageState, OutboxEntry
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.destinations import operations as destinations
from tollbook.site.destinations.checks import secret_names
from tollbook.site.outbox import operations as box
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import MOST, Name, Short, Text, without_secrets
from tollbook.web.api.shapes import answers, lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["destinations"])
_MOST_ROWS = 1000
_Recipient = Annotated[str, Field(max_length=300)]


class NewDestination(Schema):
    """A destination to add, with settings of its kind; `recipient` is whom a test is sent to."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    kind: Short
    settings: dict[Short, Text] = Field(default_factory=dict, max_length=MOST)
    recipient: _Recipient = ""


class ChangedDestination(Schema):
    """What to change; a setting that is null is taken away."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[Short, Text | None] = Field(default_factory=dict, max_length=MOST)


class TestedDestination(Schema):
    """Whom a test message is sent to; without anybody a mail server is only asked whether it would take one."""

    model_config = ConfigDict(extra="forbid")

    recipient: _Recipient = ""


class GivenPagesAddress(Schema):
    """The address under which recipients of messages reach the pages; empty: messages carry no links."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[str, Field(max_length=300)]


class ShownPagesAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The address under which recipients of messages reach the pages; empty where none is set."""

    address: str


class DestinationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A destination as it was set up."""

    name: str
    kind: str
    paused: bool
    settings: dict[str, str]
    secrets: list[str]


DestinationStatus = msgspec.defstruct(
    "DestinationStatus",
    [(each.name, each.type | None) for each in fields(DestinationHealth) if each.name not in ("destination", "kind")],
    bases=(DestinationFacts,),
    namespace={"__doc__": "A destination and how it is doing; where it has not begun, that is null."},
    kw_only=True,
)


def _shown(destination: MessageDestination) -> DestinationFacts:
    told = asdict(destination) | without_secrets(destination.settings, secret_names(destination))
    return DestinationFacts(**told)


def _with_health(*known: MessageDestination) -> list[dict[str, Any]]:
    health = {each.destination: msgspec.to_builtins(each) for each in runtime.engine().outbox.health()}
    told = ({**health.get(each.name, {}), **asdict(_shown(each))} for each in known)
    return [{name: each.get(name) for name in DestinationStatus.__struct_fields__} for each in told]


@router.get("/destinations", summary="List the destinations", openapi_extra=lists(DestinationStatus))
@needs("exports.see")
def list_destinations(request: HttpRequest) -> HttpResponseBase:
    """List the destinations of messages by name, and how they are doing."""
    return listed(request, DestinationStatus.__struct_fields__, _with_health(*destinations.every()))


@router.post("/destinations", summary="Add a destination", openapi_extra=answers(DestinationFacts, 201))
@needs("exports.change")
def add_destination(request: HttpRequest, destination: NewDestination) -> HttpResponse:
    """Add somewhere messages can be sent to."""
    made = destinations.add(actor_of(request), _wanted(destination), runtime.engine().outbox.in_reach)
    return answer(_shown(made), 201)


def _wanted(given: NewDestination) -> MessageDestination:
    return MessageDestination(name=given.name, kind=given.kind, settings=dict(given.settings))


@router.post("/destination-test", summary="Test a destination before it is added", openapi_extra=answers(Tested))
@needs("exports.change")
def test_new_destination(request: HttpRequest, destination: NewDestination) -> HttpResponse:
    """Reach a destination with these settings, and keep nothing."""
    outbox = runtime.engine().outbox
    given = destinations.checked(_wanted(destination), outbox.in_reach)
    return answer(outbox.try_out(given, destination.recipient))


@router.get("/destinations/{name}", summary="One destination", openapi_extra=answers(DestinationStatus))
@needs("exports.see")
def show_destination(request: HttpRequest, name: str) -> HttpResponse:
    """Return one destination, its secrets by name only, and how it is doing."""
    return answer(_with_health(destinations.find(name))[0])


@router.patch("/destinations/{name}", summary="Change a destination", openapi_extra=answers(DestinationFacts))
@needs("exports.change")
def edit_destination(request: HttpRequest, name: str, change: ChangedDestination) -> HttpResponse:
    """Change some of a destination's settings; what waits for it goes there with them."""
    reach = runtime.engine().outbox.in_reach
    return answer(_shown(destinations.edit(actor_of(request), name, dict(change.settings), reach)))


@router.delete("/destinations/{name}", summary="Remove a destination", openapi_extra=answers(DestinationFacts))
@needs("exports.change")
def remove_destination(request: HttpRequest, name: str) -> HttpResponse:
    """Send nothing more there; what waits for it is cancelled."""
    return answer(_shown(destinations.remove(actor_of(request), name)))


@router.post("/destinations/{name}/pause", summary="Pause a destination", openapi_extra=answers(DestinationFacts))
@needs("exports.change")
def pause_destination(request: HttpRequest, name: str) -> HttpResponse:
    """Let messages to a destination wait until it is resumed."""
    return answer(_shown(destinations.pause(actor_of(request), name, paused=True)))


@router.post("/destinations/{name}/resume", summary="Resume a destination", openapi_extra=answers(DestinationFacts))
@needs("exports.change")
def resume_destination(request: HttpRequest, name: str) -> HttpResponse:
    """Send what waits for a destination, and go on."""
    return answer(_shown(destinations.pause(actor_of(request), name, paused=False)))


@router.post("/destinations/{name}/test", summary="Try a destination", openapi_extra=answers(Tested))
@needs("exports.change")
def test_destination(request: HttpRequest, name: str, given: TestedDestination) -> HttpResponse:
    """Send a test message, to `recipient` where the destination has to be told; and say what was answered."""
    found = destinations.find(name)
    tested = runtime.engine().outbox.test(found.name, given.recipient)
    audit.record(actor_of(request), "destination.test", name, {"recipient": ["", given.recipient]})
    return answer(tested)


_ASKED = {
    "topic": text("only of this topic, such as `schedule weekly`"),
    "destination": text("only to this destination"),
    "state": {**text("only in this state"), "enum": ["", *(state.value for state in MessageState)]},
}


@router.get("/outbox", summary="What was sent, and what waits", openapi_extra=lists(OutboxEntry, words=_ASKED))
@needs("exports.see")
def list_outbox(request: HttpRequest) -> HttpResponseBase:
    """List the newest thousand messages, each once per recipient, newest first."""
    words = words_of(request)
    state = words.get("state", "")
    if state and state not in list(MessageState):
        raise Misconfigured(Problem(f"'state' cannot be {state!r}", f"known are: {', '.join(MessageState)}"))
    asked = {name: words.get(name, "") for name in ("topic", "destination")}
    rows = (asdict(each) for each in box.entries(_MOST_ROWS, state=state, **asked))
    return listed(request, OutboxEntry.__struct_fields__, rows)


@router.post("/outbox/{number}/again", summary="Send a message again", openapi_extra=answers(OutboxEntry))
@needs("exports.change")
def send_again(request: HttpRequest, number: Annotated[int, Path(ge=0, lt=1 << 62)]) -> HttpResponse:
    """Send a message once more that was refused or given up."""
    entry = box.again(number)
    audit.record(actor_of(request), "message.again", f"{entry.subject[:80]} to {entry.recipient or entry.destination}")
    runtime.engine().outbox.news(entry.destination)
    return answer(entry)


@router.get("/pages-address", summary="The address in messages", openapi_extra=answers(ShownPagesAddress))
@needs("exports.see")
def show_pages_address(request: HttpRequest) -> HttpResponse:
    """Return the address under which recipients of messages reach the pages."""
    return answer(ShownPagesAddress(address=destinations.pages_address()))


@router.put("/pages-address", summary="Set the address in messages", openapi_extra=answers(ShownPagesAddress))
@needs("exports.change")
def set_pages_address(request: HttpRequest, given: GivenPagesAddress) -> HttpResponse:
    """Say under which address recipients of messages reach the pages."""
    return answer(ShownPagesAddress(address=destinations.set_pages_address(actor_of(request), given.address)))
