"""How pages of costs show amounts."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from django import template

from tollbook.render.formatting import money

register = template.Library()
_CENTS = Decimal("0.01")
_EXACT = Context(prec=76)


@register.filter
def amount_of_money(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency, thousands apart.

    >>> amount_of_money(Decimal("1234.5"), "EUR"), amount_of_money(Decimal("-0.0125"), "EUR")
    ('1,234.50 EUR', '-0.0125 EUR')
    """
    return f"{money(f'{amount:,f}')} {currency}"


@register.filter
def signed_money(amount: Decimal, currency: str) -> str:
    """Return a difference with its sign and currency.

    >>> signed_money(Decimal("1.5"), "EUR"), signed_money(Decimal("0"), "EUR"), signed_money(Decimal("-1"), "EUR")
    ('+1.50 EUR', '0.00 EUR', '-1.00 EUR')
    """
    return f"{'+' if amount > 0 else ''}{amount_of_money(amount, currency)}"


@register.filter
def charged_kind(kind: str) -> str:
    """Return a kind of target in words.

    >>> charged_kind("cost_centre")
    'Cost centre'
    """
    return kind.replace("_", " ").capitalize()


@register.filter
def cents(amount: Decimal) -> str:
    """Return an amount to two places, rounded half up, thousands apart.

    >>> cents(Decimal("1234.505")), cents(Decimal("-0.001")), cents(Decimal(0))
    ('1,234.51', '0.00', '0.00')
    """
    short = amount.quantize(_CENTS, ROUND_HALF_UP, _EXACT)
    return f"{short or abs(short):,f}"


@register.filter
def signed_cents(amount: Decimal) -> str:
    """Return a difference to two places with its sign.

    >>> signed_cents(Decimal("1.505")), signed_cents(Decimal("0.001")), signed_cents(Decimal("-1"))
    ('+1.51', '0.00', '-1.00')
    """
    told = cents(amount)
    return f"+{told}" if told[0] != "-" and amount.quantize(_CENTS, ROUND_HALF_UP, _EXACT) else told
