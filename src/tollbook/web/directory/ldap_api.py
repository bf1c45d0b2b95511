"""`/api/directory/ldap`: the server that people are read from, and reading them."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.directory import PeopleRead
from tollbook.site.directory.ldap import operations as ldap
from tollbook.site.directory.ldap.syncing import LdapPreview
from tollbook.web.api.listing import answer
from tollbook.web.api.settings import MOST, Short, Text, without_secrets
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["directory"])


class ChangedLdap(Schema):
    """What to change; a setting that is null is taken away."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[Short, Text | None] = Field(default_factory=dict, max_length=MOST)


class ShownLdap(msgspec.Struct, frozen=True):
    """The LDAP server as it was set up, and how reading it goes; `secrets` names the settings that are not shown."""

    settings: dict[str, str]
    secrets: list[str]
    read: PeopleRead


def _shown(kept: dict[str, str]) -> dict[str, object]:
    return {**without_secrets(kept, ldap.SECRETS), "read": ldap.state()}


@router.get("/directory/ldap", summary="The LDAP server", openapi_extra=answers(ShownLdap))
@needs("directory.see")
def show_ldap(request: HttpRequest) -> HttpResponse:
    """Show the LDAP server that people are read from."""
    return answer(_shown(ldap.settings()))


@router.patch("/directory/ldap", summary="Change the LDAP server", openapi_extra=answers(ShownLdap))
@needs("directory.change")
def change_ldap(request: HttpRequest, change: ChangedLdap) -> HttpResponse:
    """Set up the LDAP server, or change it; with another address its password has to be given again."""
    kept = ldap.change(actor_of(request), change.settings, runtime.engine().site.fence)
    return answer(_shown(kept))


@router.post("/directory/ldap/try", summary="Try the LDAP server", openapi_extra=answers(ldap.LdapTry))
@needs("directory.change")
def try_ldap(request: HttpRequest) -> HttpResponse:
    """Read people from LDAP and show the first of them; nothing is changed."""
    return answer(ldap.tried(runtime.engine().site.fence))


@router.post("/directory/ldap/run", summary="Take people from LDAP", openapi_extra=answers(LdapPreview))
@needs("directory.change")
def run_ldap(request: HttpRequest, *, apply: bool = False, leave_out: bool = False) -> HttpResponse:
    """Read people from LDAP and say what would change; with `apply` it is changed.

    Nothing is changed where an entry has a fault, unless those are to be left out (`leave_out`).
    """
    fence = runtime.engine().site.fence
    return answer(ldap.run(actor_of(request), fence, apply=apply, leave_out=leave_out))
