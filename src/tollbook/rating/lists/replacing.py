"""Puts a carrier's new prices in the place of those before: all of them, or only those that the list names."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tollbook.rating.lists.asking import ListAnswer, OpenQuestion
from tollbook.rating.lists.converting import ConvertedList
from tollbook.rating.lists.writing import rows_of
from tollbook.rating.tariff import Rate

_QUESTION = OpenQuestion(
    "scope",
    "Is this the whole price list, or changes to the one before?",
    "destinations that it does not name are closed, or stay as they are",
    [
        ListAnswer("whole", "the whole list: what it does not name is closed"),
        ListAnswer("changes", "changes: the rest stays"),
    ],
)


def replacing(found: ConvertedList, before: Sequence[Rate]) -> ConvertedList:
    """Return a list with the rates before it that it leaves as they are; asks which those are."""
    scope = found.mapping.scope
    if not scope:
        return msgspec.structs.replace(found, questions=[*found.questions, _QUESTION], rows=[], lines=[])
    if scope == "whole" or not found.ready:
        return found
    gone = {(row[0], row[2]) for row in found.rows} | set(found.closed)
    kept = [row for rate in before if (rate.to, rate.band) not in gone for row in rows_of(rate)]
    return msgspec.structs.replace(found, rows=[*kept, *found.rows], lines=[*([0] * len(kept)), *found.lines])
