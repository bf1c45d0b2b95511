"""What went wrong, as JSON: `{"problems": [{"what", "reason", "where", "help"}]}`, the same for every endpoint.

Our own faults are not caught here: Django logs their traceback once and answers 500.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from tollbook.model.problem import Misconfigured, NotAllowed, NotThere, Problem, Unavailable
from tollbook.store.ledger import Reopening


def refused(problems: Iterable[Problem], status: int) -> HttpResponse:
    """Return the answer that lists problems."""
    return HttpResponse(
        msgspec.json.encode({"problems": list(problems)}),
        status=status,
        content_type="application/json",
    )


def _misconfigured(_request: HttpRequest, fault: Misconfigured) -> HttpResponse:
    status = {NotThere: 404, NotAllowed: 403}.get(type(fault), 422)
    return refused(fault.problems, status)


def _unavailable(_request: HttpRequest, fault: Unavailable) -> HttpResponse:
    problem = Problem(str(fault), "it lies outside this program", help="`tollbook doctor` says what to mend")
    return refused([problem], 503)


def _reopening(_request: HttpRequest, _fault: Reopening) -> HttpResponse:
    reason = "it failed, and is being opened again; calls wait in the journal"
    return refused([Problem("the store cannot be read just now", reason, help="try again in a moment")], 503)


def _unsigned(_request: HttpRequest, _fault: AuthenticationError) -> HttpResponse:
    reason = "the request carries neither the site's token nor a session"
    return refused([Problem("not signed in", reason, help="sign in, or send 'Authorization: Bearer <token>'")], 401)


def _http(_request: HttpRequest, fault: HttpError) -> HttpResponse:
    return refused([Problem(fault.message, "the request was not accepted")], fault.status_code)


def _missing(request: HttpRequest, _fault: Http404) -> HttpResponse:
    return refused([Problem(f"there is nothing at {request.path}", "the API has no such address")], 404)


def _invalid(_request: HttpRequest, fault: ValidationError) -> HttpResponse:
    return refused([_explained(error) for error in fault.errors], 422)


def _explained(error: dict[str, Any]) -> Problem:
    place = [str(part) for part in error.get("loc", ())]
    name = place[-1] if place else "request"
    return Problem(f"'{name}' cannot be used", str(error.get("msg", "")), ".".join(place))


_ANSWERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    Misconfigured: _misconfigured,
    Unavailable: _unavailable,
    Reopening: _reopening,
    AuthenticationError: _unsigned,
    HttpError: _http,
    Http404: _missing,
    ValidationError: _invalid,
}


def install(api: NinjaAPI) -> None:
    """Let an API answer in this form."""
    for fault, answer in _ANSWERS.items():
        api.add_exception_handler(fault, answer)
