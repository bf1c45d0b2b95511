"""Bundles: calls that use the same one up are priced again, one after another, where an earlier call has changed.

A call's price first stands as if there were no bundles. Whatever puts calls in or takes them out notes them in the
temporary table `unsettled`; `settle` then goes through the calls from the first of those on, up to when their bundles
are filled again, in the order in which they began. So the order in which calls come to be known does not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb

from tollbook.rating.bundles import BundleUse, Sharing, covers, filled_after, filled_on
from tollbook.rating.charging import Rater
from tollbook.rating.tariff import Bundle
from tollbook.store.arrow import TEXT, Column, table
from tollbook.store.changes import next_changes
from tollbook.store.numbering import usable_plans
from tollbook.store.pricing import (
    STORED,
    PricedCall,
    Pricer,
    PricingInUse,
    Reckoned,
    fields,
    pricing_in_use,
    rater_of,
    tell,
)
from tollbook.store.registering import dicts, make_table, registered
from tollbook.store.schema import PRICED
from tollbook.store.unbacked import IS_MASKED

_Connection = duckdb.DuckDBPyConnection
_ROWS_AT_ONCE = 50_000
_DAY = timedelta(days=1)
_MAKE = """CREATE TEMP TABLE IF NOT EXISTS unsettled (
  pbx VARCHAR, trunk VARCHAR, extension VARCHAR, tariff VARCHAR, began TIMESTAMP
)"""
BEGAN = "coalesce(t.answered_at, t.started_at)"
_WHOSE = "t.pbx, coalesce(t.trunk, '') AS trunk, coalesce(t.extension, '') AS extension"
_FIRST, _LAST = date(1900, 1, 1), date(9000, 1, 1)
"""Days between which bundles are filled."""
_LABEL, _BUNDLE, _TAKEN = (list(PRICED).index(name) for name in ("tariff", "bundle", "bundle_taken"))
_QUARTER = f"time_bucket(INTERVAL 15 minutes, {BEGAN})"
"""Days begin at one of these in every zone."""


# ---------------------------------------------------------------- marks


def prepare(connection: _Connection) -> None:
    """Make the table of marks of a connection that writes."""
    connection.execute(_MAKE)


def mark_taken_out(connection: _Connection, which: str, values: Sequence[object] = ()) -> None:
    """Note calls `t` that are about to be taken out, as far as they have used bundles up."""
    found = f"SELECT {_WHOSE}, t.tariff, {BEGAN} AS began FROM call t WHERE t.bundle IS NOT NULL AND {which}"
    connection.execute(f"INSERT INTO unsettled BY NAME {found}", values or None)


def mark(connection: _Connection, source: str, values: Sequence[object] = ()) -> None:
    """Note calls that were priced, as far as it was by versions with bundles.

    The query gives their `pbx, trunk, extension, tariff` and when they `began`. Only the first and the last of those
    that have the rest in common are noted.
    """
    found = f"""CREATE OR REPLACE TEMP TABLE priced_now AS
      SELECT {_WHOSE}, t.tariff, min(t.began) AS first, max(t.began) AS last FROM ({source}) t
      WHERE t.tariff IS NOT NULL GROUP BY ALL"""
    connection.execute(found, values or None)
    labels = [label for (label,) in connection.execute("SELECT DISTINCT tariff FROM priced_now").fetchall()]
    known = VersionsInUse(pricing_in_use(connection))
    bundled = [label for label in labels if _has_bundles(known, label)]
    if bundled:
        connection.execute(
            "INSERT INTO unsettled SELECT pbx, trunk, extension, tariff, unnest([first, last]) FROM priced_now "
            "WHERE tariff IN (SELECT unnest(?::VARCHAR[]))",
            [bundled],
        )


def _has_bundles(known: VersionsInUse, label: str) -> bool:
    """Say whether a version has bundles; a fault over that is told once, and keeps no call from being stored."""
    try:
        rater = known.rater(label)
    except Exception as fault:  # noqa: BLE001 - as it says
        tell("it is not known whether a tariff has bundles", f"{label}: {type(fault).__name__}: {fault}")
        return False
    return bool(rater and rater.tariff.bundles)


def forget(connection: _Connection) -> None:
    """Let go of all marks."""
    connection.execute("DELETE FROM unsettled")


class VersionsInUse:
    """The versions by which calls are priced, by their labels."""

    def __init__(self, in_use: dict[str, PricingInUse]) -> None:
        self.zones = {pbx: each.zone for pbx, each in in_use.items()}
        self._found = {
            version.label: (version.digest, each.zone)
            for each in in_use.values()
            for run in each.pricing.runs
            for version in run.versions
        }

    @property
    def bundled(self) -> dict[str, tuple[Bundle, ...]]:
        """The versions that have bundles, and those."""
        raters = {label: self.rater(label) for label in self._found}
        return {label: rater.tariff.bundles for label, rater in raters.items() if rater and rater.tariff.bundles}

    def rater(self, label: str, pbx: str = "") -> Rater | None:
        """Return what prices by a version, in the zone of a PBX or of any; None where it is there no longer."""
        digest, zone = self._found.get(label, ("", ""))
        return rater_of(digest, self.zones.get(pbx, zone)) if digest else None

    def another(self, label: str, pbx: str) -> Rater | None:
        """Return what prices by another version of a tariff, for calls that keep the price they had."""
        tariff = label.partition("/")[0] + "/"
        return next((self.rater(each, pbx) for each in sorted(self._found) if each.startswith(tariff)), None)


# ---------------------------------------------------------------- one call


def used_before(cursor: _Connection, reckoned: Reckoned, key: str) -> BundleUse:
    """Return what calls that began before one, whose id is given, have taken from the bundles of its tariff."""
    use = BundleUse()
    version, call, rater = reckoned.span.version, reckoned.call, reckoned.rater
    if version is None or call is None or rater is None or not rater.tariff.bundles:
        return use
    day = call.started_at.date() - _DAY
    filled = min(filled_on(bundle, max(day, _FIRST)) for bundle in rater.tariff.bundles) - _DAY
    which = f"starts_with(t.tariff, ?) AND {BEGAN} >= ? AND ({BEGAN}, t.id) < (?::TIMESTAMP, ?::UUID)"
    bound = [f"{version.tariff}/", filled, call.started_at.replace(tzinfo=None), key]
    rows = cursor.execute(_taken("call t", which), bound).fetchall()
    _count(use, VersionsInUse(pricing_in_use(cursor)), rows)
    return use


# ---------------------------------------------------------------- settling


def settle(connection: _Connection) -> int:
    """Price again, inside the caller's transaction, what marked calls concern; return how many cost something else.

    A fault over that is told once, and keeps no call from being stored; only those of the database are raised.
    """
    try:
        return _settle(connection)
    except duckdb.Error:
        raise
    except Exception as fault:  # noqa: BLE001 - as it says
        tell("calls could not be priced by their bundles", f"{type(fault).__name__}: {fault}")
        forget(connection)
        return 0


def _settle(connection: _Connection) -> int:
    if not _marked(connection):
        return 0
    in_use = pricing_in_use(connection)
    pricer = Pricer(in_use, usable_plans(connection, list(in_use)))
    changed = 0
    while tariffs := _marked(connection):
        changed += sum(_Settling(connection, pricer, VersionsInUse(in_use), tariff).run() for tariff in tariffs)
    return changed


def _marked(connection: _Connection) -> list[str]:
    """Return the tariffs by which marked calls were priced."""
    labels = connection.execute("SELECT DISTINCT tariff FROM unsettled").fetchall()
    return sorted({label.partition("/")[0] for (label,) in labels})


class _Settling:
    """Calls of one tariff, priced again in the order in which they began.

    Where bundles are filled on different days, one that is used up otherwise has calls take from another, whose
    period goes on for longer: then calls are marked to go on from.
    """

    def __init__(self, connection: _Connection, pricer: Pricer, versions: VersionsInUse, tariff: str) -> None:
        self._connection, self._pricer, self._versions = connection, pricer, versions
        self._tariff = tariff
        self._of_tariff = f"starts_with(t.tariff, '{tariff}/')"
        self._bundles: list[Bundle] = []
        self._part = "''"
        self._use = BundleUse()
        self._last: dict[str, list[Any]] = {}

    def run(self) -> int:
        """Price the calls again that marked ones concern; return how many cost something else."""
        self._mark_out()
        self._connection.execute(f"DELETE FROM unsettled t WHERE {self._of_tariff}")
        if not self._bundles:
            return 0
        self._count_before()
        count = sum(self._set(list(self._settled(rows))) for rows in pages(self._connection, self._choose()))
        self._mark_on()
        return count

    # ------------------------------------------------------------------ which calls

    def _mark_out(self) -> None:
        """Find out from when until when calls are looked at, in each part of the site that shares bundles."""
        query = f"SELECT min(began) FROM unsettled t WHERE {self._of_tariff}"
        (first,) = self._connection.execute(query).fetchall()[0]
        query = f"""SELECT DISTINCT tariff FROM unsettled t WHERE {self._of_tariff}
          UNION SELECT DISTINCT tariff FROM call t WHERE {self._of_tariff} AND {BEGAN} >= ?"""
        labels = [label for (label,) in self._connection.execute(query, [first]).fetchall()]
        raters = [rater for label in labels if (rater := self._versions.rater(label))]
        self._bundles = list({bundle for rater in raters for bundle in rater.tariff.bundles})
        self._part = _part_of_site({bundle.shared_by for bundle in self._bundles})
        query = f"SELECT {self._part}, min(began), max(began) FROM unsettled t WHERE {self._of_tariff} GROUP BY 1"
        ranges = [
            (part, filled_before(self._bundles, first), first.replace(tzinfo=UTC), filled_behind(self._bundles, last))
            for part, first, last in self._connection.execute(query).fetchall()
        ]
        columns = "part VARCHAR, filled TIMESTAMP, first TIMESTAMP, until TIMESTAMP"
        make_table(self._connection, "bundle_range", columns, ranges)

    def _count_before(self) -> None:
        """Count what earlier calls have taken, and those that stay as they are: they are the oldest."""
        earlier = f"({BEGAN} < r.first OR ({BEGAN} < r.until AND {IS_MASKED}))"
        which = f"{self._of_tariff} AND {BEGAN} >= r.filled AND {earlier}"
        taken = _taken(f"call t JOIN bundle_range r ON r.part = {self._part}", which)
        _count(self._use, self._versions, self._connection.execute(taken).fetchall())

    def _choose(self) -> int:
        """Put the calls to look at into a table, in order: those to numbers of bundles, and that have used any up."""
        self._connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE around AS
            SELECT t.rowid AS place, t.id, {BEGAN} AS began, coalesce(t.extension, '') AS extension, {fields(STORED)},
              {", ".join(f"t.{name} AS stored_{name}" for name in PRICED)}
            FROM call t JOIN bundle_range r ON r.part = {self._part}
            WHERE {self._of_tariff} AND {BEGAN} >= r.first AND {BEGAN} < r.until AND NOT {IS_MASKED}""",
        )
        return choose(self._connection, self._pricer, self._versions)

    # ------------------------------------------------------------------ prices

    def _settled(self, rows: Iterator[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
        found = settled(rows, self._pricer, self._versions, self._use)
        return ((place, *now) for place, stored, now in found if now != stored)

    def _set(self, rows: list[tuple[Any, ...]]) -> int:
        if not rows:
            return 0
        kinds = ", ".join(f"{name} {kind}" for name, kind in PRICED.items())
        first = next_changes(self._connection, len(rows))
        # Rows that a transaction has written itself have no `rowid` that begins at 0.
        numbered = [(number, *row) for number, row in enumerate(rows, first)]
        make_table(self._connection, "settled", f"number BIGINT, place BIGINT, {kinds}", numbered)
        sets = ", ".join(f"{name} = s.{name}" for name in PRICED)
        self._connection.execute(f"UPDATE call t SET {sets}, meaning = s.number FROM settled s WHERE t.rowid = s.place")
        whose = ("t.pbx", "coalesce(t.trunk, '')", "coalesce(t.extension, '')")
        query = f"""SELECT {self._part}, {", ".join(f"arg_max({each}, {BEGAN})" for each in whose)}, max({BEGAN})
          FROM call t JOIN settled s ON t.rowid = s.place GROUP BY 1"""
        self._last |= {part: found for part, *found in self._connection.execute(query).fetchall()}
        return len(rows)

    def _mark_on(self) -> None:
        """Mark the last call of each part that has changed, where a bundle it takes from goes on for longer."""
        ends = dict(self._connection.execute("SELECT part, until FROM bundle_range").fetchall())
        for part, (*whose, began) in self._last.items():
            if filled_behind(self._bundles, began).replace(tzinfo=None) > ends[part]:
                values = [*whose, f"{self._tariff}/", began]
                self._connection.execute("INSERT INTO unsettled VALUES (?, ?, ?, ?, ?)", values)


def filled_before(bundles: Iterable[Bundle], moment: datetime) -> datetime:
    """Return a moment before which nothing was taken of what bundles have left at another, in whichever zone."""
    day = max(moment.date(), _FIRST) - _DAY
    return _midnight(min((filled_on(bundle, day) for bundle in bundles), default=day) - _DAY)


def all_filled_before(bundles: Collection[Bundle], moment: datetime) -> datetime:
    """Return a moment before which nothing was taken of what bundles have left at another, by way of others either.

    It is one at which all bundles are filled; bundles that never are on one day have none but the first of all.
    """
    day, later = max(moment.date(), _FIRST) - _DAY, date.max
    while _FIRST < day < later:
        day, later = min((filled_on(bundle, day) for bundle in bundles), default=day), day
    return _midnight(day - _DAY)


def filled_behind(bundles: Iterable[Bundle], moment: datetime) -> datetime:
    """Return a moment by which bundles are all filled again after another, in whichever zone."""
    day = min(moment.date(), _LAST) + _DAY
    return _midnight(max((filled_after(bundle, day) for bundle in bundles), default=day) + _DAY)


def choose(connection: _Connection, pricer: Pricer, versions: VersionsInUse) -> int:
    """Put those calls of the table `around` that have to do with bundles into the table `to_settle`, in order.

    These are calls to numbers that a bundle of their version is for, and those that have used any up. `around` has
    a call's place, id, `extension`, when it `began`, `pricing.fields`, and its priced columns as `stored_…`; it is
    dropped. Return how many there are.
    """
    names = ("pbx", "side", "text", "trunk_group", "stored_tariff")
    query = f"SELECT DISTINCT {', '.join(names)} FROM around"
    covered = [row for row in connection.execute(query).fetchall() if _is_covered(row, pricer, versions)]
    columns: dict[str, Column] = {name: (TEXT, [row[place] for row in covered]) for place, name in enumerate(names)}
    with registered(connection, "covered", table(columns)):
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE to_settle AS
            SELECT row_number() OVER (ORDER BY began, id) AS row, * FROM (
              FROM around SEMI JOIN covered USING ({", ".join(names)})
              UNION FROM around WHERE stored_bundle IS NOT NULL
            ) ORDER BY row""",
        )
    connection.execute("DROP TABLE around")
    return int(connection.execute("SELECT count(*) FROM to_settle").fetchall()[0][0])


def _is_covered(distinct: tuple[str, str, str, str, str], pricer: Pricer, versions: VersionsInUse) -> bool:
    pbx, side, text, trunk_group, label = distinct
    rater = versions.rater(label, pbx)
    return rater is not None and covers(rater.tariff.bundles, pricer.number(pbx, side, text, trunk_group))


def pages(connection: _Connection, count: int) -> Iterator[Iterator[dict[str, Any]]]:
    """Yield so many calls of the table `to_settle`, in order, some thousands at a time."""
    for first in range(0, count, _ROWS_AT_ONCE):
        rows = f"FROM to_settle WHERE row > {first} AND row <= {first + _ROWS_AT_ONCE} ORDER BY row"
        yield dicts(connection.execute(rows))


_Settled = tuple[int, tuple[Any, ...], tuple[Any, ...]]


def settled(
    rows: Iterator[dict[str, Any]],
    pricer: Pricer,
    versions: VersionsInUse,
    use: BundleUse,
) -> Iterator[_Settled]:
    """Yield calls by their places, with the priced columns they had and those they come to; count what each takes.

    Calls that surely cost what they did are left out.
    """
    for row in rows:
        stored = tuple(row.pop(f"stored_{name}") for name in PRICED)
        place, extension = row.pop("place"), row.pop("extension")
        del row["row"], row["id"]
        call = PricedCall(**row | {"began": row["began"].replace(tzinfo=UTC)})
        rater = versions.rater(stored[_LABEL], call.pbx)
        if rater is None:
            continue
        whose, day = Sharing(call.pbx, call.trunk, extension), rater.day(call.began)
        left = use.left(rater.tariff.bundles, whose, day) if _FIRST <= day <= _LAST else {}
        if stored[_BUNDLE] is None and not any(left.values()):
            continue
        now = pricer.reckon(call, left).columns()
        bundle = next((each for each in rater.tariff.bundles if each.name == now[_BUNDLE]), None)
        if bundle:
            use.take(bundle, whose, day, now[_TAKEN])
        yield place, stored, now


def _taken(calls: str, which: str) -> str:
    """Return the query for what calls `t` have taken, those together that take from the same bundles."""
    return f"""SELECT t.pbx, coalesce(t.trunk, ''), coalesce(t.extension, ''), t.tariff, t.bundle, {_QUARTER},
      sum(t.bundle_taken) FROM {calls} WHERE t.bundle IS NOT NULL AND {which} GROUP BY ALL"""


def _count(use: BundleUse, versions: VersionsInUse, rows: list[tuple[Any, ...]]) -> None:
    for pbx, trunk, extension, label, name, moment, taken in rows:
        rater = versions.rater(label, pbx) or versions.another(label, pbx)
        bundle = next((each for each in rater.tariff.bundles if each.name == name), None) if rater else None
        if rater and bundle:
            use.take(bundle, Sharing(pbx, trunk, extension), rater.day(moment.replace(tzinfo=UTC)), taken)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _part_of_site(shared_by: set[str]) -> str:
    """Return the expression for the part of the site that a call `t` shares its bundles with, a text."""
    if "site" in shared_by or not shared_by:
        return "''"
    if shared_by == {"trunk"}:
        return "t.pbx || chr(31) || coalesce(t.trunk, '')"
    if shared_by == {"extension"}:
        return "t.pbx || chr(31) || coalesce(t.extension, '')"
    return "t.pbx"
