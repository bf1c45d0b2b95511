"""What the cells of a table hold: told by the name of the column, which says the unit, and by the value itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Row = Mapping[str, Any]
Pieces = Iterator[bytes]

_OF_CALLS = ("pbx_charge", "cost", "price")
_OF_CHARGE_BACK = ("difference", "net", "monthly", "tax", "amount", "total", "total_cost", "total_difference")
_AMOUNTS = frozenset((*_OF_CALLS, *_OF_CHARGE_BACK))


def is_moment(name: str) -> bool:
    """Say whether a column holds times, ISO 8601, UTC where it ends in `_at`.

    >>> is_moment("started_local"), is_moment("ended_at"), is_moment("CALL_TIME"), is_moment("talk_s")
    (True, True, True, False)
    """
    return name.endswith(("_at", "_local")) or name == "CALL_TIME"


def is_amount(name: str) -> bool:
    """Say whether a column holds amounts of money, as decimal text.

    >>> is_amount("price"), is_amount("total_cost"), is_amount("called")
    (True, True, False)
    """
    return name in _AMOUNTS


def amount(text: str) -> Decimal | None:
    """Return an amount; None for a text that is none.

    >>> amount("12.50"), amount("free"), amount("NaN")
    (Decimal('12.50'), None, None)
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
