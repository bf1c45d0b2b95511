"""What a PBX reckons itself for calls, beside what they cost by tariffs: totals, and the calls that differ most."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger
from tollbook.store.price_preview import plain
from tollbook.store.schema import SHOWN

_WRITTEN = "trim(coalesce(charge, ''))"
_READ = f"""CASE WHEN regexp_full_match({_WRITTEN}, '[+-]?[0-9]+([.,][0-9]+)?')
  THEN TRY_CAST(replace({_WRITTEN}, ',', '.') AS DECIMAL(24, 12)) END"""
_BESIDE = f"""
SELECT id, pbx, started_local, extension, {SHOWN["called"]} AS called, talk_s, units, {_READ} AS theirs,
  {_WRITTEN} <> '' AS is_written, nullif(upper(trim(coalesce(currency, ''))), '') AS their_currency,
  price, CASE WHEN price IS NOT NULL THEN price_currency END AS own_currency
FROM call WHERE ({{where}})
"""
_COMPARABLE = "theirs IS NOT NULL AND price IS NOT NULL AND coalesce(their_currency, own_currency) = own_currency"


class ChargeComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of a PBX that it charges in a currency, or in none that it says, and we in one.

    Of `calls` some have a charge of `both`, of which so many are `equal`. `pbx_charge` and `price` are the sums of just
    those, `difference` is by how much ours is higher; None where the currencies differ. `unreadable` are charges that
    are no amounts. `price_of_units` is what calls cost with us for which the PBX counted `pbx_units`.
    """

    pbx: str
    pbx_currency: str | None
    currency: str | None
    calls: int
    both: int
    equal: int
    only_pbx: int
    only_ours: int
    unreadable: int
    pbx_charge: Decimal
    price: Decimal
    difference: Decimal | None
    only_pbx_charge: Decimal
    only_ours_price: Decimal
    pbx_units: int
    price_of_units: Decimal


class DifferentlyCharged(msgspec.Struct, frozen=True, kw_only=True):
    """A call for which the PBX reckons something else than the tariff; `difference` is by how much ours is higher."""

    id: str
    pbx: str
    started_local: str
    extension: str | None
    called: str | None
    talk_s: int
    pbx_charge: Decimal
    pbx_units: int | None
    price: Decimal
    currency: str
    difference: Decimal


class ChargesCompared(msgspec.Struct, frozen=True, kw_only=True):
    """PBXs that write charges or units, and the calls that differ most."""

    comparisons: list[ChargeComparison]
    differ_most: list[DifferentlyCharged]


def charges_compared(ledger: Ledger, where: Where, most: int) -> ChargesCompared:
    """Return what PBXs reckon beside what calls cost, of those that a filter means."""
    return ChargesCompared(
        comparisons=_comparisons(ledger, where),
        differ_most=_differ_most(ledger, where, most),
    )


def _comparisons(ledger: Ledger, where: Where) -> list[ChargeComparison]:
    query = f"""
    WITH beside AS ({_BESIDE.format(where=where.sql)}),
    writing AS (SELECT DISTINCT pbx FROM beside WHERE is_written OR units > 0)
    SELECT pbx, their_currency, own_currency, count(*), count(*) FILTER (is_both),
      count(*) FILTER (is_both AND price = theirs), count(*) FILTER (theirs IS NOT NULL AND price IS NULL),
      count(*) FILTER (theirs IS NULL AND price IS NOT NULL), count(*) FILTER (is_written AND theirs IS NULL),
      coalesce(sum(theirs) FILTER (is_both), 0), coalesce(sum(price) FILTER (is_both), 0),
      coalesce(bool_or({_COMPARABLE}), false),
      coalesce(sum(theirs) FILTER (price IS NULL), 0), coalesce(sum(price) FILTER (theirs IS NULL), 0),
      coalesce(sum(units), 0)::BIGINT, coalesce(sum(price) FILTER (units > 0), 0)
    FROM (SELECT *, theirs IS NOT NULL AND price IS NOT NULL AS is_both FROM beside)
    WHERE pbx IN (SELECT pbx FROM writing) AND (is_written OR units > 0 OR price IS NOT NULL)
    GROUP BY ALL ORDER BY pbx, their_currency, own_currency
    """
    found = []
    for row in ledger.rows(query, where.values):
        names = ("pbx", "pbx_currency", "currency", "calls", "both", "equal", "only_pbx", "only_ours", "unreadable")
        theirs, ours, is_comparable, theirs_alone, ours_alone, units, of_units = row[len(names) :]
        found.append(
            ChargeComparison(
                **dict(zip(names, row, strict=False)),
                pbx_charge=plain(theirs),
                price=plain(ours),
                difference=plain(ours - theirs) if is_comparable else None,
                only_pbx_charge=plain(theirs_alone),
                only_ours_price=plain(ours_alone),
                pbx_units=units,
                price_of_units=plain(of_units),
            ),
        )
    return found


def _differ_most(ledger: Ledger, where: Where, most: int) -> list[DifferentlyCharged]:
    """Return the calls of each currency that differ most."""
    query = f"""
    WITH beside AS ({_BESIDE.format(where=where.sql)})
    SELECT id::VARCHAR, pbx, started_local, extension, called, talk_s, theirs, units, price, own_currency
    FROM beside WHERE {_COMPARABLE} AND price <> theirs
    QUALIFY row_number() OVER (PARTITION BY own_currency ORDER BY abs(price - theirs) DESC, started_local, id)
      <= {int(most)}
    ORDER BY own_currency, abs(price - theirs) DESC, started_local, id
    """
    return [
        DifferentlyCharged(
            id=key,
            pbx=pbx,
            started_local=started.isoformat(),
            extension=extension,
            called=called,
            talk_s=talk_s,
            pbx_charge=plain(theirs),
            pbx_units=units,
            price=plain(price),
            currency=currency,
            difference=plain(price - theirs),
        )
        for key, pbx, started, extension, called, talk_s, theirs, units, price, currency in ledger.rows(
            query,
            where.values,
        )
    ]
