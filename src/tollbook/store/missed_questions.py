"""What is asked of the state of missed calls: entries through the ledger of whoever asks.

An entry is what its tries are that are seen: those outside the scope, or not meant by the filter, are as if they were
not there. Only that it was called back, or got through, is told of all calls of the site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from tollbook.model.missed import FollowUp, State
from tollbook.store.filters import ALL, Where
from tollbook.store.ledger import Ledger
from tollbook.store.missed_tables import DATABASE
from tollbook.store.schema import CALL_VIEW

Order = Literal["usual", "latest"]
"""Open ones by when they are due and done ones by when that was, or all by their last try."""
_OPEN, _DONE = "NOT is_done", "is_done"
_LATEST = "last_at DESC, entry"
_STATES: dict[State, tuple[str, str]] = {
    "open": (_OPEN, "due_at NULLS LAST, first_at, entry"),
    "done": (_DONE, "ended_at DESC, entry"),
    "all": ("true", _LATEST),
}
"""Which entries, and in which order."""


class MissedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are wanted. `offsets` has by PBX how far its clock is ahead of UTC now, in seconds."""

    since: datetime
    now: datetime
    offsets: Mapping[str, int]
    follow_ups: Sequence[FollowUp] = ()
    where: Where = ALL
    state: State = "open"
    order: Order = "usual"
    limit: int = 50
    offset: int = 0


class MissedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One lost caller. Moments are UTC; those that end in `_local` are by the clock of the PBX.

    `calls` are the missed calls that are seen. `outcomes` are theirs: unanswered, busy, failed, unknown, voicemail.
    `closed_how` says how the ledger has it: called back or got through, by `closed_by`.
    """

    id: UUID
    entry: UUID
    pbx: str
    calls: list[UUID]
    tries: int
    first_at: datetime
    last_at: datetime
    first_local: datetime
    last_local: datetime
    waited_s: int
    outcomes: list[str]
    extensions: list[str]
    due_at: datetime | None
    due_local: datetime | None
    is_over: bool
    is_done: bool
    closed_by: UUID | None
    closed_at: datetime | None
    closed_how: str | None
    follow_up: FollowUp | None


class MissedFound(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries, and how many there are in all, open and done, and of the open ones over their time."""

    entries: list[MissedEntry]
    open: int
    done: int
    over: int


_FIELDS = tuple(name for name in MissedEntry.__struct_fields__ if name != "follow_up")
_FOLLOW_UPS = ("call", "claimed_by", "claimed_at", "done_by", "done_at", "done_how", "note")
_SEEN = f"""
SELECT t.* FROM {DATABASE}.tries t JOIN (
  SELECT id FROM call WHERE direction = 'incoming' AND started_at >= $missed_since AND ({{where}})
) c USING (id) WHERE t.entry IS NOT NULL
"""
_ALL_SEEN = f"SELECT t.* FROM {DATABASE}.tries t WHERE t.entry IS NOT NULL AND $missed_since IS NOT NULL"
"""For whoever sees every call: no call has to be looked at."""
_WHOLE = f"""
follow_ups AS (
  SELECT unnest($follow_up_calls::UUID[]) AS call, unnest($follow_up_numbers::INTEGER[]) AS number,
    unnest($follow_up_done::TIMESTAMP[]) AS done_at
), followed AS (
  SELECT t.entry, max(m.number) AS follow_up, arg_max_null(m.done_at, m.number) AS said_at
  FROM follow_ups m JOIN {DATABASE}.tries t ON t.id = m.call WHERE t.entry IS NOT NULL GROUP BY t.entry
), clocks AS (
  SELECT unnest($clock_pbxs::VARCHAR[]) AS pbx, unnest($clock_offsets::INTEGER[]) AS ahead_s
), timed AS (
  SELECT s.entry, s.began, s.closed_at, k.follow_up, k.said_at, s.due - to_seconds(coalesce(c.ahead_s, 0)) AS due_at
  FROM seen s LEFT JOIN followed k ON k.entry = s.entry LEFT JOIN clocks c ON c.pbx = s.pbx
), grouped AS (
  SELECT entry, min(began) AS first_at, max(began) AS last_at, any_value(closed_at) AS closed_at,
    min(due_at) FILTER (said_at IS NULL OR began > said_at) AS due_at,
    any_value(follow_up) AS follow_up, any_value(said_at) AS said_at
  FROM timed GROUP BY entry
), ended AS (
  SELECT *, closed_at IS NOT NULL OR coalesce(said_at >= last_at, false) AS is_done,
    least(closed_at, CASE WHEN said_at >= last_at THEN said_at END) AS ended_at FROM grouped
), whole AS (
  SELECT *, coalesce(NOT is_done AND due_at < $now, false) AS is_over FROM ended
)
"""
"""What is to be known of all entries, to count them and put them in order."""
_DETAILS = """
details AS (
  SELECT s.entry, arg_min(s.id, (s.began, s.id)) AS id, arg_max(s.pbx, s.began) AS pbx,
    list(s.id ORDER BY s.began, s.id) AS calls, greatest(count(*) FILTER (NOT s.is_again), 1) AS tries,
    min(s.local) AS first_local, max(s.local) AS last_local, max(s.waited_s) AS waited_s,
    list(DISTINCT s.outcome ORDER BY s.outcome) AS outcomes,
    list(DISTINCT s.extension ORDER BY s.extension) FILTER (s.extension <> '') AS extensions,
    min(s.due) FILTER (p.said_at IS NULL OR s.began > p.said_at) AS due_local,
    any_value(s.closed_by) AS closed_by, any_value(s.closed_how) AS closed_how
  FROM page p JOIN seen s ON s.entry = p.entry GROUP BY s.entry
)
"""
"""What is told of those entries alone that are shown."""
_CHOSEN = ", ".join(
    f"{'w' if name in ('entry', 'first_at', 'last_at', 'closed_at', 'due_at', 'is_over', 'is_done') else 'd'}.{name}"
    for name in _FIELDS
)


def missed_entries(ledger: Ledger, asked: MissedQuestion) -> MissedFound:
    """Return the entries of a page, and how many there are of each kind."""
    wanted, order = _STATES[asked.state]
    order = order if asked.order == "usual" else _LATEST
    query = f"""
    WITH seen AS MATERIALIZED ({_seen(ledger, asked)}), {_WHOLE}, counted AS (
      SELECT count(*) FILTER ({_OPEN}) AS open, count(*) FILTER ({_DONE}) AS done,
        count(*) FILTER (is_over) AS over FROM whole
    ), page AS MATERIALIZED (
      SELECT * FROM whole WHERE {wanted} ORDER BY {order} LIMIT {int(asked.limit)} OFFSET {int(asked.offset)}
    ), {_DETAILS}
    SELECT n.open, n.done, n.over, w.follow_up, {_CHOSEN}
    FROM counted n LEFT JOIN page w ON true LEFT JOIN details d ON d.entry = w.entry
    ORDER BY {", ".join(f"w.{part}" for part in order.split(", "))}
    """
    rows = ledger.rows(query, _bound(asked))
    entries = [_entry(row[3:], asked.follow_ups) for row in rows if row[4] is not None]
    return MissedFound(entries=entries, open=rows[0][0], done=rows[0][1], over=rows[0][2])


def entry_of(ledger: Ledger, asked: MissedQuestion, call: UUID) -> MissedEntry | None:
    """Return the entry that one of the calls seen is part of; None where there is none."""
    return next(iter(entries_of(ledger, asked, [call])), None)


def entries_of(ledger: Ledger, asked: MissedQuestion, calls: Iterable[UUID]) -> list[MissedEntry]:
    """Return the entries that calls are part of which are seen, each once."""
    meant = f"SELECT entry FROM {DATABASE}.tries WHERE id IN (SELECT unnest($calls::UUID[]))"
    query = f"""
    WITH seen AS MATERIALIZED ({_seen(ledger, asked)} AND t.entry IN ({meant})), {_WHOLE},
    page AS (SELECT * FROM whole), {_DETAILS}
    SELECT w.follow_up, {_CHOSEN} FROM page w JOIN details d ON d.entry = w.entry
    WHERE list_has_any(d.calls, $calls::UUID[]) ORDER BY w.first_at, w.entry
    """
    rows = ledger.rows(query, {**_bound(asked), "calls": list(calls)})
    return [_entry(row, asked.follow_ups) for row in rows]


def _seen(ledger: Ledger, asked: MissedQuestion) -> str:
    """Return the question for the tries that are seen and meant."""
    is_all = ledger.scope.calls == ALL and asked.where == ALL
    return _ALL_SEEN if is_all else _SEEN.format(where=asked.where.sql)


def _bound(asked: MissedQuestion) -> dict[str, Any]:
    return {
        **asked.where.values,
        "missed_since": asked.since,
        "now": asked.now,
        "follow_up_calls": [each.call for each in asked.follow_ups],
        "follow_up_numbers": list(range(len(asked.follow_ups))),
        "follow_up_done": [
            None if each.done_at is None else each.done_at.replace(tzinfo=None) for each in asked.follow_ups
        ],
        "clock_pbxs": list(asked.offsets),
        "clock_offsets": list(asked.offsets.values()),
    }


def _entry(row: Sequence[Any], follow_ups: Sequence[FollowUp]) -> MissedEntry:
    follow_up, *values = row
    told = dict(zip(_FIELDS, values, strict=True))
    told["extensions"] = told["extensions"] or []
    return MissedEntry(**told, follow_up=None if follow_up is None else follow_ups[follow_up])


class CallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a call tells of its other side and of whose it is, as the ledger shows it."""

    caller: str
    number: str
    name: str
    extension: str
    person: str
    department: str
    ddi: str


def call_facts(ledger: Ledger, calls: Iterable[tuple[UUID, datetime]]) -> dict[UUID, CallFacts]:
    """Return what is seen of some calls by their ids; each is given with its start in UTC."""
    asked = dict(calls)
    if not asked:
        return {}
    shown = {
        "caller": f"CASE direction WHEN 'incoming' THEN {CALL_VIEW['caller'][0]} ELSE {CALL_VIEW['called'][0]} END",
        "number": "number_e164",
        "name": f"coalesce({CALL_VIEW['number_name'][0]}, nullif(caller_name, ''))",
        "extension": "extension",
        "person": CALL_VIEW["person"][0],
        "department": CALL_VIEW["department"][0],
        "ddi": "ddi",
    }
    columns = ", ".join(f"coalesce({source}, '') AS {name}" for name, source in shown.items())
    query = (
        f"SELECT id, {columns} FROM (SELECT * FROM call WHERE started_at >= $first_at AND started_at <= $last_at "
        "AND id IN (SELECT unnest($ids::UUID[])))"
    )
    bound = {"ids": list(asked), "first_at": min(asked.values()), "last_at": max(asked.values())}
    rows = ledger.rows(query, bound)
    return {key: CallFacts(**dict(zip(shown, texts, strict=True))) for key, *texts in rows}


def rung_extensions(
    ledger: Ledger, calls: Iterable[UUID], first_at: datetime, last_at: datetime
) -> dict[UUID, list[str]]:
    """Return which extensions rang for some calls, by their records, where a call has several."""
    query = (
        "SELECT call, list(DISTINCT extension ORDER BY extension) FROM leg WHERE extension <> '' "
        "AND call IN (SELECT unnest($ids::UUID[])) AND started_at >= $first_at::TIMESTAMP - INTERVAL 1 HOUR "
        "AND started_at <= $last_at::TIMESTAMP + INTERVAL 1 DAY GROUP BY call"
    )
    return dict(ledger.rows(query, {"ids": list(calls), "first_at": first_at, "last_at": last_at}))
