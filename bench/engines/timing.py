"""How a question is timed: the first time, and the middle of some more."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Protocol

import msgspec

from tollbook.clock import monotonic_s

SLOW_S = 5.0
"""A question that takes longer is asked only twice."""
LONGEST_S = 30
"""Seconds after which a question is given up, where the database can be told so."""

Answer = tuple[str, ...]
"""The rows of an answer, each as text with its cells divided by tabs."""


class TookTooLong(Exception):
    """A question, or a loading, was given up."""


class Asking(Protocol):
    """A database that can be asked."""

    def ask(self, question: str) -> tuple[float, Answer]:
        """Return the seconds that an answer took, and the answer; raises `TookTooLong`."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """One question asked of one database. `middle_s` is None where it was given up."""

    first_s: float
    middle_s: float | None
    answer: Answer


def time_question(database: Asking, question: str, repeats: int) -> Timing:
    """Ask once cold, once to warm up, and then so many times; a slow question twice in all."""
    try:
        first_s, answer = database.ask(question)
    except TookTooLong:
        return Timing(first_s=LONGEST_S, middle_s=None, answer=())
    is_slow = first_s > SLOW_S
    if not is_slow:
        database.ask(question)
    more = [database.ask(question)[0] for _ in range(1 if is_slow else repeats)]
    return Timing(first_s=first_s, middle_s=median(more), answer=answer)


def timed(rows: Callable[[], list[tuple[object, ...]]]) -> tuple[float, Answer]:
    """Run a query in this process; return its seconds and its answer as text."""
    begun = monotonic_s()
    found = rows()
    seconds = monotonic_s() - begun
    return seconds, tuple("\t".join(map(str, row)) for row in found)
