"""What a visitor sees when something cannot be shown."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.db import connection
from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import get_template
from django.views.decorators.csrf import requires_csrf_token

from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem, Unavailable
from tollbook.store.ledger import Reopening


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    return render(request, "web/fault.html", {"title": title, "text": text, "status": status}, status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """400."""
    return _page(request, 400, "That could not be understood", "The address or the form holds something odd.")


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, with what a page says of why."""
    if exception and exception.args and isinstance(exception.args[0], Problem):
        told = exception.args[0]
        return _page(request, 403, told.what, told.reason)
    text = "Only an administrator may do that. Ask one, or sign in as one."
    return _page(request, 403, "This is for administrators", text)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """404."""
    return _page(request, 404, "There is no such page", "It may have been moved, or the address mistyped.")


def failed(request: HttpRequest) -> HttpResponse:
    """500: drawn with nothing that may itself have failed."""
    del request  # asking who is signed in may be what failed
    if is_away(sys.exc_info()[1]):
        return settings_away()
    return HttpResponse(get_template("web/failed.html").render({}, None), status=500)


def is_away(fault: BaseException | None) -> bool:
    """Say whether a fault is that the settings' database does not answer."""
    return isinstance(fault, OperationalError | InterfaceError) and connection.vendor == "postgresql"


def settings_away() -> HttpResponse:
    """503: who is signed in and what they may see stands in the settings, so nothing else can be shown."""
    return HttpResponse(get_template("web/settings-away.html").render({}, None), status=503)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not fit: left open for too long, or sent from elsewhere."""
    text = "Nothing has been changed. Go back, load the page again and send the form once more."
    del reason  # Django's word for the log
    return _page(request, 403, "The form was too old", text)


class ToldFaults:
    """Says on a page what a view raises that is no fault of ours; the API tells its own."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand a request on."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page that says it; None for a fault of ours, which is logged and told as one."""
        if is_away(exception):
            return settings_away()
        told = _told(exception)
        return (
            render(request, "web/told.html", {"status": told[0], "problems": told[1]}, status=told[0]) if told else None
        )


def _told(fault: Exception) -> tuple[int, list[Problem]] | None:
    if isinstance(fault, Unavailable):
        help_ = "Load the page again in a moment. `tollbook doctor` says more. What PBXs send is collected meanwhile."
        return 503, [Problem("This cannot be shown just now", str(fault), help=help_)]
    if isinstance(fault, Reopening):
        reason = "The store failed, and is being opened again; calls wait in the journal."
        return 503, [Problem("This cannot be shown just now", reason, help="Load the page again in a moment.")]
    if isinstance(fault, Misconfigured):
        return {NotThere: 404, NotAllowed: 403}.get(type(fault), 422), list(fault.problems)
    return None
