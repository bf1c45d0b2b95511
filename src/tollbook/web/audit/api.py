"""`/api/audit`: who changed what, when, and from where."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router

from tollbook.model.problem import NotAllowed, Problem
from tollbook.site.audit.operations import AuditEntry, AuditFilter, entries
from tollbook.web.api.listing import listed, read_words, table_format, whole
from tollbook.web.people.actors import actor_of

router = Router(tags=["audit"])

_WORDS = {
    "who": "name of a person, a token or a machine's user",
    "what": "what it was done to, such as pbx, or one action, such as pbx.add",
    "from": "first day, in UTC",
    "to": "last day, in UTC",
    "limit": "most entries to list; 0 or none: all",
    "format": "one of json, ndjson, csv",
}


@router.get("/audit", summary="Who changed what", openapi_extra={
    "parameters": [
        {"name": name, "in": "query", "description": means, "schema": {"type": "string"}}
        for name, means in _WORDS.items()
    ],
})  # fmt: skip
def list_entries(request: HttpRequest) -> HttpResponseBase:
    """List what was done, newest first, with values before and after. For administrators and the site's owner."""
    words = read_words(request, _WORDS)
    flat = table_format(words.get("format", "ndjson")) is table_format("csv")
    _check_allowed(request)
    wanted = AuditFilter(
        who=words.get("who", ""),
        what=words.get("what", ""),
        first=words.get("from", ""),
        last=words.get("to", ""),
    )
    rows = map(_row, entries(wanted, whole(words, "limit") or None))
    return listed(request, AuditEntry.__struct_fields__, map(_flat, rows) if flat else rows)


def _check_allowed(request: HttpRequest) -> None:
    kind = actor_of(request).kind
    if kind == "token" or (kind == "person" and not request.user.is_staff):
        reason = "the audit says what everybody did"
        raise NotAllowed(Problem("this needs an administrator", reason, help="sign in as one, or use `tollbook audit`"))


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {**msgspec.structs.asdict(entry), "at": entry.at.isoformat(timespec="seconds").replace("+00:00", "Z")}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    told = "; ".join(f"{field}: {was} → {now}" for field, (was, now) in row["changes"].items())
    return {**row, "changes": told}
