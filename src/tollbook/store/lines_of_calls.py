"""The trunks and trunk groups that calls went over, and how many calls some days have: what a tariff is assigned by."""

from __future__ import annotations

from datetime import date

import msgspec

from tollbook.store.ledger import Ledger

_MOST = 200


class LinesOfCalls(msgspec.Struct, frozen=True):
    """Trunks and trunk groups, those of most calls first."""

    trunks: list[str]
    trunk_groups: list[str]


def lines_of_calls(ledger: Ledger) -> LinesOfCalls:
    """Return the lines that calls went over, 200 of each kind at most."""
    return LinesOfCalls(*(_most_used(ledger, column) for column in ("trunk", "trunk_group")))


def _most_used(ledger: Ledger, column: str) -> list[str]:
    query = f"SELECT {column} FROM call WHERE {column} <> '' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $most"
    return [text for (text,) in ledger.rows(query, {"most": _MOST})]


def calls_between(ledger: Ledger, first: date | None, until: date | None) -> int:
    """Return how many calls began from one day until before another, by the clocks of their PBXs."""
    query = (
        "SELECT count(*) FROM call WHERE ($first IS NULL OR started_local >= CAST($first AS DATE)) "
        "AND ($until IS NULL OR started_local < CAST($until AS DATE))"
    )
    days = {name: day.isoformat() if day else None for name, day in (("first", first), ("until", until))}
    return int(ledger.rows(query, days)[0][0])
