"""What is asked of the store: calls by filter, one call, rejects, and the figures of the first page.

Listings have the columns of the documented views; what is counted is counted in the tables below them. Every value is
bound. Rows come as dicts only at the very edge, ready to be written as JSON or CSV; instants are UTC with `Z`, wall
times carry no zone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import msgspec

from tollbook.model.page_limits import LONG_LISTS
from tollbook.model.problem import Misconfigured, Problem, Unavailable, nearest
from tollbook.store.far_pages import Stretch, near
from tollbook.store.filter_values import MISSED
from tollbook.store.filters import ALL, Where
from tollbook.store.ledger import EVERYTHING, Ledger, Values
from tollbook.store.schema import AGG_VIEW, CALL_VIEW, LEG_VIEW

_UTC = frozenset(("started_at", "answered_at", "ended_at", "received_at"))
_SAID = {
    **dict.fromkeys(("started_at", "answered_at", "ended_at", "received_at"), "strftime({}, '%Y-%m-%dT%H:%M:%SZ')"),
    **dict.fromkeys(("started_local", "CALL_TIME"), "strftime({}, '%Y-%m-%dT%H:%M:%S')"),
    **dict.fromkeys(("id", "call", "CALL_DURATION", "RING"), "CAST({} AS VARCHAR)"),
    **dict.fromkeys(("cost", "price"), r"regexp_replace(CAST({} AS VARCHAR), '\.?0+$', '')"),
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
    """Return a set of columns by name, or those of some fields, separated by commas; raises `Misconfigured`."""
    if name in COLUMN_SETS:
        return COLUMN_SETS[name]
    fields = [field.strip() for field in name.split(",") if field.strip()]
    unknown = next((field for field in fields if field not in CALL_VIEW), "" if fields else name)
    if fields and not unknown:
        return {field: CALL_VIEW[field] for field in fields}
    reason = f"known are: {', '.join(COLUMN_SETS)}, and fields of a call, separated by commas"
    raise Misconfigured(Problem(f"no columns are called {unknown!r}", reason, help=nearest(unknown, CALL_VIEW)))


def calls(ledger: Ledger, listing: CallListing) -> Iterator[dict[str, Any]]:
    """Yield calls, newest first unless told otherwise, without holding them all."""
    columns = column_set(listing.columns)
    chosen = ", ".join(_said(name, source) for name, (source, _) in columns.items())
    order, where = _order(listing.order), listing.where
    condition = where.sql
    if listing.limit:
        asked = Stretch(where=where, order=listing.order, offset=listing.offset, limit=listing.limit)
        found = near(ledger, asked)
        where = found.where
        # Only the columns sorted by are read for every call: deep pages come 2 to 4 times sooner.
        page = f"ORDER BY {order} LIMIT {int(found.limit)} OFFSET {int(found.offset)}"
        condition = f"rowid IN (SELECT rowid FROM call WHERE {where.sql} {page})"
    inner = f"SELECT * FROM call WHERE {condition} ORDER BY {order}"
    with nullcontext() if listing.limit else _sent_whole():
        yield from _rows(ledger, f"SELECT {chosen} FROM ({inner})", where.values, list(columns))


_whole_lists = threading.BoundedSemaphore(LONG_LISTS)
"""Each holds what it has sorted until the last of it is sent, however slowly somebody reads."""


@contextmanager
def _sent_whole() -> Iterator[None]:
    if not _whole_lists.acquire(blocking=False):
        raise Unavailable(f"{LONG_LISTS} whole lists of calls are being sent already; ask again when one is through")
    try:
        yield
    finally:
        _whole_lists.release()


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


def has_record(ledger: Ledger, where: Mapping[str, Any]) -> bool:
    """Say whether there is a call, or a record of one, that lies at a place in the journal: PBX, body, and so on."""
    lies = " AND ".join(f"{name} = ${name}" for name in ("pbx", "body", "member", "position", "length"))
    query = f"SELECT 1 FROM call WHERE {lies} UNION ALL SELECT 1 FROM leg WHERE {lies} LIMIT 1"
    return bool(ledger.rows(query, where))


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


def newest_calls(ledger: Ledger, after: int, most: int) -> list[dict[str, Any]]:
    """Return the last calls that changed after a change, oldest first, and no more than so many."""
    query = "SELECT id::BLOB FROM call WHERE change > $after ORDER BY change DESC LIMIT $most"
    return calls_by_keys(ledger, [bytes(key) for (key,) in ledger.rows(query, {"after": after, "most": most})])


def seen_by(ledger: Ledger, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of some calls that a ledger has, as it has them; for the live feed, which is the same for all."""
    if ledger.scope == EVERYTHING or not told:
        return told
    first_body = min(call["body"] or 0 for call in told)
    seen = {call["id"]: call for call in calls_by_keys(ledger, [UUID(call["id"]).bytes for call in told], first_body)}
    return [seen[call["id"]] for call in told if call["id"] in seen]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the frames of a PBX (or of one body), and when its last call began (UTC, ISO 8601).

    `further_legs` are records that are part of a call with others: one of them counts as the call. Of a body they are
    counted as `calls`. `rejected` are rejects that stand, without those that somebody `put_aside`.
    """

    frames: int = 0
    calls: int = 0
    further_legs: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0
    replayed: int = 0
    last_call_at: str | None = None
    put_aside: int = 0


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
    rejects = ledger.rows(
        "SELECT pbx, count(*) - count(a.id), count(a.id) FROM reject LEFT JOIN put_aside a USING (id) GROUP BY pbx",
    )
    standing, aside = ({row[0]: int(row[part]) for row in rejects} for part in (1, 2))
    rows = ledger.rows(f"SELECT pbx, {_TALLY} FROM tally GROUP BY pbx")
    return {
        pbx: Counts(
            frames=int(frames), calls=whole.get(pbx, 0), further_legs=int(new) - whole.get(pbx, 0),
            duplicates=int(known), skipped=int(skipped),
            rejected=standing.get(pbx, 0), replayed=int(replayed), last_call_at=last.get(pbx),
            put_aside=aside.get(pbx, 0),
        )
        for pbx, frames, new, known, skipped, replayed in rows
    }  # fmt: skip


def pbxs_with_calls(ledger: Ledger) -> set[str]:
    """Return the PBXs of which calls were read."""
    return {pbx for (pbx,) in ledger.rows("SELECT DISTINCT pbx FROM tally WHERE calls > 0")}


FIGURES_BY = {
    "day": "strftime(started_local, '%Y-%m-%d')",
    "hour": "hour(started_local)",
    "weekday": "isodow(started_local)",
    "month": "strftime(started_local, '%Y-%m')",
    "extension": "extension",
    "trunk": "trunk",
    "pbx": "pbx",
    "direction": "direction",
    "outcome": "outcome",
    "account": "account_code",
}
"""What figures can be asked by; hours and days are those of the PBX, weekdays 1 (Monday) to 7."""
WHOLE_FIGURES = ("hour", "weekday")
"""Those of them that are whole numbers; the others are texts."""
FIGURES = ("calls", "answered", "missed", "talk_s", "ring_s")


def figures(ledger: Ledger, where: Where, by: str) -> Iterator[dict[str, Any]]:
    """Yield by each value of something how many calls, how many answered and missed, and seconds talked and rung."""
    query = (
        f"SELECT {FIGURES_BY[by]} AS value, count(*), count(*) FILTER (outcome = 'answered'), "
        f"count(*) FILTER {MISSED}, coalesce(sum(talk_s), 0), coalesce(sum(ring_s), 0) "
        f"FROM call WHERE {where.sql} GROUP BY ALL ORDER BY value"
    )
    for value, *numbers in ledger.rows(query, where.values):
        yield {by: value, **dict(zip(FIGURES, map(int, numbers), strict=True))}


class ListTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What a list comes to: its calls, those answered and those missed, and the seconds talked."""

    calls: int
    answered: int
    missed: int
    talk_s: int


def list_totals(ledger: Ledger, where: Where) -> ListTotals:
    """Return the sums over the calls that a filter means."""
    query = (
        "SELECT count(*) AS calls, count(*) FILTER (outcome = 'answered') AS answered, "
        f"count(*) FILTER {MISSED} AS missed, coalesce(sum(talk_s), 0) AS talk_s FROM call WHERE {where.sql}"
    )
    calls, answered, missed, talk_s = ledger.rows(query, where.values)[0]
    return ListTotals(calls=calls, answered=answered, missed=missed, talk_s=int(talk_s))


def missed_callers(ledger: Ledger, where: Where, most: int = 8) -> list[dict[str, Any]]:
    """Return the callers of some missed calls, the latest first, each with the number of tries and its last call."""
    query = f"""
    WITH tried AS (
      SELECT caller, pbx, count(*) AS tries, max(started_at) AS last_at,
             arg_max(started_local, started_at) AS last_local,
             arg_max(extension, started_at) AS extension, arg_max(id, started_at) AS id,
             arg_max(number_e164, started_at) AS number_e164, arg_max(number_entry, started_at) AS number_entry
      FROM call WHERE {where.sql} GROUP BY caller, pbx
    )
    SELECT id, pbx, caller, tries, last_local, extension, number_e164, {CALL_VIEW["number_name"][0]}
    FROM tried ORDER BY last_at DESC LIMIT {int(most)}
    """
    names = ["id", "pbx", "caller", "tries", "last_local", "extension", "number_e164", "number_name"]
    return [
        {name: _plain(name, value) for name, value in zip(names, row, strict=True)}
        for row in ledger.rows(query, where.values)
    ]


def last_day(ledger: Ledger) -> str | None:
    """Return the last day, PBX time, that any call began on."""
    found = ledger.rows("SELECT max(started_local)::DATE FROM call")[0][0]
    return None if found is None else str(found.isoformat())


class CallRate(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that began in the last 60 minutes, and how many usually do at this time of the week.

    `usual` is the median of the same 60 minutes of the four weeks before, as far back as there are calls; None without
    any such week.
    """

    calls: int = 0
    usual: float | None = None


_HOUR, _WEEK = timedelta(hours=1), timedelta(weeks=1)
_WEEKS = 5


def usual_rates(ledger: Ledger, now: datetime) -> dict[str, CallRate]:
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


def usual_rate(ledger: Ledger, pbx: str, now: datetime) -> CallRate:
    """Return the rate of one PBX; see `usual_rates`."""
    return usual_rates(ledger, now).get(pbx, CallRate())


def _rate(counted: list[int], ends: list[datetime], first: datetime) -> CallRate:
    """Weeks that were over before the first call tell nothing of what is usual."""
    before = [calls for calls, end in zip(counted[1:], ends[1:], strict=True) if first <= end]
    return CallRate(calls=counted[0], usual=float(median(before)) if before else None)


def _instant(moment: datetime) -> datetime:
    """Return an aware moment as the store keeps instants."""
    return moment.astimezone(UTC).replace(tzinfo=None)
