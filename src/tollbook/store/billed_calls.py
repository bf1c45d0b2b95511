"""Calls of ours that a carrier may have billed."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from tollbook.rating.bills.checking import LedgerCall
from tollbook.rating.bills.matching import FARTHEST_S, OwnCall
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger
from tollbook.store.schema import SHOWN


class BilledDays(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls a bill is about: priced by a tariff, empty for any, from a moment until another (UTC, 1970)."""

    tariff: str
    first_s: int
    until_s: int


def calls_to_bill(ledger: Ledger, where: Where, days: BilledDays, most: int) -> list[LedgerCall]:
    """Return at most so many calls to the outside that a filter means, in the order in which they began.

    Those of a day before and after are there as well, for a clock that is wrong; they are not asked about.
    """
    query = f"""
    SELECT id::VARCHAR, coalesce(number_e164, regexp_replace({SHOWN["called"]}, '[^0-9*#+]', '', 'g'), ''),
      epoch(started_at)::BIGINT, epoch(answered_at)::BIGINT, talk_s, started_local, coalesce(extension, ''),
      coalesce(billed_s, talk_s), cost, price_currency
    FROM call WHERE direction IN ('outgoing', 'transit') AND started_at >= $bill_first AND started_at < $bill_until
      AND ($bill_tariff = '' OR starts_with(tariff, $bill_tariff)) AND ({where.sql})
    ORDER BY started_at, id LIMIT {int(most)}
    """
    bound = {
        "bill_first": _instant(days.first_s - FARTHEST_S),
        "bill_until": _instant(days.until_s + FARTHEST_S),
        "bill_tariff": f"{days.tariff}/" if days.tariff else "",
    }
    return [
        LedgerCall(
            id=key,
            call=OwnCall(place=place, number=number, moments=_moments(started, answered), seconds=talk_s),
            started_local=local.isoformat(),
            extension=extension,
            billed_s=billed_s,
            cost=cost,
            currency=currency if cost is not None else "",
            is_asked=days.first_s <= started < days.until_s,
        )
        for place, (key, number, started, answered, talk_s, local, extension, billed_s, cost, currency) in enumerate(
            ledger.rows(query, {**where.values, **bound}),
        )
    ]


def _moments(started: int, answered: int | None) -> tuple[int, ...]:
    return (started,) if answered is None or answered == started else (started, answered)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
