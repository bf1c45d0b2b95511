"""How a call's price came about: reckoned again, with the version that the call names."""

from __future__ import annotations

from datetime import UTC

import msgspec

from tollbook.rating.bundles import Sharing
from tollbook.rating.explaining import explained, left_of_bundles, money
from tollbook.store.bundling import BEGAN, used_before
from tollbook.store.ledger import Ledger
from tollbook.store.numbering import usable_plans
from tollbook.store.pricing import STORED, PricedCall, Pricer, Reckoned, fields, pricing_in_use
from tollbook.store.registering import dicts

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
    bundle: str | None = None
    parts: list[ExplainedPart] = []
    unpriced_because: str | None = None
    explanation: list[str] = []


def explained_price(ledger: Ledger, key: str) -> ExplainedPrice | None:
    """Return how a call's price came about; None where there is no such call."""
    query = (
        f"SELECT t.id::VARCHAR AS id, {BEGAN} AS began, coalesce(t.extension, '') AS extension, {fields(STORED)} "
        "FROM call t WHERE t.id = TRY_CAST($id AS UUID)"
    )
    with ledger.cursor() as cursor:
        row = next(dicts(cursor.execute(ledger.scoped(query), ledger.bound({"id": key}))), None)
        if row is None:
            return None
        number, extension = row.pop("id"), row.pop("extension")
        call = PricedCall(**row | {"began": row["began"].replace(tzinfo=UTC)})
        in_use = pricing_in_use(cursor, [call.pbx])
        if not in_use:
            return ExplainedPrice(id=number, explanation=[NO_PRICES])
        pricer = Pricer(in_use, usable_plans(cursor, [call.pbx]))
        alone = pricer.reckon(call)
        if alone.rater is None or alone.call is None or not alone.rater.tariff.bundles:
            return _told(number, alone, [])
        use, whose = used_before(cursor, alone, number), Sharing(call.pbx, call.trunk, extension)
        left = use.left(alone.rater.tariff.bundles, whose, alone.rater.day(call.began))
        return _told(number, pricer.reckon(call, left), list(left_of_bundles(alone.rater, alone.call, use, whose)))


def _told(number: str, reckoned: Reckoned, bundles: list[str]) -> ExplainedPrice:
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
        bundle=charge.bundle or None,
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
        explanation=[by, *bundles, *sentences],
    )
