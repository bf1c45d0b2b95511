"""What a visitor sees when something cannot be shown."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

from tollbook.model.problem import Problem


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
    from django.template.loader import get_template

    return HttpResponse(get_template("web/failed.html").render({}, None), status=500)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not fit: left open for too long, or sent from elsewhere."""
    text = "Nothing has been changed. Go back, load the page again and send the form once more."
    del reason  # Django's word for the log
    return _page(request, 403, "The form was too old", text)
