"""Who may use the API: the site's owner by a token, programs by tokens of their own, and people who are signed in.

The site's token stands in the file `api-token`, which its owner alone can read; a command that hosts the application
itself makes one for that moment. `proof` lets a client find out that it speaks to a holder of the token, before it
sends the token or anything else.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.security import APIKeyCookie, HttpBearer

from tollbook.model.problem import NotAllowed, Problem
from tollbook.site.people import tokens
from tollbook.site.people.models import TokenRecord
from tollbook.web.people.actors import OWNER
from tollbook.web.people.two_step_rule import lacks_second_step
from tollbook.web.serving import secret_files

_View = Callable[..., HttpResponseBase]
_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_tokens: set[str] = set()


def grant() -> str:
    """Make a token for this process alone and return it."""
    token = secrets.token_urlsafe(32)
    _tokens.add(token)
    return token


def site_token(site: Path) -> str:
    """Return the site's own token, made now where there is none; this process accepts it from now on.

    Where the file cannot be used it is one of this process alone: commands on this machine still find it.
    """
    token = secret_files.ensure(site, secret_files.API_TOKEN)
    _tokens.add(token)
    return token


def revoke(token: str) -> None:
    """Let a token open nothing any more."""
    _tokens.discard(token)


def proof(nonce: str) -> list[str]:
    """Return what only a holder of the tokens can make of `nonce`, one for each token."""
    return [hmac.digest(token.encode(), nonce.encode(), "sha256").hex() for token in sorted(_tokens)]


class TokenAuth(HttpBearer):
    """`Authorization: Bearer <token>`: the site's owner, or a program that the owner made a token for."""

    def authenticate(self, request: HttpRequest, token: str) -> object | None:
        """Compare in constant time with every token of this process, then look among those that were made."""
        given = token.encode()
        matches = [hmac.compare_digest(given, known.encode()) for known in _tokens]
        if any(matches):
            return OWNER
        made = tokens.known(token)
        if made is None:
            return None
        _check_permission(made, request)
        return made


def _check_permission(token: TokenRecord, request: HttpRequest) -> None:
    """Raise `NotAllowed` for what a token has no permission for."""
    if request.path.startswith("/api/tokens"):
        reason = "only the owner of the site makes and removes tokens"
        raise NotAllowed(Problem("a token cannot manage tokens", reason, help="use `tollbook token`, or sign in"))
    if request.path.startswith("/api/wallboards/") and request.path.endswith("/link"):
        reason = "what the link opens would stay open when the token has ended"
        help_ = "use `tollbook wallboard link`, or sign in"
        raise NotAllowed(Problem("a token cannot make or revoke links to wallboards", reason, help=help_))
    if request.method not in _READING and token.permission != "change":
        reason = f"the token {token.name!r} may look, and change nothing"
        raise NotAllowed(
            Problem("this needs a token with the permission 'change'", reason, help="make one that has it"),
        )


class SessionAuth(APIKeyCookie):
    """A signed-in person; changes need the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:
        """Return the user of the session, which Django has read from the cookie already."""
        del key
        user = request.user
        if not user.is_authenticated or not user.is_active:
            return None
        if lacks_second_step(request):
            help_ = "set it up on the page of your account; it takes an app on your telephone"
            raise NotAllowed(Problem("you have no second step of signing in", "this site requires it", help=help_))
        return user


def for_users(view: _View) -> _View:
    """Keep the API's description to those who may use it: whoever has a token or is signed in; others sign in first."""
    behind_sign_in = login_required(view)

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and TokenAuth().authenticate(request, token.strip()):
            return view(request, *args, **kwargs)
        return behind_sign_in(request, *args, **kwargs)

    return checked
