"""What is available, left and to be expected of a budget, period by period; pure.

What is left is carried over where a budget says so; what was used beyond it is not taken from the next period.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from tollbook.model.budget import Budget, BudgetPeriod, BudgetState, PeriodUse

_EXACT = Context(prec=76)
"""Sums of what calls cost have up to 38 digits."""
_PLACES = Decimal("0.01")
_NOTHING = Decimal(0)


def periods_of(budget: Budget, today: date) -> list[tuple[date, date]]:
    """Return the periods of a budget until the one of today, each with the day behind it; none before it begins."""
    return list(budget.recurring.between(budget.since, today))


def reckoned(budget: Budget, uses: Mapping[date, PeriodUse], today: date) -> list[BudgetPeriod]:
    """Return how each period stands until today's, by what was used in it; `uses` are by the first days of periods."""
    found = list[BudgetPeriod]()
    carried = _NOTHING
    for first, until in periods_of(budget, today):
        use = uses.get(first, PeriodUse())
        amount = budget.amount_of(first)
        available = _EXACT.add(amount, carried)
        left = _EXACT.subtract(available, use.used)
        found.append(
            BudgetPeriod(
                first=first,
                until=until,
                amount=amount,
                carried=carried,
                available=available,
                use=use,
                left=left,
                percent=_percent(use.used, available),
                forecast=forecast(use, first, until, today),
                state=state_of(use.used, available, budget.near),
            ),
        )
        carried = max(left, _NOTHING) if budget.carry == "rest" else _NOTHING
    return found


def state_of(used: Decimal, available: Decimal, near: int) -> BudgetState:
    """Return the state of a period: over when more is used than available, near from `near` percent of it on.

    >>> state_of(Decimal("79.99"), Decimal(100), 80), state_of(Decimal(100), Decimal(100), 80)
    ('within', 'near')
    """
    if used > available:
        return "over"
    return "near" if _EXACT.multiply(used, Decimal(100)) >= _EXACT.multiply(available, Decimal(near)) else "within"


def forecast(use: PeriodUse, first: date, until: date, today: date) -> Decimal | None:
    """Return what a period will have used: as much on each of its days as on those before today on average.

    It is never less than what is used already, and rounded to two places. On the first day of a period, and of those
    that are over, there is none.

    >>> forecast(
    ...     PeriodUse(used=Decimal(12), used_before=Decimal(10)), date(2026, 4, 1), date(2026, 5, 1), date(2026, 4, 11)
    ... )
    Decimal('30.00')
    """
    gone = (today - first).days
    if gone <= 0 or today >= until:
        return None
    whole = _EXACT.multiply(use.used_before, Decimal((until - first).days))
    expected = _EXACT.divide(whole, Decimal(gone)).quantize(_PLACES, ROUND_HALF_UP, _EXACT)
    return max(expected, use.used)


def _percent(used: Decimal, available: Decimal) -> Decimal:
    return _EXACT.divide(_EXACT.multiply(used, Decimal(100)), available).quantize(Decimal("0.1"), context=_EXACT)
