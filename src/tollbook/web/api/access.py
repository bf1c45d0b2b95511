"""Who may use the API: the owner of the site's folder by a token, and people who are signed in.

The site's token stands in the file `api-token`, which its owner alone can read; a command that hosts the application
itself makes one for that moment. `proof` lets a client find out that it speaks to a holder of the token, before it
sends the token or anything else.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from tollbook.model.problem import Misconfigured, Problem

_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_tokens: set[str] = set()


class NotAllowed(Misconfigured):
    """The user is known and may not do this."""


def grant() -> str:
    """Make a token for this process alone and return it."""
    token = secrets.token_urlsafe(32)
    _tokens.add(token)
    return token


def site_token(site: Path) -> str:
    """Return the site's own token, made now where there is none; this process accepts it from now on."""
    path = site / "api-token"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    token = path.read_text("ascii").strip()
    _tokens.add(token)
    return token


def revoke(token: str) -> None:
    """Let a token open nothing any more."""
    _tokens.discard(token)


def proof(nonce: str) -> list[str]:
    """Return what only a holder of the tokens can make of `nonce`, one for each token."""
    return [hmac.digest(token.encode(), nonce.encode(), "sha256").hex() for token in sorted(_tokens)]


class Token(HttpBearer):
    """The site's owner: `Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> object | None:
        """Compare in constant time with every token of this process."""
        del request
        given = token.encode()
        matches = [hmac.compare_digest(given, known.encode()) for known in _tokens]
        return "owner" if any(matches) else None


class SignedIn(APIKeyCookie):
    """A signed-in person: any may read, staff may change; changes need the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:
        """Return the user of the session, which Django has read from the cookie already."""
        del key
        user = request.user
        if not user.is_authenticated or not user.is_active:
            return None
        if request.method in _READING or user.is_staff:
            return user
        reason = f"{user.get_username()} may look, and change nothing"
        raise NotAllowed(Problem("this needs an administrator", reason, help="ask one, or sign in as one"))
