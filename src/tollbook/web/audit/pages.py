"""Who changed what, when, and from where."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tollbook.model.problem import Misconfigured
from tollbook.site.audit.looks import LookPolicy, look_policy, set_look_policy
from tollbook.site.audit.operations import SUBJECTS, AuditEntry, AuditFilter, entries
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

PER_PAGE = 100
_LONGEST_WORD = 150
_WORDS = ("who", "what", "from", "to")


@needs("audit.see")
def audit(request: HttpRequest) -> HttpResponse:
    """What was done, newest first, with a filter; a word that cannot be read lists nothing and says why."""
    words = {name: text for name in _WORDS if (text := request.GET.get(name, "").strip()[:_LONGEST_WORD])}
    before = request.GET.get("before", "")
    problems, rows = [], []
    try:
        rows = list(entries(_wanted(words, before), PER_PAGE + 1))
    except Misconfigured as fault:
        problems = list(fault.problems)
    context = {
        "rows": rows[:PER_PAGE],
        "problems": problems,
        "words": words,
        "first": words.get("from", ""),
        "subjects": SUBJECTS,
        "older": _older(words, rows),
        "is_later_page": bool(before),
        "policy": look_policy(),
    }
    return render(request, "web/audit.html", context)


@require_POST
@needs("people.change")
def looks(request: HttpRequest) -> HttpResponse:
    """Have it noted who looks at whose calls, with or without a reason, or no longer."""
    word = request.POST.get("looks", "")
    set_look_policy(actor_of(request), LookPolicy(noted=word in ("noted", "reason"), asks_reason=word == "reason"))
    messages.success(request, "Looking at calls is noted from now on." if word else "Looking is not noted any more.")
    return redirect("audit")


def _wanted(words: dict[str, str], before: str) -> AuditFilter:
    return AuditFilter(
        who=words.get("who", ""),
        what=words.get("what", ""),
        first=words.get("from", ""),
        last=words.get("to", ""),
        before=int(before) if before.isascii() and before.isdigit() and len(before) <= len(str(1 << 62)) - 1 else None,
    )


def _older(words: dict[str, str], rows: list[AuditEntry]) -> str:
    """Return the address of the next page, where there is one."""
    if len(rows) <= PER_PAGE:
        return ""
    return "?" + urlencode({**words, "before": rows[PER_PAGE - 1].number})
