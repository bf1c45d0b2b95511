"""Records to be assembled, where they stand, and by what they are known to belong together."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.model.call import Calls, Numbers, join_calls
from tollbook.model.outcome import Direction
from tollbook.model.rules import OUTSIDE_NUMBER, Rules
from tollbook.model.texts import Texts, choose, join_texts, no_texts, texts_of

Mask = npt.NDArray[np.bool_]
NONE = -1
"""Row of a record that there is not."""
_BETWEEN = "\x1f"


class Legs(msgspec.Struct, frozen=True, kw_only=True):
    """Records with their places: row `i` of each column belongs to one of them; `calls.offsets` are their positions.

    `before` is the row of the record just before each in its body, of which only those of records that follow one are
    looked at; None where the rules name no such records.
    """

    calls: Calls
    pbx: Texts
    body: Numbers
    member: Numbers
    before: Numbers | None = None

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.calls)

    @property
    def places(self) -> tuple[Numbers, Numbers, Numbers]:
        """Where the records stand, as `numpy.lexsort` wants it: what counts most comes last."""
        return np.array(self.calls.offsets, np.int64), self.member, self.body


def join_legs(parts: list[Legs]) -> Legs:
    """Return the records of all parts, in order; what was before them is to be found anew."""
    (pbx,) = join_texts([[each.pbx for each in parts]])
    return Legs(
        calls=join_calls([each.calls for each in parts]),
        pbx=pbx,
        body=np.concatenate([each.body for each in parts]),
        member=np.concatenate([each.member for each in parts]),
    )


def keys_of(calls: Calls, rules: Rules) -> Texts:
    """Return what each record has the same of as the others of its call; empty where it is a whole call."""
    columns = [_column(calls, name) for name in rules.same]
    if not columns:
        return no_texts(calls.direction)
    if len(columns) == 1:
        return columns[0]
    rows = zip(*columns, strict=True)
    return texts_of(_BETWEEN.join(row) if row[0] else "" for row in rows)


def joined_of(calls: Calls, rules: Rules) -> Texts:
    """Return the key of the other call that each record is part of as well; empty where there is none."""
    return _column(calls, rules.joins) if rules.joins else no_texts(calls.direction)


def is_leg(calls: Calls, rules: Rules) -> Mask:
    """Say of each record whether it may be one of several; any may have one that follows it."""
    if rules.follows:
        return np.ones(len(calls), np.bool_)
    return _column(calls, rules.same[0]).lengths > 0


def has_word(calls: Calls, words: tuple[str, ...]) -> Mask:
    """Say of each record whether its `leg` is one of some words."""
    if calls.leg is None or not words:
        return np.zeros(len(calls), np.bool_)
    numbers, texts = calls.leg.numbered()
    return np.array([text in words for text in texts], np.bool_)[numbers]


def _column(calls: Calls, name: str) -> Texts:
    if name == OUTSIDE_NUMBER:
        directions, words = calls.direction.numbered()
        incoming = np.array([word == Direction.INCOMING for word in words], np.bool_)[directions]
        caller, called = join_texts([[calls.caller], [calls.called]])
        return choose(incoming, caller, called)
    column: Texts | None = getattr(calls, name)
    return no_texts(calls.direction) if column is None else column
