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


_FROM, _UNTIL = "FROM call WHERE /* of missed */", "/* until here */"
"""Around the condition of missed calls, to be found by `with_whole_numbers`."""


def with_whole_numbers(query: str) -> str:
    """Return a question that compares numbers whole, for a ledger in which digits of them are hidden."""
    whole = query.replace(_FROM, "FROM main.call WHERE id IN (SELECT id FROM call WHERE ")
    return whole.replace(_UNTIL, ")")


def called_back(missed: str, since: str = "") -> str:
    """Return the condition that a call is one of some missed ones, and that its caller has talked to somebody since.

    `missed` is a condition, all of whose calls have a caller. `since` is a moment in SQL, PBX time or UTC, before which
    none of them began: then no call from before it is read.
    """
    newer = f" AND started_at >= {since}::TIMESTAMP - {_CLOCKS}" if since else ""
    return f"""id IN (
    WITH missed AS (
      SELECT id, pbx, started_at, coalesce(number_e164, caller) AS number {_FROM} {missed} {_UNTIL}
    ), talked AS (
      SELECT pbx, max(started_at) AS last_at,
        coalesce(number_e164, CASE direction WHEN 'incoming' THEN caller ELSE called END) AS number
      FROM main.call WHERE outcome = 'answered' AND direction IN ('incoming', 'outgoing')
        AND started_at > (SELECT min(started_at) FROM missed){newer} GROUP BY ALL
    ), reached AS (
      SELECT m.pbx, m.number, max(t.last_at) AS last_at
      FROM (SELECT pbx, number, min(started_at) AS first_at FROM missed GROUP BY ALL) m
      JOIN talked t ON t.pbx = m.pbx AND right(t.number, {_SUBSCRIBER}) = right(m.number, {_SUBSCRIBER})
        AND t.last_at > m.first_at AND (right(t.number, {_NATIONAL}) = right(m.number, {_NATIONAL})
          OR suffix(t.number, m.number) OR suffix(m.number, t.number))
      GROUP BY ALL
    )
    SELECT m.id FROM missed m JOIN reached r ON r.pbx = m.pbx AND r.number = m.number AND r.last_at > m.started_at
    )"""
