"""What calls of a subject come to within a sliding window, and how many lines of it are in use at once.

A window ends with the end of a call and takes in what ended less than its length before. Time is cut into hours (days,
for windows longer than an hour), and of each the most that a window in it came to counts: so what is found follows from
the calls alone, and grows only as more come, in whichever order.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Whole: TypeAlias = npt.NDArray[np.int64]
SECOND = 1_000_000
"""Instants are whole microseconds."""
HOUR, DAY = 3600 * SECOND, 86_400 * SECOND
MOST_CALLS = 20
"""Calls of a window that are named, the last ones."""


class Peak(msgspec.Struct, frozen=True):
    """The most that a subject came to in an hour or day: when that was first reached, and the rows that it is of."""

    subject: int
    span: int
    at: int
    amount: int
    rows: tuple[int, ...]


def span_of(window: int) -> int:
    """Return the length of time within which a window is told of once."""
    return HOUR if window <= HOUR else DAY


def peaks(subjects: Whole, ends: Whole, amounts: Whole, window: int, least: int) -> list[Peak]:  # noqa: PLR0913, PLR0917 - columns of one table
    """Return for each subject and hour (or day) the most that a window came to, where that is `least` or more.

    Four calls of subject 7, of which three end within ten seconds:

    >>> ends = np.array([1, 2, 9, 60]) * SECOND
    >>> [(each.amount, each.rows) for each in peaks(np.array([7] * 4), ends, np.ones(4, np.int64), 10 * SECOND, 2)]
    [(3, (2, 1, 0))]
    """
    if not len(ends):
        return []
    order = np.lexsort((ends, subjects))
    ends, subjects = ends[order], subjects[order]
    base = int(ends.min())
    apart = int(ends.max()) - base + window + 1
    places = subjects * apart + (ends - base)
    sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(amounts[order])))
    lefts = np.searchsorted(places, places - window, side="right")
    rights = np.searchsorted(places, places, side="right")
    came = sums[rights] - sums[lefts]
    spans = ends // span_of(window)
    kept = np.flatnonzero(came >= least)
    best = kept[np.lexsort((ends[kept], -came[kept], spans[kept], subjects[kept]))]
    firsts = np.ones(len(best), np.bool_)
    firsts[1:] = (subjects[best][1:] != subjects[best][:-1]) | (spans[best][1:] != spans[best][:-1])
    return [
        Peak(
            subject=int(subjects[row]),
            span=int(spans[row]),
            at=int(ends[row]),
            amount=int(came[row]),
            rows=tuple(order[max(int(lefts[row]), int(rights[row]) - MOST_CALLS) : rights[row]][::-1].tolist()),
        )
        for row in best[firsts].tolist()
    ]


def most_at_once(subjects: Whole, starts: Whole, ends: Whole, least: int) -> list[Peak]:
    """Return for each subject and hour the most lines in use at once as a call began, where that is `least` or more.

    A call that begins as another ends needs no second line.

    >>> starts, ends = np.array([0, 5, 10]) * SECOND, np.array([10, 20, 30]) * SECOND
    >>> [(each.amount, each.at // SECOND) for each in most_at_once(np.zeros(3, np.int64), starts, ends, 2)]
    [(2, 5)]
    """
    found = []
    for subject in np.unique(subjects).tolist():
        rows = np.flatnonzero((subjects == subject) & (ends > starts))
        rows = rows[np.argsort(starts[rows], kind="stable")]
        begun = np.searchsorted(starts[rows], starts[rows], side="right")
        ended = np.searchsorted(np.sort(ends[rows]), starts[rows], side="right")
        found += _best_by_hour(subject, rows, (starts[rows], ends[rows]), begun - ended, least)
    return found


def _best_by_hour(  # noqa: PLR0913, PLR0917 - columns of one table
    subject: int, rows: Whole, times: tuple[Whole, Whole], in_use: Whole, least: int
) -> list[Peak]:
    starts, ends = times
    kept = np.flatnonzero(in_use >= least)
    hours = starts[kept] // HOUR
    best = kept[np.lexsort((starts[kept], -in_use[kept], hours))]
    hours = starts[best] // HOUR
    firsts = np.ones(len(best), np.bool_)
    firsts[1:] = hours[1:] != hours[:-1]
    return [
        Peak(
            subject=subject,
            span=int(starts[place] // HOUR),
            at=int(starts[place]),
            amount=int(in_use[place]),
            rows=tuple(rows[(starts <= starts[place]) & (ends > starts[place])][::-1][:MOST_CALLS].tolist()),
        )
        for place in best[firsts].tolist()
    ]
