"""Reaches the other side of a sign-on as it is set up, and says what was found."""

from __future__ import annotations

from contextlib import closing

from tollbook.engine.runtime import engine
from tollbook.model.health import Tested
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.plugins import read_options
from tollbook.site.people import sign_on
from tollbook.site.people.ldap.asking import tried as ldap_tried
from tollbook.site.people.oidc.issuer import OidcIssuer
from tollbook.site.people.oidc.options import OidcOptions


def tried(kind: str) -> Tested:
    """Reach the other side; raises `NotThere` where nothing is set up."""
    kept = sign_on.settings_of(kind)
    try:
        return Tested(well=True, message=_TRIES[kind](kept))
    except (Unavailable, Misconfigured) as fault:
        return Tested(well=False, message=str(fault))


def _oidc(kept: dict[str, str]) -> str:
    options = read_options(OidcOptions, kept, sign_on.TITLES["oidc"])
    with closing(OidcIssuer(options, engine().site.fence)) as issuer:
        return f"{issuer.test()}. It has to know {sign_on.redirect_uri()} as where it leads back to"


def _ldap(_kept: dict[str, str]) -> str:
    found = sign_on.ldap_way()
    return ldap_tried(found, engine().site.fence) if found else ""


_TRIES = {"oidc": _oidc, "ldap": _ldap}
