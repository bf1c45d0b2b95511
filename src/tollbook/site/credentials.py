"""Takes the credentials out of a URL: a password never stays in one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

_AUTHORITY = re.compile(r"^(\s*[A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)@")


def take_credentials(settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings with the credentials of `url` as `username` and `password`; those set apart are kept.

    >>> take_credentials({"url": "http://INSTALLER:a%40b@pbx.example/cdr"})
    {'username': 'INSTALLER', 'password': 'a@b', 'url': 'http://pbx.example/cdr'}
    """
    found = _AUTHORITY.match(settings.get("url", ""))
    if not found:
        return dict(settings)
    username, _, password = found.group(2).partition(":")
    taken = {"username": unquote(username), "password": unquote(password)}
    bare = found.group(1).strip() + settings["url"][found.end() :]
    return {name: text for name, text in {**taken, **settings, "url": bare}.items() if text}


def has_credentials(url: str) -> bool:
    """Say whether a URL has any."""
    return bool(_AUTHORITY.match(url))
