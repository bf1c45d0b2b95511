"""Reads a PBX's history again in another format, and takes that back.

Nothing is asked of the PBX: every record is in the journal, and those of this PBX are read again from it. Until that is
done the pages show what was read before.
"""

from __future__ import annotations

import msgspec
from django.db import transaction

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import Actor
from tollbook.model.pbx import Pbx
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs.models import FormatChange
from tollbook.site.pbxs.operations import PbxChange, edit
from tollbook.store import questions
from tollbook.store.questions import Counts
from tollbook.web.formats import keeping

_COUNTED = ("frames", "calls", "skipped", "rejected")


class RereadingOutcome(msgspec.Struct, frozen=True):
    """What a PBX's frames were before a change, what they are now, and whether they are still being read."""

    change: FormatChange
    rows: list[tuple[str, int, int]]
    reading: bool


def use(actor: Actor, pbx: Pbx, slug: str) -> FormatChange:
    """Read a PBX's records in a format from now on, and its history again; raises `Misconfigured`."""
    layout = engine().catalogue.layout_of(slug)
    was = engine().catalogue.layouts().get(pbx.dialect)
    mine = {name for name in (was.option if was else {}) if name not in layout.option}
    options = {name: text for name, text in pbx.settings.items() if name in mine}
    change = FormatChange(
        pbx=pbx.name,
        was=pbx.dialect,
        became=slug,
        was_text=keeping.former_text_of(slug) if pbx.dialect == slug else keeping.text_of(pbx.dialect),
        was_options=options,
        before=_counts(pbx.name),
    )
    with transaction.atomic():
        edit(actor, pbx.name, PbxChange(dialect=slug, settings=dict.fromkeys(options)), engine().bounds)
        change.save()
        audit.record(actor, "pbx.format", pbx.name, {"format": [change.was, slug]})
    engine().read_again()
    return change


def undo(actor: Actor, change: FormatChange) -> None:
    """Give a PBX the format it had, as that was, and read its history again in it."""
    if change.was_text:
        keeping.put_back(change.was, change.was_text)
    with transaction.atomic():
        edit(actor, change.pbx, PbxChange(dialect=change.was, settings=change.was_options), engine().bounds)
        change.undone_at = clock.now()
        change.save()
        audit.record(actor, "pbx.format", change.pbx, {"format": [change.became, change.was]})
    engine().read_again()


def last_change(pbx: str) -> RereadingOutcome | None:
    """Return the last change that stands, with its counts."""
    change = FormatChange.objects.filter(pbx=pbx, undone_at=None).first()
    if change is None:
        return None
    now = _counts(pbx)
    lag = engine().lag()
    rows = [(name, int(change.before.get(name, 0)), now[name]) for name in _COUNTED]
    return RereadingOutcome(change, rows, lag.rebuilding or lag.entries > 0)


def _counts(pbx: str) -> dict[str, int]:
    counts = questions.counts_by_pbx(engine().ledger(EVERYTHING_ALLOWED)).get(pbx, Counts())
    return {name: int(getattr(counts, name)) for name in _COUNTED}
