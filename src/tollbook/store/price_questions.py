"""How a call's price came about: reckoned again, with the version that the call names."""

from __future__ import annotations

from datetime import UTC

import duckdb
import msgspec

from tollbook.rating.explaining import explained, money
from tollbook.store.ledger import Ledger
from tollbook.store.numbering import usable_plans
from tollbook.store.pricing import STORED, PricedCall, Pricer, Reckoned, fields, pricing_in_use

NO_PRICES = "Calls of this PBX have no prices: no tariff is assigned to it."


class ExplainedPart(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that were charged at one price. Amounts are decimals, or fractions where those would not end."""

    band: str
    to: str
    from_s: int
    billed_s: int
    price: str
    per_s: int
    amount: str


class ExplainedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a call costs and what is charged for it, and how that came about, in sentences."""

    id: str
    cost: str | None = None
    price: str | None = None
    currency: str | None = None
    tariff: str | None = None
    matched: str | None = None
    band: str | None = None
    billed_s: int | None = None
    parts: list[ExplainedPart] = []
    unpriced_because: str | None = None
    explanation: list[str] = []


def explained_price(ledger: Ledger, key: str) -> ExplainedPrice | None:
    """Return how a call's price came about; None where there is no such call."""
    query = (
        f"SELECT t.id::VARCHAR AS id, coalesce(t.answered_at, t.started_at) AS began, {fields(STORED)} FROM call t "
        "WHERE t.id = TRY_CAST($id AS UUID)"
    )
    with ledger.cursor() as cursor:
        found = cursor.execute(ledger.scoped(query), ledger.bound({"id": key}))
        names = [name for name, *_ in found.description or ()]
        row = found.fetchone()
        if row is None:
            return None
        values = dict(zip(names, row, strict=True))
        number, began = values.pop("id"), values.pop("began").replace(tzinfo=UTC)
        return _told(number, _reckoned(cursor, PricedCall(**values, began=began)))


def _reckoned(cursor: duckdb.DuckDBPyConnection, call: PricedCall) -> Reckoned | None:
    in_use = pricing_in_use(cursor, [call.pbx])
    return Pricer(in_use, usable_plans(cursor, [call.pbx])).reckon(call) if in_use else None


def _told(number: str, reckoned: Reckoned | None) -> ExplainedPrice:
    if reckoned is None:
        return ExplainedPrice(id=number, explanation=[NO_PRICES])
    charge, version = reckoned.charge, reckoned.span.version
    tariff = version.label if version else None
    if charge is None or reckoned.rater is None or reckoned.call is None:
        because = reckoned.because
        said = f"The call has no price: {because}." if because else "No tariff concerns calls of this direction."
        return ExplainedPrice(id=number, tariff=tariff, unpriced_because=because or None, explanation=[said])
    sentences = explained(reckoned.rater, reckoned.call, charge)
    by = f"The tariff is {reckoned.rater.tariff.title} ({tariff})."
    return ExplainedPrice(
        id=number,
        cost=None if charge.cost is None else f"{charge.cost:f}",
        price=None if charge.amount is None else f"{charge.amount:f}",
        currency=charge.currency,
        tariff=tariff,
        matched=charge.rate.to if charge.rate else None,
        band=charge.band or None,
        billed_s=None if charge.amount is None else charge.billed_s,
        parts=[
            ExplainedPart(
                band=part.band,
                to=part.to,
                from_s=part.from_s,
                billed_s=part.billed_s,
                price=f"{part.step.price:f}",
                per_s=part.step.per_s,
                amount=money(part.amount),
            )
            for part in charge.parts
        ],
        unpriced_because=charge.unpriced_because,
        explanation=[by, *sentences],
    )
