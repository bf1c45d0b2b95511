"""Calls as the site makes them: the numbers that are called most, each with a usual length."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import msgspec

from tollbook.store.ledger import Ledger


class TypicalCall(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is called often: what it means, how long a call to it usually takes, and when the last one was."""

    e164: str
    country: str
    kind: str
    talk_s: int
    started_at: datetime
    calls: int


def typical_calls(ledger: Ledger, most: int, pbxs: Collection[str] = ()) -> list[TypicalCall]:
    """Return numbers of the last three months of calls: of each country and kind that called most, then others.

    With `pbxs` only calls of these are looked at.
    """
    query = (
        "WITH talked AS (SELECT number_e164, number_country, number_kind, talk_s, started_at FROM call "
        "WHERE direction = 'outgoing' AND talk_s > 0 AND number_e164 <> '' "
        "AND (len($of_pbxs) = 0 OR list_contains($of_pbxs, pbx)) "
        "AND started_at > (SELECT max(started_at) FROM call) - INTERVAL 92 DAY), "
        "numbers AS (SELECT number_e164, coalesce(number_country, '') AS country, coalesce(number_kind, '') AS kind, "
        "CAST(ceil(quantile_disc(talk_s, 0.5)) AS INTEGER) AS talk_s, max(started_at) AS last, count(*) AS calls "
        "FROM talked GROUP BY ALL), "
        "placed AS (SELECT *, row_number() OVER (PARTITION BY country, kind ORDER BY calls DESC, number_e164) AS place "
        "FROM numbers) "
        "SELECT number_e164, country, kind, talk_s, last, calls FROM placed "
        "ORDER BY place > 1, calls DESC, number_e164 LIMIT $most"
    )
    return [
        TypicalCall(
            e164=e164,
            country=country,
            kind=kind,
            talk_s=talk_s,
            started_at=last.replace(tzinfo=UTC),
            calls=calls,
        )
        for e164, country, kind, talk_s, last, calls in ledger.rows(query, {"most": most, "of_pbxs": list(pbxs)})
    ]
