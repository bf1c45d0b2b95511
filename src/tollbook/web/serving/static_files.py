"""Styles, scripts and icons, served by this process under names that change with their contents.

WhiteNoise knows the files, their types and conditional requests. Its own middleware is synchronous and hands out open
files, which an ASGI server can only drain with a warning and a thread for each; here a file, never a large one, is
read whole, and the middleware belongs to whichever kind of chain it stands in. Nothing needs collecting before a start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped] # declares no types

_Answer = HttpResponseBase | Awaitable[HttpResponseBase]


@cache
def _version(name: str) -> str:
    found = finders.find(name)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12] if found else ""


class VersionedFiles(StaticFilesStorage):
    """Names each file with a part of its hash, so that a browser may keep it for ever and still sees an upgrade."""

    def url(self, name: str | None, force: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        """Return the address of a file; an unknown one gets an address that is not found."""
        address = super().url(name)
        version = _version(name or "")
        return f"{address}?v={version}" if version else address


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc] # its base is untyped
    """Answers for static files and hands every other request on."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], _Answer]) -> None:
        super().__init__(get_response)
        self._next = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> _Answer:
        """Answer with a file, or ask the next in the chain; its awaitable is passed on as it is."""
        found = self._response(request)
        if found is None:
            return self._next(request)
        return _soon(found) if iscoroutinefunction(self) else found

    def _response(self, request: HttpRequest) -> HttpResponse | None:
        file = self.files.get(request.path_info)
        if file is None:
            return None
        answer = file.get_response(request.method, request.META)
        body = b""
        if answer.file is not None:
            with answer.file:
                body = answer.file.read()
        response = HttpResponse(body, status=int(answer.status))
        del response["Content-Type"]
        for name, value in answer.headers:
            response[name] = value
        return response


async def _soon(response: HttpResponse) -> HttpResponseBase:
    return response
