"""Finds the missed calls whose caller got through later, or was called back: with a later answered call of that PBX.

Whoever sees some calls only is told of a caller that a colleague called back whose calls they do not see: they learn
that it was done, and nothing of the call. Where digits are hidden, numbers are compared whole all the same.

Numbers are the same by E.164 or, where no dial plan tells it, by their last digits: a PBX writes what its line gave,
and what somebody dialled. They are joined by these digits, which DuckDB finds at once; to ask of each two whether one
ends with the other would take minutes.
"""

from __future__ import annotations

_SUBSCRIBER, _NATIONAL = 7, 9
"""Last digits that two spellings of a number share at least; and those that tell it from every other in a country."""
_CLOCKS = "INTERVAL 14 HOUR"
"""By how much a PBX's clock is ahead of UTC at most."""
_OUTSIDE = "direction <> 'internal' AND direction <> 'transit'"
"""Calls of one party outside. Each of these is compared as calls are read, which a list of directions is not."""

_FROM, _UNTIL = "FROM call WHERE /* of missed */", "/* until here */"
"""Around the condition of missed calls, to be found by `with_whole_numbers`."""


def with_whole_numbers(query: str) -> str:
    """Return a question that compares numbers whole, for a ledger in which digits of them are hidden."""
    whole = query.replace(_FROM, "FROM main.call WHERE rowid IN (SELECT rowid FROM call WHERE ")
    return whole.replace(_UNTIL, ")")


def asks_who_talked(condition: str) -> bool:
    """Return whether a condition is one of these: to find out which calls it chooses takes as long as many reports."""
    return _UNTIL in condition


def called_back(missed: str, since: str = "") -> str:
    """Return the condition that a call is one of some missed ones, and that its caller has talked to somebody since.

    `missed` is a condition, all of whose calls have a caller. `since` is a moment in SQL, PBX time or UTC, before which
    none of them began: then no call from before it is read.
    """
    return _those(missed, since, "r.last_at > m.started_at")


def waiting(missed: str, since: str = "") -> str:
    """Return the condition that a call is one of some missed ones, and that its caller has talked to nobody since.

    It chooses what `called_back` leaves of them. They are few: to look for them among all calls takes no time, while to
    look for all others and leave them out takes as long as to find them.
    """
    return _those(missed, since, "r.last_at IS NULL OR r.last_at <= m.started_at")


def _those(missed: str, since: str, which: str) -> str:
    """Return the condition that a call is one of some missed ones `m`, by when its caller has talked last (`r`)."""
    newer = f"{since}::TIMESTAMP - {_CLOCKS}" if since else "(SELECT min(started_at) FROM missed)"
    return f"""rowid IN (
    WITH missed AS (
      SELECT rowid AS place, pbx, started_at, coalesce(number_e164, caller) AS number {_FROM} {missed} {_UNTIL}
    ), talked AS (
      SELECT pbx, max(started_at) AS last_at,
        coalesce(number_e164, CASE direction WHEN 'incoming' THEN caller ELSE called END) AS number
      FROM main.call WHERE outcome = 'answered' AND {_OUTSIDE} AND started_at >= {newer} GROUP BY ALL
    ), reached AS (
      SELECT m.pbx, m.number, max(t.last_at) AS last_at FROM (SELECT DISTINCT pbx, number FROM missed) m
      JOIN talked t ON t.pbx = m.pbx AND right(t.number, {_SUBSCRIBER}) = right(m.number, {_SUBSCRIBER})
        AND (right(t.number, {_NATIONAL}) = right(m.number, {_NATIONAL})
          OR suffix(t.number, m.number) OR suffix(m.number, t.number))
      GROUP BY ALL
    )
    SELECT m.place FROM missed m LEFT JOIN reached r ON r.pbx = m.pbx AND r.number = m.number WHERE {which}
    )"""
