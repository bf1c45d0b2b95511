"""`/api/audit`: who changed what, when, and from where."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tollbook.site.audit.operations import AuditEntry, AuditFilter, entries
from tollbook.web.api.listing import listed, whole
from tollbook.web.api.shapes import choice, lists, text, whole_number
from tollbook.web.api.words import WordRouter, words_of
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


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {**msgspec.structs.asdict(entry), "at": entry.at.isoformat(timespec="seconds").replace("+00:00", "Z")}
