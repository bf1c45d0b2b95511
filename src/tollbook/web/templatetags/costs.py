"""How pages of costs show amounts."""

from __future__ import annotations

from decimal import Decimal

from django import template

from tollbook.render.formatting import money

register = template.Library()


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
