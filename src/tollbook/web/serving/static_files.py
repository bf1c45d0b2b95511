"""Styles, scripts and icons, served by this process under names that change with their contents.

WhiteNoise knows the files, their types and conditional requests. Its own middleware is synchronous and hands out open
files, which an ASGI server can only drain with a warning and a thread for each; here a file, never a large one, is
read whole, and the middleware belongs to whichever kind of chain it stands in. Nothing needs collecting before a start.

A file may become another one below a running server, by an upgrade: it is looked at anew then. A browser keeps a file
for ever only under the name that its contents have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from functools import cache, lru_cache
from os import stat_result
from pathlib import Path
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped] # declares no types

_Answer = HttpResponseBase | Awaitable[HttpResponseBase]


_State = tuple[int, int]
"""When a file was written, in nanoseconds, and its size: another state is another file."""


def _state(path: str) -> _State | None:
    """Return the state of a file; None where it is gone."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size)


@cache
def _path(name: str) -> str:
    return str(finders.find(name) or "")


@lru_cache(1024)
def _hash(path: str, state: _State) -> str:
    del state  # it is there to be told apart
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def _version(path: str) -> str:
    """Return a part of the hash of a file's contents; nothing for a file that is not there."""
    state = _state(path) if path else None
    return _hash(path, state) if state else ""


class VersionedFiles(StaticFilesStorage):
    """Names each file with a part of its hash, so that a browser may keep it for ever and still sees an upgrade."""

    def url(self, name: str | None, force: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        """Return the address of a file; an unknown one gets an address that is not found."""
        address = super().url(name)
        version = _version(_path(name or ""))
        return f"{address}?v={version}" if version else address


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc] # its base is untyped
    """Answers for static files and hands every other request on."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], _Answer]) -> None:
        self._paths: dict[str, str] = {}
        self._states: dict[str, _State] = {}
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

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: dict[str, stat_result] | None = None) -> None:
        """Note a file that is served, and where it lies."""
        super().add_file_to_dictionary(url, path, stat_cache)
        self._paths[url] = path

    def _file(self, url: str) -> Any:  # noqa: ANN401 - WhiteNoise declares no types
        """Return a file as it is now; None where there is none."""
        path = self._paths.get(url, "")
        state = _state(path) if path else None
        if state is None:
            return None
        if self._states.get(url) != state:
            self.files[url] = self.get_static_file(path, url)
            self._states[url] = state
        return self.files[url]

    def _response(self, request: HttpRequest) -> HttpResponse | None:
        file = self._file(request.path_info)
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
        if request.GET.get("v") != _version(self._paths[request.path_info]):
            response["Cache-Control"] = "no-cache"
        return response


async def _soon(response: HttpResponse) -> HttpResponseBase:
    return response
