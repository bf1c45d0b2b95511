"""When a call of several legs began, was answered and ended, and how long it was talked."""

from __future__ import annotations

import numpy as np

from tollbook.assembly.grouping import running_max
from tollbook.assembly.legs import Legs, Mask
from tollbook.assembly.order import LegOrder
from tollbook.model.call import COUNTED, NEVER, NUMBERS, SOME_NUMBERS, Numbers, counted, those_given
from tollbook.model.rules import Rules, Times

Columns = dict[str, Numbers]


def times_of(legs: Legs, rules: Rules, order: LegOrder, answered: Mask) -> Columns:
    """Return the columns of numbers of each call. `order` is by who is credited, legs without times left out.

    A call of one leg has that leg's numbers.
    """
    calls = legs.calls
    begins = order.least(calls.started_at)
    starting = np.zeros(len(legs), np.bool_)
    starting[order.rows] = calls.started_at[order.rows] == begins[order.calls]
    taken = order.any(answered)
    told: Columns = {name: order.total(getattr(calls, name)) for name in those_given(calls, SOME_NUMBERS)}
    reckoned = _by_durations if rules.times is Times.DURATIONS else _by_instants
    ring, talk, ends = reckoned(legs, order, answered, taken)
    if rules.times is Times.DURATIONS:
        ends = np.maximum(ends, begins + ring + talk + told.get("hold_s", 0))
    several: Columns = {
        "started_at": begins,
        "started_local": calls.started_local[order.first(starting)],
        "answered_at": np.where(taken, begins + ring, NEVER),
        "ended_at": ends,
        "ring_s": ring,
        "talk_s": talk,
        "total_s": ends - begins,
    }
    only, single = order.rows[order.firsts], order.lengths == 1
    told |= {name: np.where(single, getattr(calls, name)[only], several[name]) for name in NUMBERS}
    return {name: counted(numbers) if name in COUNTED else numbers for name, numbers in told.items()}


def _by_instants(legs: Legs, order: LegOrder, answered: Mask, taken: Mask) -> tuple[Numbers, Numbers, Numbers]:
    """Return ring, talk and end where each leg says when it was answered: talk that overlaps is counted once."""
    calls = legs.calls
    begins, ends = order.least(calls.started_at), order.greatest(calls.ended_at)
    answers = np.where(calls.answered_at == NEVER, calls.started_at + calls.ring_s, calls.answered_at)
    first = order.least(np.where(answered, answers, np.iinfo(np.int64).max))
    ring = np.where(taken, np.maximum(first - begins, 0), ends - begins)
    return ring, _covered(order, answered, answers, answers + calls.talk_s), ends


def _by_durations(legs: Legs, order: LegOrder, answered: Mask, taken: Mask) -> tuple[Numbers, Numbers, Numbers]:
    """Return ring, talk and end where legs share a start, or round it: what the PBX measured stands."""
    calls = legs.calls
    credited = order.rows[order.firsts]
    ring = np.where(taken, calls.ring_s[credited], order.greatest(calls.ring_s))
    return ring, order.total(np.where(answered, calls.talk_s, 0)), order.greatest(calls.ended_at)


def _covered(order: LegOrder, wanted: Mask, begins: Numbers, ends: Numbers) -> Numbers:
    """Return how many seconds of each call lie in any of its wanted legs."""
    chosen = wanted[order.rows]
    rows, calls = order.rows[chosen], order.calls[chosen]
    sort = np.lexsort((begins[rows], calls))
    rows, calls = rows[sort], calls[sort]
    until = running_max(ends[rows], calls)
    from_then = begins[rows]
    again = np.flatnonzero(calls[1:] == calls[:-1]) + 1
    from_then[again] = np.maximum(from_then[again], until[again - 1])
    seconds = np.zeros(len(order.firsts), np.int64)
    np.add.at(seconds, calls, np.maximum(ends[rows] - from_then, 0))
    return seconds
