"""Amounts as options of rules: in millionths of a currency's unit, or limits of what a measure counts."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from tollbook.alerts.call import MICRO
from tollbook.alerts.contract import Measured
from tollbook.plugins import Kind

_MOST = Decimal(1_000_000_000)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("a number such as 20 or 2.50") from None
    if not value.is_finite() or not 0 < value <= _MOST:
        raise ValueError(f"a number above 0, {_MOST} at most")
    return value


AMOUNT = Kind(lambda text: int(_decimal(text) * MICRO))
NUMBER = Kind(_decimal)


def limit(measure: Measured, value: Decimal) -> int:
    """Return a limit as windows count: calls, seconds of minutes, millionths of money.

    >>> limit("calls", Decimal(5)), limit("minutes", Decimal("1.5")), limit("cost", Decimal("2.50"))
    (5, 90, 2500000)
    """
    return int(value * {"calls": 1, "minutes": 60, "cost": MICRO}[measure])
