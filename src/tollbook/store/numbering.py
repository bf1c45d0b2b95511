"""What outside numbers mean, as columns of calls: found out as calls are stored, and again when a dial plan changes.

The store keeps the dial plan of each PBX with which its calls are numbered, so that all of them are numbered by one
plan at any time. Distinct numbers are few against calls: each is found out once, and joined.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache

import duckdb
import msgspec
import structlog

from tollbook.model.meaning import Number
from tollbook.model.problem import Misconfigured
from tollbook.numbering.plan import NO_PLAN
from tollbook.numbering.plans import Plans, PlanSettings, plans_digest, read_plans
from tollbook.numbering.written import behind_pause
from tollbook.store import owning
from tollbook.store.arrow import INTEGER, TEXT, Column, Table, table
from tollbook.store.changes import in_runs
from tollbook.store.registering import registered
from tollbook.store.schema import NUMBER, schemas_with_calls

_log = structlog.get_logger()
_Connection = duckdb.DuckDBPyConnection
_MOST_PLANS = 64
SIDE = "CASE t.direction WHEN 'incoming' THEN 'calling' WHEN 'internal' THEN 'internal' ELSE 'called' END"
TEXT_OF = "CASE t.direction WHEN 'incoming' THEN t.caller ELSE t.called END"
_MEANT = f"n.of_pbx = t.pbx AND n.side = {SIDE} AND n.text = coalesce({TEXT_OF}, '') AND n.of_group = {{group}}"
_GROUP = "coalesce(t.trunk_group, '')"
_COLUMNS = ("of_pbx", "of_group", "side", "text", *NUMBER, "number_shown")
_E164 = _COLUMNS.index("number_e164")
_Key = tuple[str, str, str, str]
"""PBX, trunk group, side and text of a number."""


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


class MeantColumns(msgspec.Struct, frozen=True):
    """One column that holds several, behind a comma, and what makes those of it."""

    packed: str = ""
    unpacked: str = ""


@contextmanager
def numbered(connection: _Connection, table_name: str, incoming: list[Table]) -> Iterator[MeantColumns]:
    """Give the column by which rows that are about to be stored have what their numbers mean."""
    names = {column.name for each in incoming for column in each.columns}
    if table_name not in ("call", "leg") or "direction" not in names:
        yield MeantColumns()
        return
    group = "coalesce(t.trunk_group, '')" if "trunk_group" in names else "''"
    with registered(connection, "incoming", *incoming):
        found = connection.execute(_distinct(group, "incoming t")).fetchall()
    meanings = _meanings(connection, found)
    if meanings is None:
        yield MeantColumns()
        return
    wanted = (*NUMBER, "number_shown", "number_entry") if table_name == "call" else ("number_shown",)
    # One look-up by equality for all of them: see `owning.owners`.
    packed = ", ".join(f"'{name}': {_told(name)}" for name in wanted)
    looked_up = f"(SELECT {{{packed}}} FROM meant n WHERE {_MEANT.format(group=group)})"
    with registered(connection, "meant", table(meanings)):
        unpacked = "".join(f", meant_now.{name} AS {name}" for name in wanted)
        yield MeantColumns(f", {looked_up} AS meant_now", f"EXCLUDE (meant_now) {unpacked}")


def _told(name: str) -> str:
    return f"nullif(n.{name}, {0 if name == 'number_entry' else chr(39) * 2})"


def _distinct(group: str, source: str) -> str:
    return (
        f"SELECT DISTINCT t.pbx, {group}, {SIDE}, coalesce({TEXT_OF}, '') FROM {source} "
        "WHERE t.pbx IN (SELECT pbx FROM main.plan)"
    )


def _meanings(connection: _Connection, found: list[_Key]) -> dict[str, Column] | None:
    """Return the meaning of numbers as columns; None where there are none whose PBX has a plan."""
    used = usable_plans(connection, list({pbx for pbx, *_ in found})) if found else {}
    if not used:
        return None
    return _columns([_row(used[key[0]], key) for key in found], owning.phone_book(connection))


def usable_plans(connection: _Connection, pbxs: list[str]) -> dict[str, Plans]:
    """Return the plans of those of some PBXs that have one, with all that they remember."""
    return {pbx: _usable(pbx, plan) for pbx, plan in plans_in_use(connection, pbxs).items()}


def _usable(pbx: str, plan: PlanInUse) -> Plans:
    """Return the plans of a PBX, or none where they cannot be read any more: its calls are stored all the same."""
    try:
        return _of(plan)
    except Misconfigured as fault:
        _tell(f"the dial plan of {pbx} cannot be used", str(fault))
        return Plans(NO_PLAN, {})


def _columns(rows: Collection[tuple[str, ...]], book: owning.PhoneBook) -> dict[str, Column]:
    columns: dict[str, Column] = {name: (TEXT, [row[place] for row in rows]) for place, name in enumerate(_COLUMNS)}
    columns["number_entry"] = (INTEGER, [book.find(row[_E164]) if len(book) else 0 for row in rows])
    return columns


def _row(plans: Plans, key: _Key) -> tuple[str, ...]:
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
        self._known: dict[_Key, tuple[str, ...]] = {}

    def find_out(self, cursor: _Connection) -> int:
        """Find out what numbers mean that are not known yet; return how many those were."""
        fresh = [key for key in self._keys(cursor) if key not in self._known]
        self._known |= {key: _row(self._plans, key) for key in fresh}
        return len(fresh)

    def _keys(self, cursor: _Connection) -> list[_Key]:
        found: set[_Key] = set()
        for source in _sources(cursor):
            query = (
                f"SELECT DISTINCT t.pbx, coalesce(t.trunk_group, ''), {SIDE}, coalesce({TEXT_OF}, '') "
                f"FROM {source} t WHERE t.pbx = ?"
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
    names = (*NUMBER, "number_shown", "number_entry") if whole else ("number_shown",)
    differs = " OR ".join(f"t.{each} IS DISTINCT FROM {_told(each)}" for each in names)

    def set_run(first: int, upto: int, offset: int) -> int:
        number = f"{offset} + t.rowid"
        sets = [f"{each} = {_told(each)}" for each in names]
        if whole:
            looks = "t.number_shown IS DISTINCT FROM nullif(n.number_shown, '')"
            sets += [f"meaning = {number}", f"change = CASE WHEN {looks} THEN {number} ELSE t.change END"]
        statement = (
            f"UPDATE {source} t SET {', '.join(sets)} FROM meant_now n WHERE {_MEANT.format(group=_GROUP)} "
            f"AND t.pbx = ? AND t.rowid >= ? AND t.rowid < ? AND ({differs})"
        )
        return int(connection.execute(statement, [pbx, first, upto]).fetchall()[0][0])

    return in_runs(connection, source, set_run)
