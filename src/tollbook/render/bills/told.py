"""What stands above and below a phone bill, in words, the same on the page and on paper."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from tollbook.model.money import minor_units
from tollbook.model.phone_bill import BillTotal, PhoneBill
from tollbook.render.reports.shown import legible
from tollbook.render.reports.told import period_told

_EXACT = Context(prec=76)
_KINDS = {"person": "Person", "extension": "Extension", "department": "Department, with all below it"}


def bill_head(bill: PhoneBill) -> list[tuple[str, str]]:
    """Return what stands above a bill, each under its name."""
    zone = f", by the clock of {bill.period.zone}" if bill.period.zone else ""
    found = (
        (_KINDS[bill.kind], bill.name),
        ("Period", f"{period_told(bill.period)}{zone}"),
        ("Calls of", bill.scope),
        ("Calls", f"{bill.count:,}"),
        *((f"Total in {each.currency}", total_told(each)) for each in bill.totals),
        ("Made", f"{bill.made_at:%Y-%m-%d %H:%M} UTC"),
    )
    return [(name, legible(text)) for name, text in found if text]


def total_told(total: BillTotal) -> str:
    """Return what a bill comes to beside what the time before came to.

    >>> total_told(BillTotal(currency="EUR", total=Decimal("12.345"), before=Decimal(10)))
    '12.35 EUR with tax; the time before 10.00 EUR, a difference of +2.35 EUR'
    """
    now, then = _paid(total.total, total.currency), _paid(total.before, total.currency)
    more = _paid(total.total - total.before, total.currency)
    sign = "+" if total.total > total.before else ""
    end = f"a difference of {sign}{more} {total.currency}"
    return f"{now} {total.currency} with tax; the time before {then} {total.currency}, {end}"


def bill_foot(bill: PhoneBill) -> list[str]:
    """Return what stands below a bill."""
    tariffs = [f"Tariff: {'; '.join(bill.tariffs)}."] if bill.tariffs else []
    return [legible(text) for text in (*bill.notes, *tariffs)]


def _paid(amount: Decimal, currency: str) -> str:
    paid = amount.quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_HALF_UP, _EXACT)
    return f"{paid or abs(paid):,f}"
