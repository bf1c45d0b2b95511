"""What went wrong, as JSON: `{"problems": [{"what", "reason", "where", "help"}]}`, the same for every endpoint.

Our own faults are not caught here: Django logs their traceback once and answers 500.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
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


def as_problems(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return an answer of the API, as problems where it is a bare refusal: of an address or a method there is not."""
    if response.status_code not in _BARE or response.headers.get("Content-Type", "").startswith("application/json"):
        return response
    what, reason = _BARE[response.status_code]
    problem = Problem(
        what.format(method=request.method, path=request.path),
        reason,
        help=_AGAIN if response.status_code == _AWAY else _DESCRIBED,
    )
    told = refused([problem], response.status_code)
    if "Allow" in response.headers:
        told.headers["Allow"] = response.headers["Allow"]
    return told


_DESCRIBED, _AGAIN, _AWAY = "see /api/docs", "try again in a moment", 503
_BARE = {
    400: ("the request cannot be read", "its address or its body holds something odd"),
    404: ("there is nothing at {path}", "the API has no such address"),
    503: (
        "the settings' database does not answer",
        "PostgreSQL has the settings of this site; what PBXs send is collected meanwhile",
    ),
    405: ("{method} is not known at {path}", "this address takes other methods"),
}
"""What is refused before the API is reached, and so without a word of ours."""


def _misconfigured(_request: HttpRequest, fault: Misconfigured) -> HttpResponse:
    status = {NotThere: 404, NotAllowed: 403}.get(type(fault), 422)
    return refused(fault.problems, status)


def _unavailable(_request: HttpRequest, fault: Unavailable) -> HttpResponse:
    problem = Problem(str(fault), "it lies outside this program", help="`tollbook doctor` says what to mend")
    return refused([problem], 503)


def _reopening(_request: HttpRequest, _fault: Reopening) -> HttpResponse:
    reason = "it failed, and is being opened again; calls wait in the journal"
    return refused([Problem("the store cannot be read just now", reason, help="try again in a moment")], 503)


def _unsigned(request: HttpRequest, _fault: AuthenticationError) -> HttpResponse:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        reason = "no token is known by what 'Authorization' holds; it may have been removed, or have expired"
        help_ = "`tollbook token list` names those there are; it is sent as 'Authorization: Bearer <token>'"
        return refused([Problem("the token is not accepted", reason, help=help_)], 401)
    reason = "the request carries neither a token nor a session"
    return refused([Problem("not signed in", reason, help="sign in, or send 'Authorization: Bearer <token>'")], 401)


def _http(_request: HttpRequest, fault: HttpError) -> HttpResponse:
    if fault.__cause__:
        problem = Problem("the body cannot be read as JSON", str(fault.__cause__), "body", _DESCRIBED)
    else:
        problem = Problem(fault.message, "the request was not accepted")
    return refused([problem], fault.status_code)


def _too_large(_request: HttpRequest, _fault: RequestDataTooBig) -> HttpResponse:
    reason = f"a body of JSON may have {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes"
    return refused([Problem("the body is too large", reason, "body", _DESCRIBED)], 413)


def _missing(request: HttpRequest, _fault: Http404) -> HttpResponse:
    return refused([Problem(f"there is nothing at {request.path}", "the API has no such address")], 404)


def _invalid(_request: HttpRequest, fault: ValidationError) -> HttpResponse:
    return refused([_explained(error) for error in fault.errors], 422)


def _explained(error: dict[str, Any]) -> Problem:
    source, *place = [str(part) for part in error.get("loc", ())] or ["request"]
    if source == "body":
        place = place[1:]  # what a function of ours calls the body says nothing to whoever sends it
    name = place[-1] if place else source
    where = ".".join((source, *place))
    if error.get("type") == "value_error":  # one of ours, which says what it expects
        return Problem(f"'{name}' must be {error['ctx']['error']}", f"got {error.get('input')!r:.80}", where)
    what = f"'{name}' is missing" if error.get("type") == "missing" else f"'{name}' cannot be used"
    return Problem(what, str(error.get("msg", "")), where, _DESCRIBED)


_ANSWERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    Misconfigured: _misconfigured,
    Unavailable: _unavailable,
    Reopening: _reopening,
    AuthenticationError: _unsigned,
    HttpError: _http,
    RequestDataTooBig: _too_large,
    Http404: _missing,
    ValidationError: _invalid,
}


def install(api: NinjaAPI) -> None:
    """Let an API answer in this form."""
    for fault, answer in _ANSWERS.items():
        api.add_exception_handler(fault, answer)
