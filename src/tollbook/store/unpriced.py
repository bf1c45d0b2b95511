"""Calls that should have a price and have none: how many, why, and where they went."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger
from tollbook.store.schema import SHOWN
from tollbook.store.unpriced_reasons import BECAUSE, REASON, REASONS, UNPRICED

_CODE_DIGITS = len("+881")
"""Of numbers without a country, those of a country code's length are told apart: satellites, networks, freephones."""
_SHOWN = f"CASE WHEN direction = 'incoming' THEN {SHOWN['caller']} ELSE {SHOWN['called']} END"
_OUTSIDE = f"coalesce(number_e164, {_SHOWN})"


class UnpricedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of a PBX to one destination that have no price for one reason.

    `reason` is its word (`unpriced_reasons.REASONS`), `because` the sentences that calls keep. `prefix` is how all of
    the numbers begin, E.164 where they have one. Times are PBX time, ISO 8601.
    """

    reason: str
    because: str
    pbx: str
    country: str | None
    kind: str | None
    prefix: str
    calls: int
    talk_s: int
    first_local: str
    last_local: str
    what_to_do: str


def unpriced(ledger: Ledger, where: Where) -> Iterator[UnpricedCalls]:
    """Yield by reason and destination how many calls have no price, of those that a filter means; most calls first."""
    query = (
        f"SELECT {REASON} AS reason, pbx, number_country, number_kind, "
        f"CASE WHEN number_country IS NULL THEN left(number_e164, {_CODE_DIGITS}) END AS code, "
        f"list_sort(list(DISTINCT {BECAUSE})), min({_OUTSIDE}), max({_OUTSIDE}), "
        "count(*) AS calls, coalesce(sum(talk_s), 0)::BIGINT, min(started_local), max(started_local) "
        f"FROM call WHERE {UNPRICED} AND ({where.sql}) "
        "GROUP BY reason, pbx, number_country, number_kind, code "
        "ORDER BY calls DESC, reason, pbx, number_country, number_kind, code"
    )
    for reason, pbx, country, kind, _, texts, least, most, calls, talk_s, first, last in ledger.stream(
        query,
        where.values,
    ):
        yield UnpricedCalls(
            reason=reason,
            because="; ".join(texts),
            pbx=pbx,
            country=country,
            kind=kind,
            prefix=_common(least or "", most or ""),
            calls=calls,
            talk_s=talk_s,
            first_local=first.isoformat(),
            last_local=last.isoformat(),
            what_to_do=REASONS[reason].what_to_do,
        )


def _common(least: str, most: str) -> str:
    """Return how all texts from one to another in their order begin.

    >>> _common("+331426853", "+33142999"), _common("", "+33")
    ('+33142', '')
    """
    length = next((place for place, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), None)
    return least[:length]
