"""What a page, the API and a start do alike with rejects that are put aside: the site is changed, the store told."""

from __future__ import annotations

from tollbook.engine import runtime
from tollbook.model.actor import Actor
from tollbook.model.limits import REJECTS_ASIDE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.rejects import operations
from tollbook.store.ledger import Ledger
from tollbook.store.rejects import RejectFilter, reject_ids


def put_aside(actor: Actor, ledger: Ledger, wanted: RejectFilter, note: str) -> int:
    """Put the rejects that stand and are meant aside; returns how many. Raises `Misconfigured` for too many."""
    count = operations.put_aside(actor, _chosen(ledger, wanted), note.strip())
    runtime.engine().copy_put_aside(operations.every())
    return count


def bring_back(actor: Actor, ledger: Ledger, wanted: RejectFilter) -> int:
    """Let those that are put aside and meant stand again; returns how many. Raises as `put_aside` does."""
    count = operations.bring_back(actor, _chosen(ledger, wanted))
    runtime.engine().copy_put_aside(operations.every())
    return count


def _chosen(ledger: Ledger, wanted: RejectFilter) -> list[tuple[str, str]]:
    found = reject_ids(ledger, wanted, REJECTS_ASIDE + 1)
    if len(found) > REJECTS_ASIDE:
        hint = "name an import or a PBX; a wrong import is better taken back: `tollbook imports undo`"
        raise Misconfigured(Problem("these are too many at once", f"at most {REJECTS_ASIDE} rejects", help=hint))
    return found
