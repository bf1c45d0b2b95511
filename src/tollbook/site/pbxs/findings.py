"""Putting aside what looked odd about how a PBX's records are read, and bringing it back.

Each change and its line in the audit are one transaction. Who puts it aside says why: it is told to nobody any more.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.limits import REJECT_NOTE
from tollbook.model.parse_figures import FindingAside, Suspicion
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs.models import FindingAsideRecord


def every() -> dict[str, list[FindingAside]]:
    """Return what is put aside, by PBX."""
    found: dict[str, list[FindingAside]] = {}
    for each in FindingAsideRecord.objects.all():
        aside = FindingAside(
            check=each.check_name,
            count=each.count,
            note=each.note,
            who=each.who,
            at=f"{each.at:%Y-%m-%dT%H:%M:%SZ}",
        )
        found.setdefault(each.pbx, []).append(aside)
    return found


def standing(pbx: str, stand: Iterable[Suspicion], check: str) -> Suspicion:
    """Return what a check found, of what stands at a PBX; raises `NotThere`."""
    there = {each.check: each for each in stand}
    if check not in there:
        reason = "no such finding stands"
        raise NotThere(Problem(f"nothing odd is called {check[:40]!r}", reason, pbx, nearest(check, there)))
    return there[check]


@transaction.atomic
def put_aside(actor: Actor, pbx: str, odd: Suspicion, note: str) -> None:
    """Put something odd aside, and say why; raises `Misconfigured`."""
    note = note.strip()
    if not note or len(note) > REJECT_NOTE:
        reason = f"it has {len(note)} characters, of at most {REJECT_NOTE}" if note else "it is told to nobody any more"
        raise Misconfigured(
            Problem("it is to be said why", reason, pbx, "for example 'the PBX logs no incoming calls'")
        )
    FindingAsideRecord.objects.update_or_create(
        pbx=pbx,
        check_name=odd.check,
        defaults={"count": odd.count, "note": note, "who": actor.name[:150], "at": clock.now()},
    )
    audit.record(actor, "pbx.finding-aside", pbx, {odd.check: [odd.seen, ""], "note": ["", note]})


@transaction.atomic
def bring_back(actor: Actor, pbx: str, check: str) -> None:
    """Let what was put aside stand again; raises `NotThere` where it was not."""
    gone, _ = FindingAsideRecord.objects.filter(pbx=pbx, check_name=check).delete()
    if not gone:
        raise NotThere(Problem(f"nothing called {check[:40]!r} is put aside", "it stands, or there is none", pbx))
    audit.record(actor, "pbx.finding-back", pbx, {"check": ["", check]})
