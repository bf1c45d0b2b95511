"""What a call takes from which of its legs.

Who called whom, over which trunk, is what the first leg says that touches a trunk; where one of those has the id that
the call's records are linked by, it is that one, which is the caller's. The credit goes to the first extension that
talked. A text that the chosen leg leaves empty is taken from the next that has it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from tollbook.assembly.legs import Legs, Mask, has_word
from tollbook.assembly.order import LegOrder
from tollbook.assembly.times import times_of
from tollbook.model.call import SOME_TEXTS, TEXTS, Calls, Numbers, those_given
from tollbook.model.outcome import Direction, Outcome
from tollbook.model.rules import Rules
from tollbook.model.texts import Texts, choose, join_texts, no_texts, same_texts

_OF_THE_CALLER = frozenset((
    "direction", "caller", "called", "caller_name", "ddi", "trunk", "trunk_group", "linked_id", "call_id",
    "source_channel",
))  # fmt: skip
"""Columns that tell how the call came in or went out; the others tell who took it."""
_CHOSEN = frozenset(("direction", "outcome"))
"""Columns that are never filled in from another leg."""
_BEST_OUTCOMES = (Outcome.ANSWERED, Outcome.UNANSWERED, Outcome.BUSY, Outcome.FAILED, Outcome.UNKNOWN)
"""One leg that was answered makes an answered call; a telephone that rang says more than one that was engaged."""
_INSIDE = (Direction.INTERNAL,)


class Grouped(msgspec.Struct, frozen=True, kw_only=True):
    """Which legs make which call: in the order of the rules, with the row of each call's first record by place.

    Those that do not `lead` only fill in what the others leave empty.
    """

    order: LegOrder
    lead: Mask
    firsts: Numbers


def merged(legs: Legs, rules: Rules, grouped: Grouped) -> Calls:
    """Return the calls that legs make; there is at least one."""
    calls, order, lead = legs.calls, grouped.order, grouped.lead
    outcomes = _ranks(calls.outcome, _BEST_OUTCOMES)
    answered = lead & (outcomes == 0)
    own = _callers_own(calls, rules)
    credit = _credit(legs, answered, lead)
    # Where parties come in one after another, who is first to talk is chance: it is the caller, who is inside.
    by_credit = order.ranked(2 * credit + ~own if rules.talk else credit)
    inside = _ranks(calls.direction, _INSIDE) == 0
    by_caller = order.ranked(np.where(lead, 2 * inside + ~own, 4))
    columns: dict[str, Any] = {
        name: _filled(getattr(calls, name), by_caller if name in _OF_THE_CALLER else by_credit)
        for name in those_given(calls, TEXTS + SOME_TEXTS)
    }
    by_outcome = order.ranked(np.where(lead, outcomes, len(_BEST_OUTCOMES) + 1))
    columns["outcome"] = calls.outcome[by_outcome.rows[order.firsts]]
    columns["direction"] = calls.direction[by_caller.rows[order.firsts]]
    columns["leg"] = None
    if rules.unended:
        going_on = ~order.any(has_word(calls, rules.unended.without))
        rows = np.flatnonzero(going_on)
        columns["status"] = columns["status"].replaced(rows, [rules.unended.status] * len(rows))
    _name_third_party(legs, order, answered, columns)
    if calls.charge is not None:
        columns["charge"] = _charges(legs, by_credit, calls.charge)
    leading = lead[by_credit.rows]
    numbers = by_credit.calls[leading]
    led = LegOrder(by_credit.rows[leading], np.flatnonzero(np.diff(numbers, prepend=-1)))
    columns |= times_of(legs, rules, led, answered)
    rows = grouped.firsts.tolist()
    return Calls(**columns, raws=[calls.raws[row] for row in rows], offsets=[calls.offsets[row] for row in rows])


def _ranks(texts: Texts, words: tuple[str, ...]) -> Numbers:
    """Return each text's place among some words; what is none of them comes after all."""
    numbers, found = texts.numbered()
    ranks = [words.index(text) if text in words else len(words) for text in found]
    return np.array(ranks, np.int64)[numbers]


def _callers_own(calls: Calls, rules: Rules) -> Mask:
    """Say which legs are of the channel that began their call: its id is what they are linked by."""
    if calls.linked_id is None or "linked_id" not in rules.same:
        return np.zeros(len(calls), np.bool_)
    return same_texts(calls.call_id, calls.linked_id)


def _credit(legs: Legs, answered: Mask, lead: Mask) -> Numbers:
    """Return the rank of each leg for the credit of its call; the least has it."""
    named = legs.calls.extension.lengths > 0
    talked = legs.calls.talk_s > 0
    return np.select([answered & named & talked, answered & named, answered, lead & named, lead], range(5), default=5)


def _filled(texts: Texts, order: LegOrder) -> Texts:
    """Return for each call the first text there is."""
    return texts[order.first(texts.lengths > 0)]


def _name_third_party(legs: Legs, order: LegOrder, answered: Mask, columns: dict[str, Any]) -> None:
    """Name the extension that had the call last, where no leg names who transferred it and another took it first.

    Of a call inside, both sides may be legs: who was called is no third party to it.
    """
    extensions = legs.calls.extension
    last = extensions[order.last(answered & (extensions.lengths > 0))]
    (all_three,) = join_texts([[columns["extension"], last, columns["called"]]])
    credited, had_last, called = np.split(all_three.numbered()[0], 3)
    internal = _ranks(columns["direction"], _INSIDE) == 0
    moved = (credited != had_last) & order.any(answered) & ~(internal & (had_last == called))
    told = columns.get("third_party")
    if told is None and not moved.any():
        return
    told, last = _join_two(no_texts(last) if told is None else told, last)
    columns["third_party"] = choose((told.lengths == 0) & moved, last, told)


def _join_two(first: Texts, second: Texts) -> tuple[Texts, Texts]:
    """Return two columns in the same letters."""
    one, other = join_texts([[first], [second]])
    return one, other


def _charges(legs: Legs, order: LegOrder, told: Texts) -> Texts:
    """Return what each call costs: where several of its legs say so, in one currency, the sum."""
    charges = _filled(told, order)
    counts = order.total((told.lengths > 0).astype(np.int64))
    several = np.flatnonzero(counts > 1)
    ends = np.append(order.firsts, len(order.rows))
    sums = [_sum(legs, order.rows[ends[call] : ends[call + 1]].tolist()) for call in several.tolist()]
    known = [(call, total) for call, total in zip(several.tolist(), sums, strict=True) if total is not None]
    return charges.replaced(np.array([call for call, _ in known], np.intp), [str(total) for _, total in known])


def _sum(legs: Legs, rows: list[int]) -> Decimal | None:
    """Return the sum of some legs' charges; None where they are no amounts of one currency."""
    charge, currency = legs.calls.charge, legs.calls.currency
    amounts = [charge[row] for row in rows if charge is not None and charge[row]]
    currencies = {currency[row] for row in rows if currency is not None and currency[row]}
    try:
        return sum(map(Decimal, amounts), Decimal()) if len(currencies) <= 1 else None
    except ArithmeticError:
        return None
