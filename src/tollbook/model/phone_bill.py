"""A phone bill: what somebody's calls and monthly charges of some months come to, call by call.

Whatever shows a bill (page, PDF, workbook, CSV, JSON) is made from this one value. Numbers are masked in it already, so
that nothing that shows it knows more of them. Amounts of different currencies are never added.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from tollbook.model.report import ReportPeriod

Mask = Literal["none", "last-3", "last-4", "all-but-country"]
"""How much of a number is left out: nothing, its last digits, or all behind the code of its country."""
MASKS: tuple[Mask, ...] = get_args(Mask)
BilledTo = Literal["person", "extension", "department"]
"""Whose bill it is. That of a department has everybody in it and below it."""
BILLED_TO: tuple[BilledTo, ...] = get_args(BilledTo)
_NONE = Decimal(0)


class PhoneBillCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call, or the part of one that somebody is charged who talked.

    `begun` is by the clock of its PBX. `number` is masked, and empty where it was withheld or is private; `name` is the
    phone book's, empty where a number is masked. `net` is without tax; `currency` is empty, and `unpriced` a sentence,
    where there is no price although there should be one. `tax_percent` is None where it is not known. Of a part
    `billed_s` is None: only the whole call has billed seconds.
    """

    begun: datetime
    extension: str
    is_incoming: bool
    number: str
    name: str
    country: str
    kind: str
    talk_s: int
    billed_s: int | None
    counted: int
    currency: str
    net: Decimal
    tax: Decimal
    tax_percent: Decimal | None
    unpriced: str = ""


class CallSum(msgspec.Struct, frozen=True, kw_only=True):
    """What calls of a kind come to in a currency, without tax; those without a price have no currency."""

    kind: str
    currency: str
    calls: int
    talk_s: int
    net: Decimal


class BilledFee(msgspec.Struct, frozen=True, kw_only=True):
    """What a monthly charge comes to, for days from one to another, included; without tax, which is in per cent."""

    name: str
    whose: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    currency: str
    net: Decimal
    tax: Decimal
    tax_percent: Decimal


class TaxSum(msgspec.Struct, frozen=True, kw_only=True):
    """What is taxed at a rate, in per cent, and the tax; None is a rate that is not known, counted as no tax."""

    currency: str
    percent: Decimal | None
    net: Decimal
    tax: Decimal


class BillTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What a bill comes to in a currency: calls and fees without tax, the tax, and all together.

    `before` is the total of the stretch before that is as long.
    """

    currency: str
    calls: Decimal = _NONE
    fees: Decimal = _NONE
    tax: Decimal = _NONE
    total: Decimal = _NONE
    before: Decimal = _NONE


class BilledBudget(msgspec.Struct, frozen=True, kw_only=True):
    """How a budget stood in a period of its own that falls into those of the bill."""

    name: str
    whose: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    currency: str
    available: Decimal
    used: Decimal
    left: Decimal
    percent: Decimal
    state: str


class BillSection(msgspec.Struct, frozen=True, kw_only=True):
    """The bill of one of those whose it is: a person, an extension, or what a department has of its own."""

    name: str
    count: int
    kinds: list[CallSum]
    fees: list[BilledFee]
    taxes: list[TaxSum]
    totals: list[BillTotal]
    budgets: list[BilledBudget] = []
    calls: list[PhoneBillCall]


class PhoneBill(msgspec.Struct, frozen=True, kw_only=True):
    """A bill with its sections, and what they come to together.

    `count` is how many calls stand in it, `scope` whose calls were looked at, empty where it was all, `notes` what is
    left out and why. `made_at` is an instant in UTC.
    """

    kind: BilledTo
    name: str
    period: ReportPeriod
    made_at: datetime
    mask: Mask
    scope: str = ""
    count: int
    kinds: list[CallSum]
    taxes: list[TaxSum]
    totals: list[BillTotal]
    budgets: list[BilledBudget] = []
    sections: list[BillSection]
    tariffs: list[str]
    notes: list[str]
