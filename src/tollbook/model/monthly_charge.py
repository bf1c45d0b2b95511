"""Monthly charges: what is charged each month beside calls, such as the rental of a line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, get_args

import msgspec

ChargedKind = Literal["extension", "person", "department", "cost_centre"]
"""For what something can be charged each month; a statement is by one of the same four."""
CHARGED_KINDS: tuple[ChargedKind, ...] = get_args(ChargedKind)
PartMonth = Literal["whole", "days"]
"""How a month is charged in which a charge is valid on some days alone: as a whole one, or for those days."""
PART_MONTHS: tuple[PartMonth, ...] = get_args(PartMonth)
_DAY = timedelta(days=1)


class MonthlyCharge(msgspec.Struct, frozen=True, kw_only=True):
    """What is charged each month for an extension of a PBX, or for what the directory calls `target_id`.

    It is valid from the day `first` to the day `last`, both included; None is without end. `amount` is what is charged
    and `cost` what has to be paid for it, both without tax; None is the same amount. `tax` is in percent.
    """

    id: int
    name: str
    kind: ChargedKind
    target: str
    target_id: int = 0
    pbx: str = ""
    amount: Decimal
    cost: Decimal | None = None
    currency: str
    tax: Decimal = Decimal(0)
    part_month: PartMonth = "whole"
    first: date = msgspec.field(name="from")
    last: date | None = msgspec.field(name="to", default=None)

    @property
    def until(self) -> date:
        """The first day on which it is no longer valid; that of no calendar where it has no end."""
        return self.last + _DAY if self.last and self.last < date.max else date.max
