"""What is asked of the store: calls by filter, one call, rejects, and the figures of the first page.

Listings have the columns of the documented views; what is counted is counted in the tables below them. Every value is
bound. Rows come as dicts only at the very edge, ready to be written as JSON or CSV; instants are UTC with `Z`, wall
times carry no zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import msgspec

from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.filters import ALL, Where
from tollbook.store.ledger import EVERYTHING, Ledger, Values
from tollbook.store.schema import AGG_VIEW, CALL_VIEW, LEG_VIEW, REJECT_VIEW

_UTC = frozenset(("started_at", "answered_at", "ended_at", "received_at"))
_SAID = {
    **dict.fromkeys(("started_at", "answered_at", "ended_at", "received_at"), "strftime({}, '%Y-%m-%dT%H:%M:%SZ')"),
    **dict.fromkeys(("started_local", "CALL_TIME"), "strftime({}, '%Y-%m-%dT%H:%M:%S')"),
    **dict.fromkeys(("id", "call", "CALL_DURATION", "RING"), "CAST({} AS VARCHAR)"),
}
"""How the columns are written that are neither text nor number."""

COLUMN_SETS: dict[str, dict[str, tuple[str, str]]] = {"tollbook": CALL_VIEW, "agg": AGG_VIEW}
"""Names under which calls can be listed."""

SORTABLE = (
    "started_at", "pbx", "direction", "outcome", "extension", "caller", "called", "trunk",
    "ring_s", "talk_s", "total_s",
)  # fmt: skip


class CallListing(msgspec.Struct, frozen=True, kw_only=True):
    """How to list calls: which, under which names, in which order (`-` turns it), how many, from where on."""

    where: Where = ALL
    columns: str = "tollbook"
    order: str = "-started_at"
    limit: int = 0
    offset: int = 0


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - any column's value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds") + ("Z" if name in _UTC else "")
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value if value is None or isinstance(value, (int, str, float)) else str(value)


def _said(name: str, source: str) -> str:
    """Return a column as it is written in JSON and CSV; DuckDB writes a list several times faster than Python would."""
    form = _SAID.get(name)
    return f"{form.format(source)} AS {name}" if form else f"{source} AS {name}"


def _order(order: str) -> str:
    name = order.removeprefix("-")
    if name not in SORTABLE:
        reason = f"calls can be sorted by {', '.join(SORTABLE)}"
        raise Misconfigured(Problem(f"cannot sort by {name!r}", reason, help="put - before the name to turn the order"))
    way = "DESC" if order.startswith("-") else "ASC"
    return f"{name} {way}, started_at DESC, id" if name != "started_at" else f"started_at {way}, id {way}"


def column_set(name: str) -> dict[str, tuple[str, str]]:
    """Return a set of columns by name; raises `Misconfigured` for one that there is not."""
    if name in COLUMN_SETS:
        return COLUMN_SETS[name]
    raise Misconfigured(Problem(f"no columns are called {name!r}", f"known are: {', '.join(COLUMN_SETS)}"))


def calls(ledger: Ledger, listing: CallListing) -> Iterator[dict[str, Any]]:
    """Yield calls, newest first unless told otherwise, without holding them all."""
    columns = column_set(listing.columns)
    chosen = ", ".join(_said(name, source) for name, (source, _) in columns.items())
    condition = listing.where.sql
    order = _order(listing.order)
    if listing.limit:
        # Only the columns sorted by are read for every call: deep pages come 2 to 4 times sooner.
        page = f"ORDER BY {order} LIMIT {int(listing.limit)} OFFSET {int(listing.offset)}"
        condition = f"rowid IN (SELECT rowid FROM call WHERE {condition} {page})"
    inner = f"SELECT * FROM call WHERE {condition} ORDER BY {order}"
    yield from _rows(ledger, f"SELECT {chosen} FROM ({inner})", listing.where.values, list(columns))


def _rows(ledger: Ledger, query: str, values: Values, names: list[str]) -> Iterator[dict[str, Any]]:
    for row in ledger.stream(query, values):
        yield dict(zip(names, row, strict=True))


def count_calls(ledger: Ledger, where: Where) -> int:
    """Return how many calls a filter means."""
    return int(ledger.rows(f"SELECT count(*) FROM call WHERE {where.sql}", where.values)[0][0])


def call(ledger: Ledger, key: str) -> dict[str, Any] | None:
    """Return one call by its id, or None; a text that is no id finds nothing."""
    found = calls(ledger, CallListing(where=Where("id = TRY_CAST($id AS UUID)", {"id": key}), limit=1))
    return next(iter(list(found)), None)


def legs(ledger: Ledger, key: str) -> list[dict[str, Any]]:
    """Return the records of one call, in the order in which they began; a call that is one record has that one."""
    chosen = ", ".join(_said(name, source) for name, (source, _) in LEG_VIEW.items())
    inner = "SELECT * FROM leg WHERE call = TRY_CAST($call AS UUID) ORDER BY started_at, body, member, position"
    found = list(_rows(ledger, f"SELECT {chosen} FROM ({inner})", {"call": key}, list(LEG_VIEW)))
    whole = call(ledger, key) if not found else None
    return [{name: whole.get(name, key if name == "call" else "") for name in LEG_VIEW}] if whole else found


def calls_by_keys(ledger: Ledger, keys: list[bytes], first_body: int = 0) -> list[dict[str, Any]]:
    """Return calls by their keys, oldest first, for the live feed; none is from a body before `first_body`."""
    if not keys:
        return []
    bound = {f"key_{number}": key for number, key in enumerate(keys)}
    condition = f"body >= $first_body AND id IN ({', '.join(f'${name}::BLOB::UUID' for name in bound)})"
    where = Where(condition, {"first_body": first_body, **bound})
    return list(calls(ledger, CallListing(where=where, order="started_at")))


def seen_by(ledger: Ledger, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of some calls that a ledger has; for the live feed, which everybody is given the same of."""
    if ledger.scope == EVERYTHING or not told:
        return told
    bound = {f"id_{number}": call["id"] for number, call in enumerate(told)}
    query = f"SELECT CAST(id AS VARCHAR) FROM call WHERE id IN ({', '.join(f'${name}::UUID' for name in bound)})"
    seen = {key for (key,) in ledger.rows(query, bound)}
    return [call for call in told if call["id"] in seen]


def rejects(ledger: Ledger, pbx: str = "", limit: int = 0) -> Iterator[dict[str, Any]]:
    """Yield rejects, newest first; of one PBX where one is named."""
    chosen = ", ".join(_said(name, name) for name in REJECT_VIEW)
    inner = "SELECT * FROM rejects WHERE $pbx IN ('', pbx) ORDER BY received_at DESC, id"
    query = f"SELECT {chosen} FROM ({inner}{f' LIMIT {int(limit)}' if limit else ''})"
    for reject in _rows(ledger, query, {"pbx": pbx}, list(REJECT_VIEW)):
        yield {**reject, "raw": reject["raw"].decode("utf-8", "backslashreplace")}


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the frames of a PBX (or of one body), and when its last call began (UTC, ISO 8601).

    `further_legs` are records that are part of a call with others: one of them counts as the call. Of a body they are
    counted as `calls`.
    """

    frames: int = 0
    calls: int = 0
    further_legs: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0
    replayed: int = 0
    last_call_at: str | None = None


_TALLY = (
    "coalesce(sum(frames), 0), coalesce(sum(calls), 0), coalesce(sum(duplicates), 0), "
    "coalesce(sum(skipped), 0), "
    "coalesce(sum(replayed), 0)"
)


def counts_by_pbx(ledger: Ledger) -> dict[str, Counts]:
    """Return what became of every PBX's frames. Rejects are those standing now, so a retry lowers them."""
    standing_calls = ledger.rows("SELECT pbx, max(started_at), count(*) FROM call GROUP BY pbx")
    last = {pbx: _plain("started_at", at) for pbx, at, _ in standing_calls}
    whole = {pbx: int(number) for pbx, _, number in standing_calls}
    standing = dict(ledger.rows("SELECT pbx, count(*) FROM reject GROUP BY pbx"))
    rows = ledger.rows(f"SELECT pbx, {_TALLY} FROM tally GROUP BY pbx")
    return {
        pbx: Counts(
            frames=int(frames), calls=whole.get(pbx, 0), further_legs=int(new) - whole.get(pbx, 0),
            duplicates=int(known), skipped=int(skipped),
            rejected=standing.get(pbx, 0), replayed=int(replayed), last_call_at=last.get(pbx),
        )
        for pbx, frames, new, known, skipped, replayed in rows
    }  # fmt: skip


def counts_of_body(ledger: Ledger, body: int) -> Counts:
    """Return what became of one body's frames so far."""
    rows = ledger.rows(
        "SELECT frames, calls, duplicates, skipped, rejected FROM tally WHERE body = $body",
        {"body": body},
    )
    return (
        Counts(**dict(zip(("frames", "calls", "duplicates", "skipped", "rejected"), rows[0], strict=True)))
        if rows
        else Counts()
    )


def calls_by_hour(ledger: Ledger, where: Where) -> list[tuple[int, str, int]]:
    """Return (hour of the PBX's day, direction, calls) for the calls a filter means."""
    query = f"SELECT hour(started_local), direction, count(*) FROM call WHERE {where.sql} GROUP BY ALL ORDER BY ALL"
    return [(int(hour), direction, int(number)) for hour, direction, number in ledger.rows(query, where.values)]


def busiest_extensions(ledger: Ledger, where: Where, most: int = 8) -> list[dict[str, Any]]:
    """Return the extensions with the most calls: calls, answered, talk seconds."""
    query = (
        "SELECT extension, count(*) AS calls, count(*) FILTER (outcome = 'answered') AS answered, "
        "sum(talk_s) AS talk_s "
        f"FROM call WHERE extension <> '' AND {where.sql} "
        f"GROUP BY extension ORDER BY calls DESC, extension LIMIT {int(most)}"
    )
    names = ["extension", "calls", "answered", "talk_s"]
    return [dict(zip(names, row, strict=True)) for row in ledger.rows(query, where.values)]


def day_totals(ledger: Ledger, where: Where) -> dict[str, int]:
    """Return calls, incoming, outgoing, internal, missed (incoming and not answered) and talk seconds."""
    query = (
        "SELECT count(*), count(*) FILTER (direction = 'incoming'), count(*) FILTER (direction = 'outgoing'), "
        "count(*) FILTER (direction = 'internal'), count(*) FILTER (direction = 'incoming' AND outcome <> 'answered'), "
        f"coalesce(sum(talk_s), 0) FROM call WHERE {where.sql}"
    )
    names = ("calls", "incoming", "outgoing", "internal", "missed", "talk_s")
    return {name: int(value) for name, value in zip(names, ledger.rows(query, where.values)[0], strict=True)}


def missed_calls(ledger: Ledger, where: Where, most: int = 8) -> list[dict[str, Any]]:
    """Return the latest missed calls: one entry per caller, however often it tried, with the number of tries.

    A caller who got through later, or was called back, is left out.
    """
    query = f"""
    WITH day AS (SELECT * FROM call WHERE {where.sql}),
    missed AS (
      SELECT caller, pbx, count(*) AS tries, max(started_at) AS last_at,
             arg_max(started_local, started_at) AS last_local,
             arg_max(extension, started_at) AS extension, arg_max(id, started_at) AS id
      FROM day WHERE direction = 'incoming' AND outcome <> 'answered' AND caller <> '' GROUP BY caller, pbx
    )
    SELECT m.id, m.pbx, m.caller, m.tries, m.last_local, m.extension FROM missed m
    WHERE NOT EXISTS (
      SELECT 1 FROM day d WHERE d.pbx = m.pbx AND d.started_at > m.last_at AND d.outcome = 'answered'
      AND (d.direction = 'incoming' AND d.caller = m.caller
           OR d.direction = 'outgoing' AND d.called LIKE '%' || m.caller)
    ) ORDER BY m.last_at DESC LIMIT {int(most)}
    """
    names = ["id", "pbx", "caller", "tries", "last_local", "extension"]
    return [
        {name: _plain(name, value) for name, value in zip(names, row, strict=True)}
        for row in ledger.rows(query, where.values)
    ]


def last_day(ledger: Ledger) -> str | None:
    """Return the last day, PBX time, that any call began on."""
    found = ledger.rows("SELECT max(started_local)::DATE FROM call")[0][0]
    return None if found is None else str(found.isoformat())


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that began in the last 60 minutes, and how many usually do at this time of the week.

    `usual` is the median of the same 60 minutes of the four weeks before, as far back as there are calls; None without
    any such week.
    """

    calls: int = 0
    usual: float | None = None


_HOUR, _WEEK = timedelta(hours=1), timedelta(weeks=1)
_WEEKS = 5


def usual_rates(ledger: Ledger, now: datetime) -> dict[str, Rate]:
    """Return the rate of every PBX that had a call in the last weeks.

    `now` carries the zone of the PBXs' clocks, so that the same time of an earlier week is the same across a change to
    or from summer time. One query reads two columns of about four weeks.
    """
    ends = [_instant(now - week * _WEEK) for week in range(_WEEKS)]
    bound = {f"end_{week}": end for week, end in enumerate(ends)} | {
        f"begin_{week}": end - _HOUR for week, end in enumerate(ends)
    }
    counts = ", ".join(
        f"count(*) FILTER (started_at > $begin_{week} AND started_at <= $end_{week})" for week in range(_WEEKS)
    )
    span = f"started_at > $begin_{_WEEKS - 1} AND started_at <= $end_0"
    query = f"SELECT pbx, min(started_at), {counts} FROM call WHERE {span} GROUP BY pbx"
    rows = ledger.rows(query, bound)
    return {pbx: _rate(counted, ends, first) for pbx, first, *counted in rows}


def usual_rate(ledger: Ledger, pbx: str, now: datetime) -> Rate:
    """Return the rate of one PBX; see `usual_rates`."""
    return usual_rates(ledger, now).get(pbx, Rate())


def _rate(counted: list[int], ends: list[datetime], first: datetime) -> Rate:
    """Weeks that were over before the first call tell nothing of what is usual."""
    before = [calls for calls, end in zip(counted[1:], ends[1:], strict=True) if first <= end]
    return Rate(calls=counted[0], usual=float(median(before)) if before else None)


def _instant(moment: datetime) -> datetime:
    """Return an aware moment as the store keeps instants."""
    return moment.astimezone(UTC).replace(tzinfo=None)
