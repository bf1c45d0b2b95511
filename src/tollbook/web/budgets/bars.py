"""How full a budget is, as a bar: its length says the use, a mark what is available, a pattern the state."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tollbook.web.budgets.standing import ShownPeriod

_WIDTH = 200


class Bar(msgspec.Struct, frozen=True):
    """Lengths in a drawing 200 wide: of what is used, and of what is available."""

    used: int
    available: int


def bar_of(period: ShownPeriod) -> Bar:
    """Return the bar of a period; whichever is more, use or what is available, takes the whole width."""
    used, available = Decimal(period.used), Decimal(period.available)
    most = max(used, available)
    return Bar(round(max(used, Decimal(0)) * _WIDTH / most), round(available * _WIDTH / most))
