"""Whether a ledger has the calls of somebody whom something is set up for: a budget, a bill."""

from __future__ import annotations

from tollbook.model.directory import Assignment, Directory
from tollbook.store.filters import ALL
from tollbook.store.ledger import Ledger


def covers(ledger: Ledger, directory: Directory, kind: str, target: int | tuple[str, str]) -> bool:
    """Say whether a ledger has the calls of a target: an id of the directory, or an extension with its PBX.

    Of a department or cost centre it has to have every extension, of a person one. A ledger that does not have every
    call has not got those of a whole trunk or account code.
    """
    if ledger.scope.calls == ALL:
        return True
    seen = {number for (number,) in ledger.rows("SELECT id FROM span")}
    held = {
        each.id for each in directory.assignments if each.kind == "extension" and _is_of(each, kind, target, directory)
    }
    return bool(held & seen) if kind == "person" else bool(held) and held <= seen


def _is_of(held: Assignment, kind: str, target: int | tuple[str, str], directory: Directory) -> bool:
    if kind == "extension":
        return isinstance(target, tuple) and held.value == target[0] and held.pbx in ("", target[1])
    if kind == "department" and isinstance(target, int):
        return held.department in directory.with_those_below(target)
    return kind in ("person", "cost_centre") and bool(getattr(held, kind) == target)
