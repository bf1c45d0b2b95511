"""Assembles records into calls: which belong together, and what their call then is."""

from __future__ import annotations

import msgspec
import numpy as np

from tollbook.assembly.grouping import calls_of, changes
from tollbook.assembly.legs import Legs, has_word
from tollbook.assembly.merging import Grouped, merged
from tollbook.assembly.order import LegOrder
from tollbook.assembly.talking import with_talk
from tollbook.model.call import Calls, Numbers
from tollbook.model.rules import Rules


class Assembled(msgspec.Struct, frozen=True, kw_only=True):
    """Calls, the row of each one's first record by place, how many legs it has, and each record's call by number."""

    calls: Calls
    firsts: Numbers
    counts: Numbers
    call_of: Numbers


def assemble(legs: Legs, rules: Rules) -> Assembled:
    """Return the calls that records make; there is at least one record.

    A record is in exactly one call. Whatever else is in the set, records that have nothing to do with each other do not
    change each other's calls.
    """
    numbers, rows = calls_of(legs, rules)
    order = LegOrder(rows, np.flatnonzero(changes(numbers[rows])))
    lead = ~has_word(legs.calls, rules.follows)
    lead[rows[order.firsts]] = True  # one with nothing before it is a call by itself
    call_of = np.empty(len(legs), np.int64)
    call_of[rows] = order.calls
    firsts = _first_records(legs, order)
    legs = with_talk(legs, rules.talk, order) if rules.talk else legs
    return Assembled(
        calls=merged(legs, rules, Grouped(order=order, lead=lead, firsts=firsts)),
        firsts=firsts,
        counts=order.lengths,
        call_of=call_of,
    )


def each_alone(legs: Legs) -> Assembled:
    """Return each record as a call by itself: what is left where rules cannot be applied."""
    rows = np.arange(len(legs))
    return Assembled(calls=legs.calls, firsts=rows, counts=np.ones(len(legs), np.int64), call_of=rows)


def _first_records(legs: Legs, order: LegOrder) -> Numbers:
    """Return the row of each call's first record, by where it stands: it gives the call its id."""
    ranks = np.empty(len(legs), np.int64)
    ranks[np.lexsort(legs.places)] = np.arange(len(legs))
    return order.ranked(ranks).rows[order.firsts]
