"""Signs in by the LDAP server of the directory whoever has no password of this site.

A server that does not answer is left alone for half a minute, so that it holds up nobody who has a password here.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, NotAllowed, Unavailable
from tollbook.site.people import sign_on
from tollbook.site.people.ldap.asking import asked
from tollbook.site.people.outside import person_of

_ALONE_S = 30.0
_log = structlog.get_logger()


class _Away:
    """Until when the server is left alone, on the clock that only goes forward."""

    until_s = 0.0


AWAY = _Away()


class LdapBackend(ModelBackend):
    """Asks the LDAP server; Django asks for passwords of this site before."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_more: Any,  # noqa: ANN401 - as Django has it
    ) -> User | None:
        """Return whose name and password these are; None where they are nobody's, or LDAP is not asked."""
        found = sign_on.ldap_way() if username and password else None
        if found is None or username is None or password is None:
            return None
        if AWAY.until_s > clock.monotonic_s():
            _tell(request, "The LDAP server does not answer. Try again in a minute.")
            return None
        try:
            who = asked(username, password, found, engine().site.fence)
            person = person_of(who, sign_on.rules_of(found.options)) if who else None
        except NotAllowed as fault:
            problem = fault.problems[0]
            _tell(request, f"{problem.what.capitalize()}: {problem.reason}. {problem.help.capitalize()}.")
            return None
        except (Unavailable, Misconfigured) as fault:
            AWAY.until_s = clock.monotonic_s() + _ALONE_S
            _log.warning("the LDAP server cannot be asked who somebody is", why=str(fault))
            _tell(request, "The LDAP server does not answer. Try again in a minute.")
            return None
        return person


def _tell(request: HttpRequest | None, text: str) -> None:
    """Have the sign-in page say why somebody is not let in."""
    if request is not None:
        request.tollbook_not_let_in = text  # type: ignore[attr-defined] # a request has room for it
