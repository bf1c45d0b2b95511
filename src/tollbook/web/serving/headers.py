"""Headers that every answer carries: what a browser may load for a page, and that nobody keeps a copy of it.

Cookies of a page that came over TLS never travel without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from tollbook.web.api.faults import as_problems

POLICY = (
    "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""No inline script or style anywhere, so no nonce is needed."""

_Next = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


def _with_headers(request: HttpRequest, plain: HttpResponseBase) -> HttpResponseBase:
    response = as_problems(request, plain) if request.path.startswith("/api/") else plain
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure():  # a proxy that ends TLS says so
        for cookie in response.cookies.values():
            cookie["secure"] = True
    return response


@sync_and_async_middleware
def answer_headers(get_response: _Next) -> _Next:
    """Add the headers in either kind of chain; a view that has set one keeps its own."""
    if iscoroutinefunction(get_response):
        ask = cast("Callable[[HttpRequest], Awaitable[HttpResponseBase]]", get_response)

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            return _with_headers(request, await ask(request))

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _with_headers(request, cast("HttpResponseBase", get_response(request)))

    return answer
