"""What every page shows around its own contents: the menu, who is signed in, whether anything is wrong."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec
from django.http import HttpRequest

from tollbook.engine.runtime import engine
from tollbook.model.health import State

TROUBLED = frozenset((State.GONE, State.NEEDS_YOU, State.NO_ROOM))


class MenuPlace(msgspec.Struct, frozen=True):
    """One entry of the menu."""

    view: str
    title: str
    path: str
    here: bool


_VERSION = version("tollbook")
_MENU = (
    ("home", "Home", "/"),
    ("calls", "Calls", "/calls/"),
    ("pbxs", "PBXs", "/pbxs/"),
    ("formats", "Formats", "/formats/"),
    ("sinks", "Sinks", "/sinks/"),
)
_ADMIN_MENU = (("people", "People", "/people/"),)
_PART_OF = {
    "/pbx/": "/pbxs/",
    "/sink/": "/sinks/",
    "/password/": "/people/",
    "/tokens/": "/people/",
    "/audit/": "/people/",
}


def _section(path: str) -> str:
    first = "/" + path.strip("/").partition("/")[0] + "/" if path.strip("/") else "/"
    return _PART_OF.get(first, first)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's contents; next to nothing before anybody has signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"version": _VERSION}
    entries = _MENU + (_ADMIN_MENU if user.is_staff else ())
    section = _section(request.path)
    return {
        "version": _VERSION,
        "menu": [MenuPlace(view, title, path, path == section) for view, title, path in entries],
        "is_admin": user.is_staff,
        "troubled": sum(each.state in TROUBLED for each in engine().health()),
        "troubled_sinks": sum(each.state in TROUBLED for each in engine().sinks.health()),
        "several_pbxs": len(engine().pbxs()) > 1,
    }
