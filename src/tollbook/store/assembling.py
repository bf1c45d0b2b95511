"""Legs into the store, and the calls that they make with the legs that are there.

Only what a new leg can reach is assembled again. A call whose legs are the same as before is left alone; one that has
changed is taken out and put in again under the id of its first record, and one that has become part of another is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from uuid import UUID

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt
import structlog

from tollbook.assembly.assemble import Assembled, assemble, each_alone
from tollbook.assembly.legs import Legs, Mask
from tollbook.model.call import Numbers, at_rows
from tollbook.model.rules import Rules
from tollbook.store import bundling
from tollbook.store.arrow import INTEGER, KEY, KEY_BYTES, TEXT, Column, table
from tollbook.store.batch import Packed, PackedLegs, call_columns
from tollbook.store.changes import note_back, note_gone
from tollbook.store.inserting import Keyed, insert
from tollbook.store.neighbours import NO_CALL, KeptLegs, split, with_neighbours
from tollbook.store.registering import joined, registered

_log = structlog.get_logger()
_Keys = npt.NDArray[np.void]


class Fresh(msgspec.Struct, frozen=True):
    """Legs as they come, with their keys; and the ids of stored ones that stand elsewhere than they did."""

    legs: PackedLegs
    keyed: Keyed
    moved: list[bytes] = []


class ChangedCalls(msgspec.Struct, frozen=True):
    """Ids of calls that are new or have changed, and the first body that any of them is from."""

    calls: list[bytes]
    first_body: int


def take_in(connection: duckdb.DuckDBPyConnection, fresh: Fresh) -> ChangedCalls:
    """Store the legs that are not known and assemble whatever they have to do with, inside the caller's transaction."""
    new = np.ones(fresh.keyed.packed.rows, np.bool_)
    new[list(fresh.keyed.left_out)] = False
    if not new.any() and not fresh.moved:
        return ChangedCalls([], 0)
    kept = with_neighbours(connection, fresh.legs.rules, _new_legs(fresh, new), fresh.moved)
    found = _assembled(kept.legs, fresh.legs.rules)
    ids = _keys(kept.ids)
    now = ids[found.firsts][found.call_of]
    differs = _differ(_keys(kept.calls), now)
    count = int(new.sum())
    _insert_legs(connection, fresh.keyed, new, now[:count])
    _move(connection, ids[count:], now[count:], differs[count:])
    differs |= np.isin(np.arange(len(kept)), _rows_of(kept, fresh.moved))
    return _replace(connection, kept, found, differs)


def _assembled(legs: Legs, rules: Rules) -> Assembled:
    """Return the calls that records make, or each as one of its own where a format's rules fail over them.

    So the batch is stored, with all that other PBXs have in it.
    """
    try:
        return assemble(legs, rules)
    except Exception as fault:  # noqa: BLE001 - said once for the rules; the records are stored all the same
        _tell(rules, f"{type(fault).__name__}: {fault}")
        return each_alone(legs)


@cache
def _tell(rules: Rules, reason: str) -> None:
    names = ", ".join(rules.same or rules.follows)
    _log.error("records were not assembled: each is a call by itself", rules=names, reason=reason)


def _new_legs(fresh: Fresh, new: Mask) -> KeptLegs:
    legs = fresh.legs.legs
    return KeptLegs(
        legs=Legs(
            calls=at_rows(legs.calls, new),
            pbx=legs.pbx[new],
            body=legs.body[new],
            member=legs.member[new],
        ),
        ids=_keys(fresh.keyed.ids)[new].tobytes(),
        calls=NO_CALL * int(new.sum()),
        occurrence=fresh.keyed.occurrence[new],
        lengths=fresh.legs.lengths[new],
    )


def _insert_legs(connection: duckdb.DuckDBPyConnection, keyed: Keyed, new: Mask, calls: _Keys) -> None:
    if not new.any():
        return
    of_rows = np.zeros(len(new), f"V{KEY_BYTES}")
    of_rows[new] = calls
    insert(connection, "leg", msgspec.structs.replace(keyed, calls=of_rows.tobytes()))


def _move(connection: duckdb.DuckDBPyConnection, ids: _Keys, calls: _Keys, moved: Mask) -> None:
    """Note the new calls of stored legs."""
    if moved.any():
        columns: dict[str, Column] = {"id": (KEY, ids[moved].tobytes()), "call": (KEY, calls[moved].tobytes())}
        joined(connection, columns, "UPDATE leg SET call = k.call::UUID FROM keys k WHERE leg.id = k.id::UUID", [])


def _replace(connection: duckdb.DuckDBPyConnection, kept: KeptLegs, found: Assembled, differs: Mask) -> ChangedCalls:
    """Put the calls in whose legs are others than before, in the place of those that these legs made."""
    was = split(kept.calls)
    ids = split(_keys(kept.ids)[found.firsts].tobytes())
    left = {was[row] for row in np.flatnonzero(differs).tolist()}
    changed = np.fromiter((each in left for each in ids), np.bool_, len(ids))
    changed[found.call_of[differs]] = True
    before = {was[row] for row in np.flatnonzero(changed[found.call_of]).tolist()} | left
    _remove_calls(connection, before - {NO_CALL})
    _insert_calls(connection, kept, found, changed)
    now = {each for each, is_so in zip(ids, changed, strict=True) if is_so}
    note_gone(connection, [UUID(bytes=each) for each in sorted(before - now - {NO_CALL})])
    note_back(connection, [UUID(bytes=each) for each in sorted(now)])
    rows = found.firsts[changed]
    return ChangedCalls(
        [each for each, is_so in zip(ids, changed, strict=True) if is_so],
        int(kept.legs.body[rows].min()),
    )


def _remove_calls(connection: duckdb.DuckDBPyConnection, ids: Iterable[bytes]) -> None:
    """Take out calls that are about to be put in again, or are part of another call now."""
    columns: dict[str, Column] = {"id": (KEY, b"".join(sorted(ids)))}
    if columns["id"][1]:
        with registered(connection, "keys", table(columns)):
            bundling.mark_taken_out(connection, "t.id IN (SELECT id::UUID FROM keys)")
        joined(connection, columns, "DELETE FROM call WHERE id IN (SELECT id::UUID FROM keys)", [])


def _insert_calls(connection: duckdb.DuckDBPyConnection, kept: KeptLegs, found: Assembled, changed: Mask) -> None:
    firsts = found.firsts[changed]
    columns = call_columns(at_rows(found.calls, changed))
    columns["pbx"] = (TEXT, kept.legs.pbx[firsts])
    columns["body"] = (INTEGER, kept.legs.body[firsts])
    columns["member"] = (INTEGER, kept.legs.member[firsts])
    columns["length"] = (INTEGER, kept.lengths[firsts])
    columns["legs"] = (INTEGER, found.counts[changed])
    rows = Packed(rows=len(firsts), base=b"", runs=[], earliest=0, latest=0, tables=[table(columns)])
    ids = _keys(kept.ids)[firsts].tobytes()
    insert(connection, "call", Keyed(rows, kept.occurrence[firsts], ids, set()))


def _rows_of(kept: KeptLegs, ids: list[bytes]) -> Numbers:
    wanted = set(ids)
    return np.array([row for row, each in enumerate(split(kept.ids)) if each in wanted], np.int64)


def _keys(keys: bytes) -> _Keys:
    return np.frombuffer(keys, f"V{KEY_BYTES}")


def _differ(first: _Keys, second: _Keys) -> Mask:
    """Say which keys are not the same, by their halves."""
    halves = [np.ascontiguousarray(each).view(np.uint64).reshape(-1, 2) for each in (first, second)]
    differs: Mask = (halves[0] != halves[1]).any(axis=1)
    return differs
