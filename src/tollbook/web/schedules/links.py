"""Pages behind links of messages, which work without signing in: to leave a schedule, and to see what it has made.

Whoever has such a link can do this one thing. A page to leave changes nothing before its button is pressed, since mail
programs and scanners open links by themselves; a mail program that leaves by itself posts (RFC 8058).
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from tollbook.site.outbox import operations as box
from tollbook.site.outbox.leaving import read_leave, read_open
from tollbook.site.schedules import operations
from tollbook.web.people.roles import SIGNED_IN, needs
from tollbook.web.schedules.pages import ascii_name

_FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What a file of ours may load: nothing; it carries its styles itself."""


@needs(SIGNED_IN)
@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether somebody wants no more of a schedule, and note it. What proves who asks is the token alone."""
    found = read_leave(token)
    if found is None:
        return render(request, "web/leave.html", {"state": "unknown"}, status=404)
    topic, recipient = found
    if request.method == "POST":
        box.unsubscribe(topic, recipient)
        return render(request, "web/leave.html", {"state": "left", "recipient": recipient})
    return render(request, "web/leave.html", {"state": "asked", "recipient": recipient})


@needs(SIGNED_IN)
@login_not_required
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a run has made, for some days."""
    found = read_open(token)
    file = operations.opened(*found) if found else None
    if file is None:
        return render(request, "web/leave.html", {"state": "gone"}, status=404)
    name, type_, content = file
    headers = {
        "Content-Disposition": f'inline; filename="{ascii_name(name)}"',
        "Content-Security-Policy": _FILE_POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }
    return HttpResponse(content, content_type=f"{type_}; charset=utf-8", headers=headers)
