"""How people sign on elsewhere: what is set for each way, and rules for signing in.

A secret is kept for the very server that it was given for: with another address it has to be given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.plugins import declared, read_options, unknown_settings
from tollbook.site.audit import operations as audit
from tollbook.site.destinations.operations import pages_address
from tollbook.site.directory.ldap.operations import settings as ldap_server
from tollbook.site.directory.ldap.options import LdapOptions
from tollbook.site.people.ldap.asking import LdapWay
from tollbook.site.people.ldap.options import LdapSignOnOptions
from tollbook.site.people.models import GroupRecord, SignInRulesRecord, SignOnRecord
from tollbook.site.people.oidc.options import OidcOptions
from tollbook.site.people.outside import LDAP, SignOnRules
from tollbook.site.people.roles import roles
from tollbook.site.reaching import problems_in_reach

SignOnKind = Literal["oidc", "ldap"]
OPTIONS: dict[str, type[msgspec.Struct]] = {"oidc": OidcOptions, "ldap": LdapSignOnOptions}
TITLES = {"oidc": "OpenID Connect", "ldap": "LDAP"}
BACK = "/sign-in/oidc/back/"
"""Where an issuer leads back to, behind the address of the pages."""
EVERYBODY = "*"


def secrets_of(kind: str) -> frozenset[str]:
    """Return the settings of a way that are never shown."""
    return frozenset(each.name for each in declared(OPTIONS[kind]) if each.setting.secret)


def settings_of(kind: str) -> dict[str, str]:
    """Return what is set for a way, secrets among it; raises `NotThere` where nobody can sign on by it."""
    found = SignOnRecord.objects.filter(kind=kind).first()
    if found is None:
        help_ = f"set it up: tollbook sign-on {kind} set"
        raise NotThere(Problem(f"nobody can sign on by {TITLES[kind]}", "it is not set up", help=help_))
    return dict(found.settings)


def oidc_options() -> OidcOptions | None:
    """Return how people sign on by OpenID Connect; None where they do not."""
    found = SignOnRecord.objects.filter(kind="oidc").first()
    return read_options(OidcOptions, dict(found.settings), TITLES["oidc"]) if found else None


def ldap_way() -> LdapWay | None:
    """Return how people sign in by LDAP, and at which server; None where they do not."""
    found = SignOnRecord.objects.filter(kind="ldap").first()
    if found is None:
        return None
    options = read_options(LdapSignOnOptions, dict(found.settings), TITLES["ldap"])
    return LdapWay(options, read_options(LdapOptions, ldap_server(), TITLES["ldap"]))


def passwords_open() -> bool:
    """Say whether people may sign in by a password of this site."""
    options = oidc_options()
    return options is None or options.passwords == "on"


def redirect_uri() -> str:
    """Return the address that the issuer leads back to; raises `Misconfigured` where the pages have no address yet."""
    address = pages_address()
    if not address:
        help_ = "set it first: Set-up, Deliveries, or tollbook destination address https://…"
        reason = "an issuer leads back to it, and must know it"
        raise Misconfigured(Problem("the pages have no public address yet", reason, help=help_))
    return address + BACK


def issuer_named(kind: str) -> str:
    """Return the issuer that people are known by who sign on by a way; raises `NotThere`."""
    return settings_of(kind)["issuer"] if kind == "oidc" else LDAP


def rules_of(options: OidcOptions | LdapSignOnOptions) -> SignOnRules:
    """Return who is let in at their first sign-on."""
    return SignOnRules(makes_people=options.make_people == "yes", fallback_group=options.fallback_group)


@transaction.atomic
def change(actor: Actor, kind: str, given: Mapping[str, str | None], fence: Fence) -> dict[str, str]:
    """Change settings of a way, None takes one away; raises `Misconfigured` with every fault."""
    record = SignOnRecord.objects.filter(kind=kind).first() or SignOnRecord(kind=kind)
    before, secret, options_kind = dict(record.settings), secrets_of(kind), OPTIONS[kind]
    if given.get("issuer", before.get("issuer")) != before.get("issuer"):
        before = {name: text for name, text in before.items() if name not in secret}
    wanted = {name: text for name, text in {**before, **given}.items() if text}
    problems = unknown_settings({each.name for each in declared(options_kind)}, wanted, TITLES[kind])
    try:
        options = read_options(options_kind, wanted, TITLES[kind])
    except Misconfigured as fault:
        raise Misconfigured(*problems, *fault.problems) from None
    problems += problems_in_reach(options, TITLES[kind], fence)
    problems += _group_problems(wanted.get("fallback-group", ""))
    if problems:
        raise Misconfigured(*problems)
    if kind == "oidc":
        redirect_uri()
    else:
        ldap_server()
    changes = audit.differences({"settings": record.settings}, {"settings": wanted}, secret)
    record.settings = wanted
    record.save()
    if changes:
        audit.record(actor, "sign-on.set", TITLES[kind], changes)
    return wanted


@transaction.atomic
def remove(actor: Actor, kind: str) -> dict[str, str]:
    """End that people sign on by a way, and return what was set; those who did keep their name and what they did."""
    gone = settings_of(kind)
    SignOnRecord.objects.filter(kind=kind).delete()
    audit.record(actor, "sign-on.remove", TITLES[kind])
    return gone


def _group_problems(name: str) -> list[Problem]:
    if not name or GroupRecord.objects.filter(name=name).exists():
        return []
    help_ = nearest(name, GroupRecord.objects.values_list("name", flat=True)) or "make it first: tollbook group add"
    return [Problem("'fallback-group' must be a group of this site", f"got {name!r}", help=help_)]


# ---------------------------------------------------------------- rules


def two_step_roles() -> list[str]:
    """Return the roles for which a second step is required; `*` stands for all."""
    found = SignInRulesRecord.objects.first()
    return list(found.two_steps) if found else []


def must_have_two_steps(role: str) -> bool:
    """Say whether somebody of a role has to sign in by two steps."""
    required = two_step_roles()
    return EVERYBODY in required or role in required


@transaction.atomic
def require_two_steps(actor: Actor, wanted: Iterable[str]) -> list[str]:
    """Say for which roles a second step is required: none, some, or `*` for all. Raises `Misconfigured`."""
    names, known = list(dict.fromkeys(wanted)), roles()
    problems = [
        Problem(f"no role is called {name!r}", f"known are: {', '.join(known)}, or {EVERYBODY} for all")
        for name in names
        if name not in known and name != EVERYBODY
    ]
    if problems:
        raise Misconfigured(*problems)
    kept = [EVERYBODY] if EVERYBODY in names else names
    before = two_step_roles()
    SignInRulesRecord.objects.all().delete()
    SignInRulesRecord.objects.create(two_steps=kept)
    if before != kept:
        changes = {"roles": [" ".join(before), " ".join(kept)]}
        audit.record(actor, "sign-on.rules", " ".join(kept) or "nobody", changes)
    return kept
