"""The app for an ASGI server, behind limits on what a request may carry, and for how long.

Django collects a whole request on the disk before any view can ask who sent it, so a stranger must be stopped here:
a body that is larger than a sign-in needs is taken only of somebody who is known. What is found wrong is answered
here, and the connection ends.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from importlib import import_module
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.asgi import get_asgi_application

from tollbook.clock import monotonic_s
from tollbook.model.page_limits import BODY_S, BODY_SILENT_S, LARGE_BODIES, LARGEST_BODY, SMALL_BODY, STRANGERS_BODY_S
from tollbook.model.problem import Problem

Event = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Known = Callable[[Scope], Awaitable[bool]]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")


class RequestRefused(Exception):
    """A request is not taken any further; its status and its text are the answer."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Bodies:
    """The requests that come in, and how many of them are large."""

    def __init__(self, app: App, is_known: Known) -> None:
        self._app, self._is_known = app, is_known
        self._large = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on to the app, its body within the limits."""
        body = _Body(self, scope, receive)
        started = False

        async def noted(event: Event) -> None:
            nonlocal started
            started = True
            await send(event)

        try:
            await body.check(_announced(scope))
            await self._app(scope, body.receive, noted)
            if body.refused:
                raise body.refused
        except RequestRefused as fault:
            if not started:
                await _answer(scope, send, fault)
        except asyncio.CancelledError:
            # The client has gone and Django has cancelled its own answer, or the server ends and has waited its time
            # for this one. Neither is a fault, and nobody waits for this task.
            return
        finally:
            self._large -= body.is_large

    async def let_in(self, scope: Scope) -> None:
        """Count one more large body; raises `RequestRefused` where its sender is not known or there are too many."""
        if not await self._is_known(scope):
            reason = f"sign in first: without that a request may have {SMALL_BODY >> 10} KiB"
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        if self._large >= LARGE_BODIES:
            raise RequestRefused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{LARGE_BODIES} large requests are under way; try again",
            )
        self._large += 1


class _Body:
    """The body of one request as it comes in."""

    def __init__(self, bodies: Bodies, scope: Scope, receive: Receive) -> None:
        self._bodies, self._scope, self._receive = bodies, scope, receive
        self._taken = 0
        self._until = monotonic_s() + STRANGERS_BODY_S
        self._is_whole = scope["type"] != "http"
        self.is_large = False
        self.refused: RequestRefused | None = None

    async def receive(self) -> Event:
        """Return the next event; one that stands for the end of the connection where a limit was met."""
        if self._is_whole:
            return await self._receive()
        try:
            event = await self._next()
            if event["type"] == "http.request":
                self._is_whole = not event.get("more_body", False)
                self._taken += len(event.get("body", b""))
                await self.check(self._taken)
        except RequestRefused as fault:
            self.refused = fault
            return {"type": "http.disconnect"}
        return event

    async def _next(self) -> Event:
        left_s = self._until - monotonic_s()
        try:
            return await asyncio.wait_for(self._receive(), max(0, min(left_s, BODY_SILENT_S)))
        except TimeoutError:
            raise RequestRefused(HTTPStatus.REQUEST_TIMEOUT, "the rest of the request did not come in time") from None

    async def check(self, size: int) -> None:
        """Let a body be as large as it is by now, or says it will be; raises `RequestRefused` beyond a limit."""
        if size > LARGEST_BODY:
            reason = f"a request may have {LARGEST_BODY >> 20} MiB"
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        if size > SMALL_BODY and not self.is_large:
            await self._bodies.let_in(self._scope)
            self.is_large = True
            self._until = monotonic_s() + BODY_S


def _announced(scope: Scope) -> int:
    length = next((value for name, value in scope.get("headers", ()) if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


async def _answer(scope: Scope, send: Send, fault: RequestRefused) -> None:
    kind, told = "text/plain; charset=utf-8", fault.reason.encode()
    if scope.get("path", "").startswith("/api/"):
        problem = Problem("the request is not taken", fault.reason, "body")
        kind, told = "application/json", msgspec.json.encode({"problems": [problem]})
    headers = [(b"connection", b"close"), (b"content-type", kind.encode()), (b"retry-after", b"10")]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": told})


async def is_known(scope: Scope) -> bool:
    """Say whether a request is of somebody who is signed in, or has a token that may do what it asks for."""
    return await sync_to_async(_is_known)(scope)


def _is_known(scope: Scope) -> bool:
    from django.contrib.auth import get_user
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.handlers.asgi import ASGIRequest
    from django.db import connections

    from tollbook.model.problem import NotAllowed
    from tollbook.web.api.access import TokenAuth

    request = ASGIRequest(scope, io.BytesIO())
    request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() == "bearer":
            return TokenAuth().authenticate(request, token.strip()) is not None
        return get_user(request).is_authenticated
    except NotAllowed:
        return False
    finally:
        connections.close_all()


application = Bodies(get_asgi_application(), is_known)

# Every page's module is loaded before the first visitor comes; a fault in one then stops the start.
import_module(settings.ROOT_URLCONF)
