"""Keeps the state of missed calls as the calls of the store come and change.

Whatever has changed since a number is taken out and put in as it is now, and what became of the tries is worked out
again for the numbers concerned, from all that the tables hold of them. So the state is a function of the calls alone,
in whichever order they came; to begin again is the same with empty tables.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import duckdb
import msgspec

from tollbook.model.missed import MissedSettings
from tollbook.model.opening_hours import due_after, due_around, open_minutes
from tollbook.rating.bands import holidays_of
from tollbook.store import changes
from tollbook.store.missed_tables import (
    DATABASE,
    IS_TALK,
    IS_TRY,
    TAIL,
    TALK_FACTS,
    TRY_FACTS,
    are_there,
    make,
    same,
)

_Connection = duckdb.DuckDBPyConnection
_TRY, _TALK = f"{DATABASE}.tries", f"{DATABASE}.talks"
_MOST_CHANGES = 100_000
"""Changes from which on all is worked out again."""
_SHORT_WAIT_S = 1.0
"""How long a page waits for somebody else who brings the state up."""
_SAME_CALL_S = 2
"""Seconds between records of one call that the PBX does not link: a hunt goes on with the next telephone."""
_LEG_SLACK = "INTERVAL 1 HOUR"
"""How long before a try a call began at most that it is part of."""


class KeptState(msgspec.Struct, frozen=True):
    """Up to which change of which life of the store the state has been brought, from which moment on (UTC).

    `left` is how many changes of the store it does not have yet; all of them, where it is to be made again.
    """

    epoch: UUID
    upto: int
    since: datetime
    settings: str
    left: int = 0


class MissedState:
    """The state over one store, for any thread."""

    def __init__(self, cursor: Callable[[], _Connection]) -> None:
        self._cursor = cursor
        self.lock = threading.Lock()

    def bring_up(self, settings: MissedSettings, now: datetime, most_changes: int | None = None) -> KeptState | None:
        """Bring the state up to the store as it is; `now` is UTC without a zone. Return how far it is.

        With `most_changes` nobody waits for more than so many, nor long for somebody else who is at it: the state then
        stays as it is. None while there is none.
        """
        if most_changes is not None:
            kept = self.kept(settings)
            is_soon = kept is not None and 0 < kept.left <= most_changes and self.lock.acquire(timeout=_SHORT_WAIT_S)
            if not is_soon:
                return kept
        else:
            self.lock.acquire()
        try:
            return self._brought_up(settings, now)
        finally:
            self.lock.release()

    def kept(self, settings: MissedSettings) -> KeptState | None:
        """Return how far the state is; None while there is none."""
        with self._transaction() as cursor:
            return _kept(cursor, settings)

    def _brought_up(self, settings: MissedSettings, now: datetime) -> KeptState:
        since = datetime(now.year, now.month, now.day) - timedelta(days=settings.span_days)  # noqa: DTZ001 - UTC as the store has it
        with self._transaction() as cursor:
            kept, there = _kept(cursor, settings), changes.position(cursor)
            is_fit = kept is not None and kept.since == since and _is_of(kept, there, settings)
            if kept is not None and is_fit and not kept.left:
                return kept
            if kept is None or not is_fit or kept.left > _MOST_CHANGES:
                make(cursor)
                _fill_due(
                    cursor,
                    settings,
                    [since.date() + timedelta(days=each) for each in range(-1, (now - since).days + 3)],
                )
                kept = KeptState(there.epoch, 0, since, _digest(settings))
            _Update(cursor, kept, there.last, settings.shortest_s).run()
            kept = KeptState(there.epoch, there.last, kept.since, kept.settings)
            cursor.execute(f"DELETE FROM {DATABASE}.kept")
            cursor.execute(f"INSERT INTO {DATABASE}.kept VALUES (?, ?, ?, ?)", list(msgspec.structs.astuple(kept)[:-1]))
            return kept

    def _transaction(self) -> _Transaction:
        return _Transaction(self._cursor())


class _Transaction:
    """One snapshot of the store, in which tables of the state alone are written."""

    def __init__(self, cursor: _Connection) -> None:
        self._cursor_of_it = cursor

    def __enter__(self) -> _Connection:
        self._cursor_of_it.execute("BEGIN")
        return self._cursor_of_it

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._cursor_of_it.execute("COMMIT")
            else:
                with suppress(duckdb.Error):
                    self._cursor_of_it.execute("ROLLBACK")
        finally:
            self._cursor_of_it.close()


def _kept(cursor: _Connection, settings: MissedSettings) -> KeptState | None:
    if not are_there(cursor):
        return None
    rows = cursor.execute(f"SELECT * FROM {DATABASE}.kept").fetchall()
    if not rows:
        return None
    kept, there = KeptState(*rows[0]), changes.position(cursor)
    return msgspec.structs.replace(kept, left=there.last - (kept.upto if _is_of(kept, there, settings) else 0))


def _is_of(kept: KeptState, there: changes.Position, settings: MissedSettings) -> bool:
    """Say whether the state is one of this life of the store, and of what is set now."""
    return (kept.epoch, kept.settings) == (there.epoch, _digest(settings))


def _digest(settings: MissedSettings) -> str:
    return msgspec.json.encode(settings).decode()


def _fill_due(cursor: _Connection, settings: MissedSettings, days: list[date]) -> None:
    minutes, region = open_minutes(settings.open), settings.holidays
    after = due_after(minutes, settings.target_minutes)
    cursor.execute(
        f"INSERT INTO {DATABASE}.due SELECT unnest(?::INTEGER[]), unnest(?::INTEGER[])",
        [list(range(len(after))), after],
    )
    if not region:
        return
    found = due_around(minutes, settings.target_minutes, days, lambda day: day in holidays_of(region, day.year))
    columns = [list(each) for each in zip(*found, strict=True)] or [[], [], []]
    cursor.execute(
        f"INSERT INTO {DATABASE}.due_on SELECT unnest(?::DATE[]), unnest(?::INTEGER[]), unnest(?::INTEGER[])", columns
    )


class _Update:
    """One bringing up: from what was kept to a change of the store."""

    def __init__(self, cursor: _Connection, kept: KeptState, upto: int, shortest_s: int) -> None:
        self._cursor = cursor
        self._is_new = kept.upto == 0
        self._bound = {"after": kept.upto, "upto": upto, "since": kept.since}
        self._shortest_s = shortest_s

    def run(self) -> None:
        """Bring the tables up."""
        self._make("touched", "tail VARCHAR")
        if not self._is_new:
            self._take_out()
        self._put_in_tries()
        self._put_in_talks()
        self._work_out()
        for table in ("touched", "fresh", "wanting", "became"):
            self._run(f"DROP TABLE IF EXISTS temp.{table}")

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        return self._cursor.execute(statement).fetchall()

    def _make(self, table: str, columns: str) -> None:
        self._run(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")

    def _changed(self) -> str:
        return "meaning > $after AND meaning <= $upto"

    def _take_out(self) -> None:
        """Take out what has changed or is gone, and note whose numbers those were."""
        bound = {name: self._bound[name] for name in ("after", "upto")}
        gone = "SELECT id FROM gone WHERE change > $after AND change <= $upto"
        self._cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT id FROM call WHERE {self._changed()} UNION {gone}", bound
        )
        for table in (_TRY, _TALK):
            self._run(f"INSERT INTO touched SELECT tail FROM {table} WHERE id IN (SELECT id FROM fresh)")
            self._run(f"DELETE FROM {table} WHERE id IN (SELECT id FROM fresh)")

    def _put_in_tries(self) -> None:
        """Put in the missed calls; `wanting` are the numbers of which talks are not known from a moment on."""
        chosen = f"SELECT {TRY_FACTS} FROM call WHERE {IS_TRY} AND {self._changed()} AND started_at >= $since"
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {chosen}", self._bound)
        self._run(
            "CREATE OR REPLACE TEMP TABLE wanting AS "
            f"SELECT f.tail, min(f.began) AS first_at FROM fresh f LEFT JOIN "
            f"(SELECT tail, min(began) AS known_at FROM {_TRY} WHERE tail IN (SELECT tail FROM fresh) GROUP BY tail) k "
            "ON k.tail = f.tail GROUP BY f.tail HAVING min(f.began) < coalesce(min(k.known_at), TIMESTAMP 'infinity')",
        )
        self._run(
            # Nobody can call back who withholds their number: they are never due, and stand behind all others.
            f"INSERT INTO {_TRY} SELECT f.*, CASE WHEN tail[1] <> '=' THEN "
            "date_trunc('minute', local) + to_minutes(coalesce(o.after, d.after)) END, "
            f"NULL, NULL, NULL, NULL, NULL FROM fresh f LEFT JOIN {DATABASE}.due d "
            "ON d.minute = (isodow(local) - 1) * 1440 + hour(local) * 60 + minute(local) "
            f"LEFT JOIN {DATABASE}.due_on o ON o.day = local::DATE AND o.minute = hour(local) * 60 + minute(local)",
        )
        self._run("INSERT INTO touched SELECT tail FROM fresh")

    def _put_in_talks(self) -> None:
        """Put in new answered calls with the numbers of tries, and those before them with numbers that are new."""
        of_tries = f"{TAIL} IN (SELECT tail FROM {_TRY})"
        if not self._is_new:
            added = f"SELECT {TALK_FACTS} FROM call WHERE {IS_TALK} AND {self._changed()} AND {of_tries}"
            self._cursor.execute(
                f"CREATE OR REPLACE TEMP TABLE became AS {added} AND started_at >= $since", self._bound
            )
            self._run(f"INSERT INTO {_TALK} SELECT * FROM became")
            self._run("INSERT INTO touched SELECT tail FROM became")
        ((first_at,),) = self._run("SELECT min(first_at) FROM wanting")
        if first_at is None:
            return
        found = (
            f"SELECT {TALK_FACTS} FROM call WHERE {IS_TALK} AND started_at >= $first_at - {_LEG_SLACK} "
            f"AND {TAIL} IN (SELECT tail FROM wanting)"
        )
        known = "" if self._is_new else f"ANTI JOIN {_TALK} USING (id)"
        self._cursor.execute(f"INSERT INTO {_TALK} SELECT f.* FROM ({found}) f {known}", {"first_at": first_at})

    def _work_out(self) -> None:
        """Say of every try of a number that was touched what became of it."""
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE became AS {_BECAME}", {"shortest": self._shortest_s})
        self._run(f"DELETE FROM {_TRY} WHERE id IN (SELECT id FROM became)")
        self._run(f"INSERT INTO {_TRY} BY NAME SELECT * FROM became")


_BECAME = f"""
WITH mine AS (
  SELECT * FROM {_TRY} WHERE tail IN (SELECT tail FROM touched)
), talks AS (
  SELECT * FROM {_TALK} WHERE tail IN (SELECT tail FROM touched)
), spelt AS (
  SELECT DISTINCT tail, number, is_e164, is_digits FROM mine
), named AS (  -- of several spellings of a number one stands for all
  SELECT a.tail, a.number, a.is_e164, a.is_digits,
    first(b.number ORDER BY b.is_e164 DESC, length(b.number) DESC, b.number) AS name
  FROM spelt a JOIN spelt b ON b.tail = a.tail AND {same("a", "b")} GROUP BY ALL
), reached AS (
  SELECT DISTINCT n.tail, n.name, t.id, t.pbx, t.began, t.reached, t.how
  FROM named n JOIN talks t ON t.tail = n.tail AND {same("n", "t")}
), whose AS (
  SELECT m.*, n.name FROM mine m JOIN named n USING (tail, number, is_e164)
), beside AS (
  SELECT w.*, r.reached AS colleague_at
  FROM (SELECT *, ended + INTERVAL {_SAME_CALL_S} SECOND AS over_at FROM whose) w
  ASOF LEFT JOIN (SELECT * FROM reached WHERE how = 'got through') r
    ON r.tail = w.tail AND r.name = w.name AND r.pbx = w.pbx AND w.over_at >= r.began
), alone AS (  -- one whose call a colleague has answered is a record of that call
  SELECT * EXCLUDE (colleague_at, over_at) FROM beside WHERE (colleague_at >= began) IS NOT TRUE
), followed AS (
  SELECT a.*, coalesce(a.began <= max(a.ended) OVER before + INTERVAL {_SAME_CALL_S} SECOND, false) AS again
  FROM alone a WINDOW before AS (
    PARTITION BY a.tail, a.name, a.pbx ORDER BY a.began, a.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
), numbered AS (
  SELECT f.*, sum(CASE WHEN again THEN 0 ELSE 1 END) OVER (PARTITION BY tail, name, pbx ORDER BY began, id) AS attempt
  FROM followed f
), measured AS (
  SELECT n.*, date_diff('second', min(began) OVER one, max(ended) OVER one) AS lasted_s,
    bool_and(outcome = 'unanswered') OVER one AS is_unanswered
  FROM numbered n WINDOW one AS (PARTITION BY tail, name, pbx, attempt)
), kept AS (
  SELECT * FROM measured WHERE NOT (is_unanswered AND lasted_s > 0 AND lasted_s < $shortest)
), ended AS (
  SELECT k.*, r.id AS ended_by, r.began AS ended_at, r.how AS ended_how
  FROM kept k ASOF LEFT JOIN (SELECT * FROM reached ORDER BY began, id) r
    ON r.tail = k.tail AND r.name = k.name AND k.began < r.began
), entered AS (
  SELECT e.*, first(id) OVER (PARTITION BY tail, name, ended_at ORDER BY began, id) AS of_entry FROM ended e
)
SELECT m.* EXCLUDE (entry, is_again, closed_by, closed_at, closed_how),
  e.of_entry AS entry, e.again AS is_again, e.ended_by AS closed_by, e.ended_at AS closed_at, e.ended_how AS closed_how
FROM mine m LEFT JOIN entered e USING (id)
"""
