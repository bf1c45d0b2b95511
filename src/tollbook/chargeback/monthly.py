"""What monthly charges come to in a month, and in whose line of a statement that stands.

A charge stands with whom it is for. Where a statement is by something else, it goes up by the directory, as calls do:
that of an extension or a person stands with the department or cost centre that the assignment of the day says. It
never goes down, so that of a department is nobody's where a statement is by person. A whole month stands with the
first to whom it belongs in the month; one that is charged for its days is divided by the days of each.

Parts of a month are rounded half up to twelve places, and what is divided adds up to the whole again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import pairwise

import msgspec

from tollbook.chargeback.lines import NOBODY, ChargedTo, StatementBy, StatementDays, StatementLine
from tollbook.model.directory import ASSIGNED_KINDS, Assignment, Directory
from tollbook.model.monthly_charge import MonthlyCharge

_PLACES = Decimal(1).scaleb(-12)
_EXACT = Context(prec=76, rounding=ROUND_HALF_UP)
_OF_OWNERS = tuple(kind for kind in ASSIGNED_KINDS if kind != "account_code")
"""What says where a person belongs; an account code says what a call was for."""


class ChargedPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a monthly charge comes to for somebody in a month: for days from `first` until before `until`.

    `amount` is without tax, `tax` is on top; `cost` has the tax in it.
    """

    charge: MonthlyCharge
    whom: ChargedTo
    first: date
    until: date
    amount: Decimal
    tax: Decimal
    cost: Decimal

    @property
    def last(self) -> date:
        """The last of its days."""
        return self.until - timedelta(days=1)

    @property
    def total(self) -> Decimal:
        """What is charged, tax included."""
        return _EXACT.add(self.amount, self.tax)

    @property
    def line(self) -> StatementLine:
        """What it adds to the line of a statement."""
        return StatementLine(
            whom=self.whom,
            currency=self.charge.currency,
            monthly=self.amount,
            monthly_tax=self.tax,
            monthly_cost=self.cost,
        )


class Held(msgspec.Struct, frozen=True):
    """That something belongs to somebody from a day until before another."""

    whom: ChargedTo
    first: date
    until: date

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.until - self.first).days


def charged_parts(
    charges: Iterable[MonthlyCharge],
    directory: Directory,
    by: StatementBy,
    days: StatementDays,
) -> Iterator[ChargedPart]:
    """Yield what monthly charges come to in the days of a statement, by whom they are charged to."""
    owners = _OwnersByDay(directory, by)
    for charge in charges:
        first, until = max(charge.first, days.first), min(charge.until, days.until)
        if first < until:
            yield from _parts(charge, list(owners.held(charge, first, until)), days)


def _parts(charge: MonthlyCharge, held: Sequence[Held], days: StatementDays) -> Iterator[ChargedPart]:
    first, until = held[0].first, held[-1].until
    share = Fraction(1)
    if charge.part_month == "days":
        share = Fraction((until - first).days, (days.until - days.first).days)
    else:
        owned = next((each for each in held if each.whom != NOBODY), held[0])
        held = [Held(owned.whom, first, until)]
    amount = _rounded(Fraction(charge.amount) * share)
    paid = amount if charge.cost is None else _rounded(Fraction(charge.cost) * share)
    tax, tax_paid = (_rounded(Fraction(each) * Fraction(charge.tax) / 100) for each in (amount, paid))
    shares = [_divided(each, held) for each in (amount, tax, _EXACT.add(paid, tax_paid))]
    for each, *(of_amount, of_tax, of_cost) in zip(held, *shares, strict=True):
        yield ChargedPart(
            charge=charge,
            whom=each.whom,
            first=each.first,
            until=each.until,
            amount=of_amount,
            tax=of_tax,
            cost=of_cost,
        )


def _divided(whole: Decimal, held: Sequence[Held]) -> list[Decimal]:
    """Return an amount divided by days; the parts add up to it.

    >>> some = [Held(NOBODY, date(2026, 1, 1), date(2026, 1, day)) for day in (2, 3)]
    >>> _divided(Decimal(1), some)
    [Decimal('0.333333333333'), Decimal('0.666666666667')]
    """
    all_days, so_far, done, parts = sum(each.days for each in held), 0, Decimal(0), list[Decimal]()
    for each in held:
        so_far += each.days
        upto = whole if so_far == all_days else _rounded(Fraction(whole) * so_far / all_days)
        parts.append(_EXACT.subtract(upto, done))
        done = upto
    return parts


def _rounded(amount: Fraction) -> Decimal:
    exact = _EXACT.divide(Decimal(amount.numerator), Decimal(amount.denominator))
    return exact.quantize(_PLACES, context=_EXACT)


class _OwnersByDay:
    """Where monthly charges stand in a statement: assignments by what they are of, in the order in which they count."""

    def __init__(self, directory: Directory, by: StatementBy) -> None:
        self._by = by
        self._known: dict[tuple[str, str | int, str], list[Assignment]] = {}
        for each in sorted(directory.assignments, key=_order):
            if each.kind == "extension":
                self._known.setdefault(("extension", each.value, each.pbx), []).append(each)
            if each.person and each.kind in _OF_OWNERS:
                self._known.setdefault(("person", each.person, ""), []).append(each)

    def held(self, charge: MonthlyCharge, first: date, until: date) -> Iterator[Held]:
        """Yield with whom a charge stands, from a day until another, without a gap."""
        if charge.kind == self._by:
            whom = ChargedTo(charge.target_id)
            if charge.kind == "extension":
                whom = ChargedTo(pbx=charge.pbx, extension=charge.target)
            yield Held(whom, first, until)
            return
        found = [(self._owner(each), each) for each in self._of(charge)]
        spans = [(owner, *_span(each)) for owner, each in found if owner != NOBODY]
        edges = {edge for _, *days in spans for edge in days if first < edge < until}
        bounds = sorted({first, until} | edges)
        begin, whom = first, NOBODY
        for start, end in pairwise(bounds):
            here = next((owner for owner, of, to in spans if of <= start and end <= to), NOBODY)
            if here != whom and begin < start:
                yield Held(whom, begin, start)
                begin = start
            whom = here
        yield Held(whom, begin, until)

    def _of(self, charge: MonthlyCharge) -> list[Assignment]:
        if self._by == "extension":
            return []
        if charge.kind == "person":
            return self._known.get(("person", charge.target_id, ""), [])
        if charge.kind == "extension":
            keys = (("extension", charge.target, pbx) for pbx in dict.fromkeys((charge.pbx, "")))
            return [each for key in keys for each in self._known.get(key, [])]
        return []

    def _owner(self, assignment: Assignment) -> ChargedTo:
        return ChargedTo(getattr(assignment, self._by) or NOBODY.id)


def _span(assignment: Assignment) -> tuple[date, date]:
    return assignment.first or date.min, assignment.until or date.max


def _order(assignment: Assignment) -> tuple[int, date, int]:
    """Return the order in which assignments count: extensions before codes, the earliest before later ones."""
    return ASSIGNED_KINDS.index(assignment.kind), assignment.first or date.min, assignment.id
