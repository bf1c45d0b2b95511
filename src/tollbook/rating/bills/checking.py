"""Tells apart how billed calls and calls of ours differ, and adds each kind up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from tollbook.rating.bills.matching import BilledCall, MatchedPair, OwnCall, clock_offset, match
from tollbook.rating.bills.reading import BillLine

BillOutcome = Literal["equal", "other-seconds", "other-price", "doubled", "missing-here", "missing-there"]
BILL_OUTCOMES: dict[BillOutcome, str] = {
    "equal": "Billed as it should be",
    "other-seconds": "Other length",
    "other-price": "Other price",
    "doubled": "Billed twice",
    "missing-here": "Billed, and not in the ledger",
    "missing-there": "In the ledger, and not billed",
}
"""What can be said of a call, in the order in which it is told."""
_STEPS = (60, 30, 10, 6)
"""Seconds to which carriers round the lengths on their bills."""
_SURE = 0.9
_LEAST = 5
_ALIKE = Decimal("0.01")
_SLIGHT = Decimal("0.005")


class LedgerCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of ours. `cost` is by the tariff without mark-up, None where it has none; `billed_s` is what that charges.

    Where it is not `asked` it lies beside the days that are asked about: it may be a billed one, and is not missed.
    """

    id: str
    call: OwnCall
    started_local: str
    extension: str
    billed_s: int
    cost: Decimal | None
    currency: str
    is_asked: bool = True


class BillTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How a bill is compared: how far times, lengths and prices may differ, and its currency, empty for ours.

    Billed calls that began before `first_s` or from `until_s` on (seconds since 1970 UTC) are left out.
    """

    tolerance_s: int = 120
    seconds: int = 1
    price: Decimal = Decimal(0)
    currency: str = ""
    first_s: int | None = None
    until_s: int | None = None


class CheckedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A billed call, a call of ours, or both, and how they differ. `late_s` is by how much the billed one is later."""

    outcome: BillOutcome
    line: BillLine | None = None
    own: LedgerCall | None = None
    late_s: int | None = None
    difference: Decimal | None = None


class OutcomeSum(msgspec.Struct, frozen=True, kw_only=True):
    """All calls of one outcome. `difference` is by how much the bill is higher, None where it cannot be told."""

    outcome: BillOutcome
    calls: int
    billed: Decimal
    own: Decimal
    difference: Decimal
    billed_s: int
    own_s: int


class CheckedBill(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a check: `offset_s` is by how much the carrier's clock is ahead, `step_s` what it rounds up to."""

    calls: list[CheckedCall]
    sums: list[OutcomeSum]
    offset_s: int
    step_s: int
    outside: int
    currency: str
    notes: list[str]


def check(lines: Sequence[BillLine], own: Sequence[LedgerCall], terms: BillTerms) -> CheckedBill:
    """Return how a bill and calls of ours differ; raises `TooManyPairs`."""
    ours = [each.call for each in own]
    offset_s = clock_offset([each.call for each in lines], ours, terms.tolerance_s)
    within = [each for each in lines if _is_within(each.call, offset_s, terms)]
    pairs = match([each.call for each in within], ours, terms.tolerance_s, offset_s)
    by_place = {each.call.place: each for each in lines}
    own_by_place = {each.call.place: each for each in own}
    matched = [(by_place[pair.billed], own_by_place[pair.own], pair) for pair in pairs]
    step_s = _step([(line.call.seconds, each.call.seconds) for line, each, _ in matched])
    currency = terms.currency or _only({each.currency for _, each, _ in matched if each.currency})
    comparing = _Comparing(terms, step_s, currency, _places(within))
    calls = [
        *(comparing.compared(line, each, pair) for line, each, pair in matched),
        *_unmatched(within, [line for line, _, _ in matched]),
        *_missed(own, {each.call.place for _, each, _ in matched}),
    ]
    calls.sort(key=lambda each: (list(BILL_OUTCOMES).index(each.outcome), _place(each)))
    return CheckedBill(
        calls=calls,
        sums=_sums(calls),
        offset_s=offset_s,
        step_s=step_s,
        outside=len(lines) - len(within),
        currency=currency,
        notes=list(_notes(matched, currency, calls)),
    )


def _is_within(call: BilledCall, offset_s: int, terms: BillTerms) -> bool:
    moment = call.moments[0] - offset_s
    begun = terms.first_s is None or moment >= terms.first_s
    return begun and (terms.until_s is None or moment < terms.until_s)


def _place(each: CheckedCall) -> tuple[bool, int]:
    return (False, each.line.call.place) if each.line else (True, each.own.call.place if each.own else 0)


def _only(names: set[str]) -> str:
    return names.pop() if len(names) == 1 else ""


def _step(pairs: Sequence[tuple[int, int]]) -> int:
    """Return the seconds to which a bill rounds its lengths up, 1 where it does not."""
    if len(pairs) < _LEAST:
        return 1
    for step in _STEPS:
        fitting = sum(billed % step == 0 and 0 <= billed - own < step for billed, own in pairs)
        if fitting >= _SURE * len(pairs) and any(billed != own for billed, own in pairs):
            return step
    return 1


def _places(lines: Iterable[BillLine]) -> int:
    """Return how many decimals a bill has."""
    exponents = [each.price.as_tuple().exponent for each in lines if each.price is not None]
    return max((-each for each in exponents if isinstance(each, int)), default=0)


class _Comparing:
    """Compares matched calls by the terms of a check, and by what the bill as a whole shows."""

    def __init__(self, terms: BillTerms, step_s: int, currency: str, places: int) -> None:
        self._seconds, self._step_s, self._currency = terms.seconds, step_s, currency
        # What the bill has rounded away is no difference.
        self._price = max(terms.price, Decimal(1).scaleb(-places) / 2)

    def compared(self, line: BillLine, own: LedgerCall, pair: MatchedPair) -> CheckedCall:
        difference = None
        if line.price is not None and own.cost is not None and own.currency == self._currency:
            difference = line.price - own.cost
        outcome: BillOutcome = "equal"
        if not self._is_as_long(line.call.seconds, own):
            outcome = "other-seconds"
        elif difference is None or abs(difference) > self._price:
            outcome = "other-price"
        return CheckedCall(outcome=outcome, line=line, own=own, late_s=pair.late_s, difference=difference)

    def _is_as_long(self, billed: int, own: LedgerCall) -> bool:
        talked, slack = own.call.seconds, self._seconds
        if billed == own.billed_s or abs(billed - talked) <= slack:
            return True
        rounded = {-(-max(each, 0) // self._step_s) * self._step_s for each in (talked - slack, talked, talked + slack)}
        return self._step_s > 1 and billed in rounded


def _unmatched(lines: Sequence[BillLine], matched: Sequence[BillLine]) -> Iterator[CheckedCall]:
    """Yield billed calls that are none of ours, those that say the same as another as doubled."""
    known = {_said(each) for each in matched}
    taken = {each.call.place for each in matched}
    for line in lines:
        if line.call.place not in taken:
            outcome: BillOutcome = "doubled" if _said(line) in known else "missing-here"
            known.add(_said(line))
            yield CheckedCall(outcome=outcome, line=line, difference=line.price)


def _said(line: BillLine) -> tuple[object, ...]:
    return line.call.number, line.call.moments, line.call.seconds, line.price


def _missed(own: Sequence[LedgerCall], matched: set[int]) -> Iterator[CheckedCall]:
    """Yield calls of ours that should be on the bill: those that were talked, and do not cost nothing."""
    for each in own:
        is_due = each.is_asked and each.call.seconds > 0 and each.cost != 0
        if is_due and each.call.place not in matched:
            yield CheckedCall(outcome="missing-there", own=each, difference=None if each.cost is None else -each.cost)


def _sums(calls: Sequence[CheckedCall]) -> list[OutcomeSum]:
    return [
        OutcomeSum(
            outcome=name,
            calls=len(some),
            billed=sum((call.line.price for call in some if call.line and call.line.price is not None), Decimal(0)),
            own=sum((call.own.cost for call in some if call.own and call.own.cost is not None), Decimal(0)),
            difference=sum((call.difference for call in some if call.difference is not None), Decimal(0)),
            billed_s=sum(call.line.call.seconds for call in some if call.line),
            own_s=sum(call.own.call.seconds for call in some if call.own),
        )
        for name in BILL_OUTCOMES
        if (some := [call for call in calls if call.outcome == name])
    ]


def _notes(
    matched: Sequence[tuple[BillLine, LedgerCall, MatchedPair]],
    currency: str,
    calls: Sequence[CheckedCall],
) -> Iterator[str]:
    others = {each.currency for _, each, _ in matched if each.currency and each.currency != currency}
    if others and currency:
        yield f"Calls that cost {', '.join(sorted(others))} with us are not compared: the bill is in {currency}."
    elif others:
        yield f"Calls cost {', '.join(sorted(others))} with us: say in which currency the bill is."
    unpriced = sum(own.cost is None for _, own, _ in matched)
    if unpriced:
        yield f"{unpriced} billed calls have no price with us."
    ratio = _ratio([(each.line.price, each.own.cost) for each in calls if each.line and each.own])
    if ratio is not None:
        yield f"What we reckon is {ratio:f} times the bill, call by call: tax may be left out on one side."


def _ratio(prices: Sequence[tuple[Decimal | None, Decimal | None]]) -> Decimal | None:
    """Return the ratio that nearly all of ours have to theirs; None where there is none, or it is 1."""
    ratios = sorted(own / billed for billed, own in prices if billed and own and billed > 0)
    if len(ratios) < _LEAST:
        return None
    middle = ratios[len(ratios) // 2]
    alike = sum(abs(each - middle) <= _ALIKE * middle for each in ratios)
    if alike < _SURE * len(ratios) or abs(middle - 1) <= _SLIGHT:
        return None
    return Decimal(f"{middle:.3f}").normalize()
