"""The lines of a statement: whom they are of, and what calls and monthly charges come to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Context, Decimal
from typing import Literal, get_args

import msgspec

StatementBy = Literal["department", "person", "cost_centre", "extension"]
STATEMENT_BY: tuple[StatementBy, ...] = get_args(StatementBy)
NOBODY_IN_PARTICULAR = 0
"""The id of whoever has no id: nobody."""
_EXACT = Context(prec=76)
_NONE = Decimal(0)


class ChargedTo(msgspec.Struct, frozen=True, order=True):
    """Whom calls are charged to: the id of a person, department or cost centre, or an extension of a PBX."""

    id: int = NOBODY_IN_PARTICULAR
    pbx: str = ""
    extension: str = ""


NOBODY = ChargedTo()


class StatementDays(msgspec.Struct, frozen=True):
    """From a day until before another, by the clock of each PBX."""

    first: date
    until: date


class StatementAsked(msgspec.Struct, frozen=True):
    """Which statement is asked for: by what, and of which days."""

    by: StatementBy
    days: StatementDays


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """Calls and monthly charges of one of those, in one currency.

    Calls that should have a price and have none are in a line without a currency. `cost` and `price` are of calls, tax
    included, and `price_tax` is the tax in that price; of `tax_unknown` calls it is not known, and counted as none.
    `monthly` is without `monthly_tax`; `monthly_cost` is what has to be paid, tax included. A department is meant
    without those below it: they have lines of their own. A call of which others are charged parts is counted once,
    where its extension is.
    """

    whom: ChargedTo
    currency: str
    calls: int = 0
    unpriced: int = 0
    tax_unknown: int = 0
    talk_s: int = 0
    cost: Decimal = _NONE
    price: Decimal = _NONE
    price_tax: Decimal = _NONE
    monthly: Decimal = _NONE
    monthly_tax: Decimal = _NONE
    monthly_cost: Decimal = _NONE

    @property
    def difference(self) -> Decimal:
        """What is charged for calls beyond what they cost."""
        return _EXACT.subtract(self.price, self.cost)

    @property
    def net(self) -> Decimal:
        """What is charged for calls, without tax."""
        return _EXACT.subtract(self.price, self.price_tax)

    @property
    def tax(self) -> Decimal:
        """The tax on calls and monthly charges."""
        return _EXACT.add(self.price_tax, self.monthly_tax)

    @property
    def total(self) -> Decimal:
        """All that is charged, tax included: `net`, `monthly` and `tax`."""
        return _EXACT.add(self.price, _EXACT.add(self.monthly, self.monthly_tax))

    @property
    def total_cost(self) -> Decimal:
        """All that has to be paid, tax included."""
        return _EXACT.add(self.cost, self.monthly_cost)

    @property
    def total_difference(self) -> Decimal:
        """All that is charged beyond what has to be paid."""
        return _EXACT.subtract(self.total, self.total_cost)


_COUNTS = ("calls", "unpriced", "tax_unknown", "talk_s")
_AMOUNTS = ("cost", "price", "price_tax", "monthly", "monthly_tax", "monthly_cost")


def together(lines: Iterable[StatementLine]) -> list[StatementLine]:
    """Return lines with those of one whom and one currency added up, ordered by both."""
    found: dict[tuple[ChargedTo, str], StatementLine] = {}
    for each in lines:
        key = (each.whom, each.currency)
        found[key] = _added(found[key], each) if key in found else each
    return [found[key] for key in sorted(found)]


def totals(lines: Iterable[StatementLine]) -> list[StatementLine]:
    """Return what lines come to together, one line a currency."""
    return together(msgspec.structs.replace(each, whom=NOBODY) for each in lines)


def _added(one: StatementLine, other: StatementLine) -> StatementLine:
    counts = {name: getattr(one, name) + getattr(other, name) for name in _COUNTS}
    amounts = {name: _EXACT.add(getattr(one, name), getattr(other, name)) for name in _AMOUNTS}
    return msgspec.structs.replace(one, **counts, **amounts)
