"""When people talked in calls that are told of by events, as a rule says between which of them they do.

Events are gone through once, call by call in the order of time. Each party that is let in talks from when enough
others are in as well, until too few are left or it leaves itself. That first time in which it talks is written to the
event that let it in. Whoever makes them enough has come just then, so that the times of all these events together cover
all talk of the call, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from tollbook.assembly.legs import Legs, has_word
from tollbook.assembly.order import LegOrder
from tollbook.model.call import Numbers
from tollbook.model.outcome import Outcome
from tollbook.model.rules import TalkRule


class CallEvent(msgspec.Struct, frozen=True):
    """One event: its row, its party's number, when it was, whether it lets the party in, and when its call ended."""

    row: int
    call: int
    party: int
    at: int
    enters: bool
    ended: int


def with_talk(legs: Legs, rule: TalkRule, order: LegOrder) -> Legs:
    """Return legs of which those that let a party into talk are answered, and say when and for how many seconds."""
    # A row that comes again has not talked before: it had been let in and out in one second.
    spans = {row: (begun, until) for row, begun, until in _spans(_events(legs, rule, order), rule.parties)}
    if not spans:
        return legs
    rows = np.array(list(spans), np.int64)
    begins, ends = np.array(list(spans.values()), np.int64).T
    calls = legs.calls
    answers, talks = calls.answered_at.copy(), calls.talk_s.copy()
    answers[rows], talks[rows] = begins, ends - begins
    outcome = calls.outcome.replaced(rows, [Outcome.ANSWERED.value] * len(rows))
    told = msgspec.structs.replace(calls, outcome=outcome, answered_at=answers, talk_s=talks)
    return msgspec.structs.replace(legs, calls=told)


def _events(legs: Legs, rule: TalkRule, order: LegOrder) -> Iterator[CallEvent]:
    """Yield what lets parties in and takes them out, call by call, each in the order of time and then of place."""
    calls = legs.calls
    enters = has_word(calls, rule.begins)
    call_of = np.empty(len(legs), np.int64)
    call_of[order.rows] = order.calls
    ended = order.greatest(np.maximum(calls.ended_at, calls.started_at))[call_of]
    parties = _numbers_of(legs, rule.each)
    rows = np.flatnonzero(enters | has_word(calls, rule.ends))
    rows = rows[np.lexsort((*(each[rows] for each in legs.places), calls.started_at[rows], call_of[rows]))]
    columns = (rows, *(each[rows] for each in (call_of, parties, calls.started_at, enters, ended)))
    return map(CallEvent, *(column.tolist() for column in columns))


def _numbers_of(legs: Legs, column: str) -> Numbers:
    """Return the number of each record's party; without a column that names it all are one."""
    texts = getattr(legs.calls, column) if column else None
    return np.zeros(len(legs), np.int64) if texts is None else texts.numbered()[0]


def _spans(events: Iterator[CallEvent], parties: int) -> Iterator[tuple[int, int, int]]:
    """Yield the rows that let a party into talk, with when it began to talk and when it no longer did."""
    inside: dict[int, int] = {}
    talking: dict[int, int] = {}
    talked: set[int] = set()
    last: CallEvent | None = None
    for event in events:
        if last is not None and event.call != last.call:
            yield from _until(last.ended, talking)
            inside, talking, talked = {}, {}, set()
        last = event
        if event.enters:
            inside.setdefault(event.party, event.row)
        elif (row := inside.pop(event.party, None)) in talking:
            yield row, talking.pop(row), event.at
        if len(inside) < parties:
            talked |= {row for row, begun in talking.items() if begun < event.at}
            yield from _until(event.at, talking)
            talking = {}
        elif event.enters:
            # All who are in begin to talk with the one who makes them enough; later only who comes in.
            fresh = inside.values() if len(inside) == parties else [inside[event.party]]
            for row in fresh:
                if row not in talked:
                    talking.setdefault(row, event.at)
    if last is not None:
        yield from _until(last.ended, talking)


def _until(moment: int, talking: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    """Yield who is talking, as no longer doing so from then on."""
    return ((row, begun, moment) for row, begun in talking.items())
