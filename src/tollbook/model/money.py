"""Amounts of money as people write them down: read, and looked at for what is wrong."""

from __future__ import annotations

import re
from decimal import Decimal

from tollbook.model.problem import Problem

_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_MINOR = dict.fromkeys(_WHOLE.split(), 0) | dict.fromkeys(_THOUSANDTHS.split(), 3)
"""Decimal places of currencies that have no hundredths, by ISO 4217."""


def read_amount(field: str, text: str, problems: list[Problem]) -> Decimal:
    """Return an amount of nothing or more; notes what is wrong with it.

    >>> read_amount("amount", "12.50", [])
    Decimal('12.50')
    """
    if _AMOUNT.fullmatch(text.strip()):
        return Decimal(text.strip())
    if not text.strip():
        problems.append(Problem(f"'{field}' is missing", "it is empty", help="such as 250 or 12.50"))
    else:
        reason = "an amount has a point and no comma, nine digits before it at most and six behind"
        problems.append(Problem(f"'{field}' is no amount: {text[:40]!r}", reason, help="such as 250 or 12.50"))
    return Decimal(0)


def minor_units(currency: str) -> int:
    """Return how many decimal places amounts of a currency are paid with.

    >>> minor_units("EUR"), minor_units("JPY"), minor_units("KWD"), minor_units("")
    (2, 0, 3, 2)
    """
    return _MINOR.get(currency, 2)


def currency_problems(text: str) -> list[Problem]:
    """Return what is wrong with a currency."""
    if _CURRENCY.fullmatch(text):
        return []
    if not text:
        return [
            Problem(
                "'currency' is missing", "amounts of different currencies are never added", help="such as EUR or GBP"
            )
        ]
    return [Problem(f"'currency' is none: {text[:40]!r}", "it has three capital letters", help="such as EUR or GBP")]
