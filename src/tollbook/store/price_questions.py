"""How a call's price came about: reckoned again, with the version that the call names."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

import msgspec
from duckdb import DuckDBPyConnection

from tollbook.model.outcome import Direction
from tollbook.rating.bundles import Sharing
from tollbook.rating.explaining import divided, explained, left_of_bundles, money
from tollbook.rating.shares import CallShare, TalkedLeg, shared
from tollbook.store.bundling import BEGAN, used_before
from tollbook.store.ledger import Ledger
from tollbook.store.numbering import usable_plans
from tollbook.store.pricing import STORED, PricedCall, Pricer, Reckoned, fields, pricing_in_use
from tollbook.store.registering import dicts
from tollbook.store.unbacked import IS_MASKED

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


class ExplainedShare(msgspec.Struct, frozen=True, kw_only=True):
    """What an extension is charged of a call that was handed on, and the seconds that it talked. Amounts are exact."""

    extension: str
    talked_s: int
    cost: str | None
    price: str | None


class ExplainedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a call costs and what is charged for it, and how that came about, in sentences.

    `shares` are those of who talked, where several extensions did.
    """

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
    shares: list[ExplainedShare] = []
    unpriced_because: str | None = None
    explanation: list[str] = []


def explained_price(ledger: Ledger, key: str) -> ExplainedPrice | None:
    """Return how a call's price came about; None where there is no such call."""
    query = (
        f"SELECT t.id::VARCHAR AS id, {BEGAN} AS began, coalesce(t.extension, '') AS extension, {fields(STORED)}, "
        "t.legs > 1 AS several FROM call t WHERE t.id = TRY_CAST($id AS UUID)"
    )
    if not ledger.is_of_this_site:
        return _as_it_stands(ledger, key, _OF_A_SITE)
    with ledger.cursor() as cursor:
        row = next(dicts(cursor.execute(ledger.scoped(query), ledger.bound({"id": key}))), None)
        if row is None:
            return None
        number, extension, several = row.pop("id"), row.pop("extension"), row.pop("several")
        if cursor.execute(_MASKED, [key]).fetchall():
            return _as_it_stands(ledger, key, _HAS_LOST_DIGITS)
        call = PricedCall(**row | {"began": row["began"].replace(tzinfo=UTC)})
        in_use = pricing_in_use(cursor, [call.pbx])
        if not in_use:
            return ExplainedPrice(id=number, explanation=[NO_PRICES])
        pricer = Pricer(in_use, usable_plans(cursor, [call.pbx]))
        told = _priced(cursor, pricer, call, (number, extension))
    return _divided(ledger, told, call.talk_s, extension) if several else told


_MASKED = f"SELECT 1 FROM main.call t WHERE t.id = TRY_CAST(? AS UUID) AND {IS_MASKED}"


_HAS_LOST_DIGITS = (
    "The call's number has lost its last digits, since the call is old. The price stands as it was before that."
)
_OF_A_SITE = "The call was priced at its site, which explains its price."


def _as_it_stands(ledger: Ledger, key: str, said: str) -> ExplainedPrice | None:
    """Return the price of a call that is not reckoned again here; None where there is no such call."""
    names = ("cost", "price", "price_currency", "tariff", "billed_s", "bundle", "unpriced_because")
    query = f"SELECT {', '.join(names)} FROM call t WHERE t.id = TRY_CAST($id AS UUID)"
    found = ledger.rows(query, {"id": key})
    if not found:
        return None
    cost, price, currency, tariff, billed_s, bundle, because = found[0]
    return ExplainedPrice(
        id=key,
        cost=None if cost is None else f"{cost.normalize():f}",
        price=None if price is None else f"{price.normalize():f}",
        currency=currency,
        tariff=tariff,
        billed_s=billed_s,
        bundle=bundle,
        unpriced_because=because,
        explanation=[said],
    )


def _priced(cursor: DuckDBPyConnection, pricer: Pricer, call: PricedCall, whose: tuple[str, str]) -> ExplainedPrice:
    """Return how the price of a call came about, given its id and extension."""
    number, extension = whose
    alone = pricer.reckon(call)
    if alone.rater is None or alone.call is None or not alone.rater.tariff.bundles:
        return _told(number, alone, [])
    use, sharing = used_before(cursor, alone, number), Sharing(call.pbx, call.trunk, extension)
    left = use.left(alone.rater.tariff.bundles, sharing, alone.rater.day(call.began))
    return _told(number, pricer.reckon(call, left), list(left_of_bundles(alone.rater, alone.call, use, sharing)))


def _divided(ledger: Ledger, told: ExplainedPrice, talk_s: int, extension: str) -> ExplainedPrice:
    """Return the same with what each extension is charged that talked."""
    query = "SELECT coalesce(extension, ''), started_at, talk_s, direction FROM leg WHERE call = TRY_CAST($id AS UUID)"
    legs = [
        TalkedLeg(extension=name, began=began, talk_s=seconds, outside=direction != Direction.INTERNAL)
        for name, began, seconds, direction in ledger.rows(query, {"id": told.id})
    ]
    cost, price = (None if each is None else Decimal(each) for each in (told.cost, told.price))
    parts = shared(CallShare(extension=extension, talk_s=talk_s, talked_s=talk_s, cost=cost, price=price), legs)
    if len(parts) == 1:
        return told
    return msgspec.structs.replace(
        told,
        shares=[_share(part) for part in parts],
        explanation=[*told.explanation, *(divided(parts, told.currency or "") if price is not None else ())],
    )


def _share(part: CallShare) -> ExplainedShare:
    return ExplainedShare(
        extension=part.extension,
        talked_s=part.talked_s,
        cost=None if part.cost is None else f"{part.cost:f}",
        price=None if part.price is None else f"{part.price:f}",
    )


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
