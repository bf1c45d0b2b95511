"""What machines ask: whether the server lives, and its figures."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse

from tollbook.engine.care import metrics as figures
from tollbook.engine.runtime import engine
from tollbook.web.api.access import TokenAuth

_OWN_NAMES = ("localhost", "127.0.0.1", "::1")


@login_not_required
def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that requests are being answered."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the figures to this machine, or to whoever has the API's token."""
    if not _is_this_machine(request) and not _has_token(request):
        return HttpResponse("The figures are for this machine, or with the API token.\n", "text/plain", 403)
    return HttpResponse(figures.render(engine()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_this_machine(request: HttpRequest) -> bool:
    """A proxy on this machine speaks for others, and says so."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    if urlsplit(f"//{request.get_host()}").hostname not in (*_OWN_NAMES, socket.gethostname().lower()):
        return False  # a page of another site, whose name was made to lead to this machine
    try:
        return ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and TokenAuth().authenticate(request, given.strip()) is not None
