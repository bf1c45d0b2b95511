"""The app for an ASGI server, behind a limit on what a request may carry.

Django collects a whole request on the disk before any view can ask who sent it, so a stranger must be stopped here.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

Event = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_REQUEST = 9 << 20
"""Bytes: one piece of an import, which may have 8 MiB, and what goes round it."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")


_TOO_LARGE = {
    "type": "http.response.start",
    "status": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "headers": [(b"connection", b"close"), (b"content-type", b"text/plain")],
}


def _announced(scope: Scope) -> int:
    length = next((value for name, value in scope.get("headers", ()) if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


def limited(app: App) -> App:
    """Return the app: a request that says it is over the limit is refused, one that says nothing is ended there."""

    async def limit(scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0
        if _announced(scope) > LARGEST_REQUEST:
            await send(_TOO_LARGE)
            await send({"type": "http.response.body", "body": b"over the limit of a request"})
            return

        async def counted() -> Event:
            nonlocal taken
            event = await receive()
            if event["type"] == "http.request":
                taken += len(event.get("body", b""))
            return {"type": "http.disconnect"} if taken > LARGEST_REQUEST else event

        await app(scope, counted, send)

    return limit


application = limited(get_asgi_application())

# Every page's module is loaded before the first visitor comes; a fault in one then stops the start.
import_module(settings.ROOT_URLCONF)
