"""`/api/tokens`: what programs open the API with."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router, Schema
from pydantic import AliasChoices, ConfigDict, Field

from tollbook.site.people import tokens
from tollbook.web.api.listing import answer, listed, read_words
from tollbook.web.people.actors import actor_of

router = Router(tags=["tokens"])


class NewToken(Schema):
    """A token to make: its permission is `read` or `change`, and it ends after `days` (0: never)."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=40)]
    permission: Annotated[str, Field(max_length=10, validation_alias=AliasChoices("permission", "scope"))] = "read"
    days: Annotated[int, Field(ge=0, le=tokens.LONGEST_DAYS)] = 365


@router.get("/tokens", summary="List the tokens")
def list_tokens(request: HttpRequest) -> HttpResponseBase:
    """List the tokens by name; what opens the API is not among it."""
    read_words(request, ("format",))
    rows = [tokens.shown(each) for each in tokens.every()]
    return listed(request, ("name", "permission", "added_at", "ends_at", "over"), rows)


@router.post("/tokens", summary="Make a token")
def make(request: HttpRequest, token: NewToken) -> HttpResponse:
    """Make a token; it is shown in this answer and never again."""
    read_words(request, ())
    record, made = tokens.make(actor_of(request), token.name, token.permission, token.days)
    return answer({**tokens.shown(record), "token": made}, 201)


@router.delete("/tokens/{name}", summary="Remove a token")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Let a token open nothing any more."""
    read_words(request, ())
    return answer(tokens.remove(actor_of(request), name))
