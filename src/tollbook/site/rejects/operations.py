"""Putting rejects aside that nobody needs to worry about any more, and bringing them back.

Each change and its lines in the audit, one for a PBX, are one transaction.
"""

from __future__ import annotations

from collections import Counter

from django.db import transaction

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.limits import REJECT_NOTE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.rejects.models import PutAsideRecord

_AT_ONCE = 500
Chosen = list[tuple[str, str]]
"""Ids of rejects, each with its PBX."""


def every() -> list[tuple[str, str, str, str]]:
    """Return what is put aside: the reject's id, the note, who and when (UTC, ISO 8601)."""
    rows = PutAsideRecord.objects.values_list("reject", "note", "who", "at")
    return [(reject, note, who, f"{at:%Y-%m-%dT%H:%M:%SZ}") for reject, note, who, at in rows.iterator(_AT_ONCE)]


@transaction.atomic
def put_aside(actor: Actor, chosen: Chosen, note: str) -> int:
    """Put rejects aside with a note; returns how many. Raises `Misconfigured` for a note that is too long."""
    if len(note) > REJECT_NOTE:
        raise Misconfigured(Problem("the note is too long", f"it has {len(note)} of at most {REJECT_NOTE} characters"))
    at, who = clock.now(), actor.name[:150]
    records = [PutAsideRecord(reject=reject, pbx=pbx, note=note, who=who, at=at) for reject, pbx in chosen]
    PutAsideRecord.objects.bulk_create(
        records,
        batch_size=_AT_ONCE // 5,
        update_conflicts=True,
        unique_fields=["reject"],
        update_fields=["note", "who", "at"],
    )
    for pbx, count in Counter(pbx for _, pbx in chosen).items():
        audit.record(actor, "pbx.rejects-aside", pbx, {"rejects": ["", str(count)], "note": ["", note]})
    return len(chosen)


@transaction.atomic
def bring_back(actor: Actor, chosen: Chosen) -> int:
    """Let rejects that were put aside stand again; returns how many."""
    for start in range(0, len(chosen), _AT_ONCE):
        PutAsideRecord.objects.filter(pk__in=[key for key, _ in chosen[start : start + _AT_ONCE]]).delete()
    for pbx, count in Counter(pbx for _, pbx in chosen).items():
        audit.record(actor, "pbx.rejects-back", pbx, {"rejects": ["", str(count)]})
    return len(chosen)
