"""What outside numbers mean, as columns of calls: found out as calls are stored, and again when a dial plan changes.

The store keeps the dial plan of each PBX with which its calls are numbered, so that all of them are numbered by one
plan at any time. Distinct numbers are few against calls: each is found out once.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import duckdb
import msgspec
import numpy as np
import structlog

from tollbook.model.meaning import Number
from tollbook.model.problem import Misconfigured
from tollbook.numbering.plan import NO_PLAN
from tollbook.numbering.plans import Plans, PlanSettings, plans_digest, read_plans
from tollbook.numbering.written import behind_pause
from tollbook.store import owning
from tollbook.store.arrow import INTEGER, TEXT, Column, Table, rows_at, table
from tollbook.store.changes import in_runs
from tollbook.store.outside_numbers import NumberKey, OutsideNumbers
from tollbook.store.registering import registered
from tollbook.store.schema import NUMBER, schemas_with_calls
from tollbook.store.unbacked import IS_MASKED

_log = structlog.get_logger()
_Connection = duckdb.DuckDBPyConnection
_MOST_PLANS = 64
SIDE = "CASE t.direction WHEN 'incoming' THEN 'calling' WHEN 'internal' THEN 'internal' ELSE 'called' END"
TEXT_OF = "CASE t.direction WHEN 'incoming' THEN t.caller ELSE t.called END"
_MEANT = f"n.of_pbx = t.pbx AND n.side = {SIDE} AND n.text = coalesce({TEXT_OF}, '') AND n.of_group = {{group}}"
_GROUP = "coalesce(t.trunk_group, '')"
MEANT = (*NUMBER, "number_shown", "number_entry")
"""The columns of a call that follow from its number."""
_COLUMNS = ("of_pbx", "of_group", "side", "text", *NUMBER, "number_shown")
_E164 = _COLUMNS.index("number_e164")
_NO_PLANS = Plans(NO_PLAN, {})


class PlanInUse(msgspec.Struct, frozen=True):
    """The dial plan with which a PBX's calls are numbered, and its digest."""

    digest: str
    settings: PlanSettings


def plans_in_use(connection: _Connection, pbxs: list[str] | None = None) -> dict[str, PlanInUse]:
    """Return the plans that calls are numbered with, of some PBXs or of all."""
    only = "" if pbxs is None else "WHERE pbx IN (SELECT unnest(?::VARCHAR[]))"
    rows = connection.execute(f"SELECT pbx, digest, settings FROM main.plan {only}", [] if pbxs is None else [pbxs])
    return {
        pbx: PlanInUse(digest, msgspec.json.decode(text, type=PlanSettings)) for pbx, digest, text in rows.fetchall()
    }


@lru_cache(_MOST_PLANS)
def _plans(digest: str, settings: bytes) -> Plans:
    """Return plans, the same for the same settings, with all that they remember."""
    del digest
    return read_plans(msgspec.json.decode(settings, type=PlanSettings), "dial plan")


def forget() -> None:
    """Let go of what numbers meant: a history has hundreds of thousands, the calls of a day a few."""
    _plans.cache_clear()


def _of(plan: PlanInUse) -> Plans:
    return _plans(plan.digest, msgspec.json.encode(plan.settings, order="sorted"))


def meanings(connection: _Connection, incoming: list[Table]) -> Table | None:
    """Return what the numbers of calls mean that are about to be stored, row by row in the order of their tables.

    What is empty, or 0, is nothing. None where the calls are of no PBX that has a plan.
    """
    known = OutsideNumbers()
    places = [known.of(each) for each in incoming]
    used = usable_plans(connection, list({pbx for pbx, *_ in known.keys}))
    if not used:
        return None
    rows = [_row(used.get(key[0], _NO_PLANS), key) for key in known.keys]
    columns = _columns(rows, owning.phone_book(connection))
    return rows_at(table({name: columns[name] for name in MEANT}), np.concatenate(places))


def _told(name: str) -> str:
    return f"nullif(n.{name}, {0 if name == 'number_entry' else chr(39) * 2})"


def usable_plans(connection: _Connection, pbxs: list[str]) -> dict[str, Plans]:
    """Return the plans of those of some PBXs that have one, with all that they remember."""
    return {pbx: _usable(pbx, plan) for pbx, plan in plans_in_use(connection, pbxs).items()}


def _usable(pbx: str, plan: PlanInUse) -> Plans:
    """Return the plans of a PBX, or none where they cannot be read any more: its calls are stored all the same."""
    try:
        return _of(plan)
    except Misconfigured as fault:
        _tell(f"the dial plan of {pbx} cannot be used", str(fault))
        return _NO_PLANS


def _columns(rows: Collection[tuple[str, ...]], book: owning.PhoneBook) -> dict[str, Column]:
    columns: dict[str, Column] = {name: (TEXT, [row[place] for row in rows]) for place, name in enumerate(_COLUMNS)}
    columns["number_entry"] = (INTEGER, [book.find(row[_E164]) if len(book) else 0 for row in rows])
    return columns


def _row(plans: Plans, key: NumberKey) -> tuple[str, ...]:
    _, group, side, text = key
    if not plans.plan.country:
        return (*key, "", "", "", "", "")
    try:
        if side == "internal":
            number = Number(dialled=text, kind="internal", reach="internal", after_answer=behind_pause(text) or None)
            return (*key, "", "", number.kind, number.reach, plans.shown(number, group) or "")
        number = plans.number(text, calling=side == "calling", trunk_group=group)
        shown = plans.shown(number, group)
    except Exception as fault:  # noqa: BLE001 - a fault over one number keeps no call from being stored
        _tell("a number could not be looked at and has no meaning", f"{type(fault).__name__}: {fault}")
        return (*key, "", "", "unknown", "unknown", "")
    return (*key, number.e164 or "", number.country or "", number.kind, number.reach, shown or "")


@lru_cache(_MOST_PLANS)
def _tell(what: str, reason: str) -> None:
    """Log what went wrong, once for each reason."""
    _log.error(what, reason=reason)


# ---------------------------------------------------------------- when a plan changes


class Renumbering:
    """What the numbers of a PBX's calls mean by another plan: found out while others write, then put in at once."""

    def __init__(self, pbx: str, settings: PlanSettings) -> None:
        self.pbx = pbx
        self._plan = PlanInUse(plans_digest(settings), settings)
        self._plans = _of(self._plan)
        self._known: dict[NumberKey, tuple[str, ...]] = {}

    def find_out(self, cursor: _Connection) -> int:
        """Find out what numbers mean that are not known yet; return how many those were."""
        fresh = [key for key in self._keys(cursor) if key not in self._known]
        self._known |= {key: _row(self._plans, key) for key in fresh}
        return len(fresh)

    def _keys(self, cursor: _Connection) -> list[NumberKey]:
        found: set[NumberKey] = set()
        for source in _sources(cursor):
            query = (
                f"SELECT DISTINCT t.pbx, coalesce(t.trunk_group, ''), {SIDE}, coalesce({TEXT_OF}, '') "
                f"FROM {source} t WHERE t.pbx = ? AND NOT {IS_MASKED}"
            )
            found.update(cursor.execute(query, [self.pbx]).fetchall())
        return list(found)

    def put_in(self, connection: _Connection) -> int:
        """Number the PBX's calls by the plan, inside the caller's transaction; return how many mean something else."""
        self.find_out(connection)
        columns = _columns(self._known.values(), owning.phone_book(connection))
        changed = 0
        with registered(connection, "meant", table(columns)):
            connection.execute("CREATE OR REPLACE TEMP TABLE meant_now AS FROM meant")
        for source in _sources(connection):
            count = _renumber(connection, source, self.pbx)
            changed += count if source == "main.call" else 0
        connection.execute("DROP TABLE meant_now")
        text = msgspec.json.encode(self._plan.settings).decode()
        connection.execute("INSERT OR REPLACE INTO main.plan VALUES (?, ?, ?)", [self.pbx, self._plan.digest, text])
        return changed


def _sources(cursor: _Connection) -> list[str]:
    """Return the tables whose rows are numbered: those of the store, and those that are made again beside."""
    schemas = schemas_with_calls(cursor)
    return [f"{schema}.{name}" for schema in schemas for name in ("call", "leg")]


def _renumber(connection: _Connection, source: str, pbx: str) -> int:
    """Set what has another meaning now; return how many rows that are."""
    whole = source.endswith(".call")
    names = MEANT if whole else ("number_shown",)
    differs = " OR ".join(f"t.{each} IS DISTINCT FROM {_told(each)}" for each in names)

    def set_run(first: int, upto: int, offset: int) -> int:
        number = f"{offset} + t.rowid"
        sets = [f"{each} = {_told(each)}" for each in names]
        if whole:
            looks = "t.number_shown IS DISTINCT FROM nullif(n.number_shown, '')"
            sets += [f"meaning = {number}", f"change = CASE WHEN {looks} THEN {number} ELSE t.change END"]
        statement = (
            f"UPDATE {source} t SET {', '.join(sets)} FROM meant_now n WHERE {_MEANT.format(group=_GROUP)} "
            f"AND t.pbx = ? AND t.rowid >= ? AND t.rowid < ? AND ({differs}) AND NOT {IS_MASKED}"
        )
        return int(connection.execute(statement, [pbx, first, upto]).fetchall()[0][0])

    return in_runs(connection, source, set_run)
