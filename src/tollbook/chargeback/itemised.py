"""The calls of a phone bill one by one: those, and just those, that a statement adds up.

A call that was handed on stands with the part of whoever the bill is of. Tax is taken out of each as a statement does
it, so calls add up to its lines exactly.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Context, Decimal
from typing import Any

import msgspec

from tollbook.chargeback.lines import ChargedTo, StatementDays
from tollbook.chargeback.statement import (
    CHARGED,
    TAX,
    TAX_PLACES,
    TAXES,
    WITHIN,
    StatementBasis,
    statement_values,
)
from tollbook.model.phone_bill import BilledTo, Mask
from tollbook.store.call_shares import with_call_share
from tollbook.store.ledger import Ledger
from tollbook.store.unpriced_reasons import REASON, UNPRICED

_EXACT = Context(prec=76)
_QUERY = """, {taxes},
  chosen AS (SELECT t.*, CASE WHEN {unpriced} THEN {reason} END AS reason FROM call_share t WHERE {charged} AND {named})
SELECT p.started_local, p.pbx, coalesce(p.extension, ''), p.assignment, p.direction = 'incoming',
  CASE WHEN b.private THEN '' ELSE coalesce(c.number_e164, c.number_shown,
    CASE WHEN p.direction = 'incoming' THEN c.caller ELSE c.called END, '') END,
  coalesce(c.number_e164, '') <> '', CASE WHEN b.private OR b.unlisted THEN '' ELSE coalesce(b.name, '') END,
  coalesce(p.number_country, ''), coalesce(p.number_kind, ''), coalesce(c.number_reach, ''),
  coalesce(p.talk_s, 0)::BIGINT, CASE WHEN p.price IS NOT DISTINCT FROM c.price THEN c.billed_s END, p.counted,
  CASE WHEN p.price IS NULL THEN '' ELSE p.price_currency END, coalesce(p.price, 0), coalesce({tax}, 0)::HUGEINT,
  coalesce(p.reason, ''), coalesce(p.tariff, '')
FROM chosen p JOIN call c ON c.id = p.id LEFT JOIN tax x ON x.label = p.tariff
LEFT JOIN main.phone_book b ON b.id = c.number_entry
ORDER BY p.started_local, p.id, p.extension LIMIT $most"""


class BillAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Whose bill is asked for, by name and by the lines of statements that it has; days are whole months."""

    kind: BilledTo
    name: str
    whom: frozenset[ChargedTo]
    days: StatementDays
    mask: Mask


class ItemisedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call, or somebody's part of one, as the store has it; a number that is private is not among it.

    `price` has `tax` in it; `reason` is the word why there is no price although there should be one.
    """

    begun: datetime
    pbx: str
    extension: str
    assignment: int | None
    is_incoming: bool
    number: str
    is_e164: bool
    name: str
    country: str
    kind: str
    reach: str
    talk_s: int
    billed_s: int | None
    counted: int
    currency: str
    price: Decimal
    tax: Decimal
    reason: str
    tariff: str

    @property
    def net(self) -> Decimal:
        """The price without its tax."""
        return _EXACT.subtract(self.price, self.tax)


def itemised(ledger: Ledger, basis: StatementBasis, asked: BillAsked, most: int) -> list[ItemisedCall]:
    """Return the calls that a statement has in the lines of some people or departments, or of one extension.

    They are in the order of their begin; no more than `most`.
    """
    named, values = _of(basis, asked)
    query = _QUERY.format(taxes=TAXES, tax=TAX, unpriced=UNPRICED, reason=REASON, charged=CHARGED, named=named)
    bound: dict[str, Any] = {**statement_values(ledger, basis, asked.days), **values, "most": most}
    names = ItemisedCall.__struct_fields__
    rows = ledger.rows(f"{with_call_share(ledger, WITHIN)}{query}", bound)
    return [_call(dict(zip(names, row, strict=True))) for row in rows]


def _call(told: dict[str, Any]) -> ItemisedCall:
    return ItemisedCall(**{**told, "tax": Decimal(told["tax"]).scaleb(-TAX_PLACES, _EXACT)})


def _of(basis: StatementBasis, asked: BillAsked) -> tuple[str, dict[str, Any]]:
    if asked.kind == "extension":
        (one,) = asked.whom
        return "t.extension = $extension AND t.pbx = $pbx", {"extension": one.extension, "pbx": one.pbx}
    ids = {each.id for each in asked.whom}
    some = [each.id for each in basis.directory.assignments if getattr(each, asked.kind) in ids]
    return "t.assignment IN (SELECT unnest($some::INTEGER[]))", {"some": some}
