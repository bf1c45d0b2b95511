"""`/api/audit`: who changed what, when, and from where."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict

from tollbook.site.audit.looks import LookPolicy, look_policy, set_look_policy
from tollbook.site.audit.operations import AuditEntry, AuditFilter, entries
from tollbook.web.api.listing import answer, listed, whole
from tollbook.web.api.shapes import answers, choice, lists, text, whole_number
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["audit"])

_WORDS = {
    "who": text("name of a person, a token or a machine's user"),
    "what": choice("AuditSubject", "what it was done to, such as pbx, or one action, such as pbx.add"),
    "from": text("first day, in UTC"),
    "to": text("last day, in UTC"),
    "limit": whole_number("most entries to list; 0 or none: all"),
}


@router.get("/audit", summary="Who changed what", openapi_extra=lists(AuditEntry, words=_WORDS))
@needs("audit.see")
def list_audit(request: HttpRequest) -> HttpResponseBase:
    """List what was done, newest first, with values before and after. For administrators and the site's owner."""
    words = words_of(request)
    wanted = AuditFilter(
        who=words.get("who", ""),
        what=words.get("what", ""),
        first=words.get("from", ""),
        last=words.get("to", ""),
    )
    rows = map(_row, entries(wanted, whole(words, "limit") or None))
    return listed(request, AuditEntry.__struct_fields__, rows)


class GivenLooks(Schema):
    """Whether looking at calls is noted, and whether whoever looks at somebody's has to say why."""

    model_config = ConfigDict(extra="forbid")

    noted: bool
    asks_reason: bool = False


@router.get("/audit/looks", summary="What is noted of looking at calls", openapi_extra=answers(LookPolicy))
@needs("audit.see")
def show_looks(request: HttpRequest) -> HttpResponse:
    """Say whether it is noted who looks at whose calls."""
    del request
    return answer(look_policy())


@router.put("/audit/looks", summary="Set what is noted of looking at calls", openapi_extra=answers(LookPolicy))
@needs("people.change")
def set_looks(request: HttpRequest, given: GivenLooks) -> HttpResponse:
    """Have it noted who looks at whose calls, or no longer."""
    wanted = LookPolicy(noted=given.noted, asks_reason=given.asks_reason)
    return answer(set_look_policy(actor_of(request), wanted))


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {**msgspec.structs.asdict(entry), "at": entry.at.isoformat(timespec="seconds").replace("+00:00", "Z")}
