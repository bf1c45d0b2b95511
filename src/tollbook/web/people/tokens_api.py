"""`/api/tokens`: what programs open the API with."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec.structs import asdict
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.site.people import tokens
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.shapes import answers, lists
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of
from tollbook.web.people.giving import checked_access
from tollbook.web.people.roles import needs

router = WordRouter(tags=["tokens"])


class NewToken(Schema):
    """A token to make: its permission is `read` or `change`, and it ends after `days` (0: never).

    A role narrows what it may, a scope (lines of filter words) which calls it sees.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=40)]
    permission: Annotated[
        str,
        Field(max_length=10, json_schema_extra={"enum": list(tokens.PERMISSIONS)}),
    ] = "read"
    role: Annotated[str, Field(max_length=40)] = ""
    scope: Annotated[str, Field(max_length=4000)] = ""
    days: Annotated[int, Field(ge=0, le=tokens.LONGEST_DAYS)] = 365


class MadeToken(tokens.KnownToken, frozen=True, kw_only=True):
    """A token that was just made: `token` is what opens the API, and is shown this once."""

    token: str


@router.get("/tokens", summary="List the tokens", openapi_extra=lists(tokens.KnownToken))
@needs("tokens.change")
def list_tokens(request: HttpRequest) -> HttpResponseBase:
    """List the tokens by name; what opens the API is not among it."""
    rows = [asdict(tokens.shown(each)) for each in tokens.every()]
    return listed(request, tokens.KnownToken.__struct_fields__, rows)


@router.post("/tokens", summary="Make a token", openapi_extra=answers(MadeToken, 201))
@needs("tokens.change")
def make_token(request: HttpRequest, token: NewToken) -> HttpResponse:
    """Make a token; it is shown in this answer and never again."""
    access = checked_access(token.role, token.scope, "")
    asked = tokens.AskedToken(name=token.name, permission=token.permission, days=token.days, access=access)
    record, made = tokens.make(actor_of(request), asked)
    return answer(MadeToken(**asdict(tokens.shown(record)), token=made), 201)


@router.delete("/tokens/{name}", summary="Remove a token", openapi_extra=answers(tokens.KnownToken))
@needs("tokens.change")
def remove_token(request: HttpRequest, name: str) -> HttpResponse:
    """Let a token open nothing any more."""
    return answer(tokens.remove(actor_of(request), name))
