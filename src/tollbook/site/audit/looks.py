"""Whether it is noted who looked at whose calls, and whether they have to say why."""

from __future__ import annotations

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.audit.models import LookPolicyRecord

LONGEST_REASON = 200


class LookPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Whether looking at calls is noted in the audit, and whether whoever looks at somebody's has to say why."""

    noted: bool = False
    asks_reason: bool = False


def look_policy() -> LookPolicy:
    """Return what holds now; a site where nobody said anything notes nothing."""
    found = LookPolicyRecord.objects.first()
    return LookPolicy(noted=found.noted, asks_reason=found.asks_reason) if found else LookPolicy()


@transaction.atomic
def set_look_policy(actor: Actor, wanted: LookPolicy) -> LookPolicy:
    """Have it noted who looks at calls, or no longer; raises `Misconfigured` for a reason that nothing would note."""
    if wanted.asks_reason and not wanted.noted:
        raise Misconfigured(Problem("a reason is asked for and not noted", "looking is not noted", help="note it"))
    before = look_policy()
    LookPolicyRecord.objects.update_or_create(pk=1, defaults=msgspec.structs.asdict(wanted))
    changes = {
        name: [_told(getattr(before, name)), _told(getattr(wanted, name))]
        for name in LookPolicy.__struct_fields__
        if getattr(before, name) != getattr(wanted, name)
    }
    if changes:
        audit.record(actor, "audit.looks", "", changes)
    return wanted


def _told(value: bool) -> str:  # noqa: FBT001 - what is told is a yes or no
    return "yes" if value else "no"


def note_look(actor: Actor, what: str, reason: str = "") -> None:
    """Note that somebody looked at calls, and why where they said so."""
    audit.record(actor, "call.look", what[:150], {"reason": ["", reason]} if reason else None)
