"""Which records are one call.

Records with the same key whose times lie near enough are a *cluster*; clusters that a record joins are one *group*.
In a group, put in order, some records begin a call and some end it. Near is a property of the set: sorted by start, a
record is near those before it when it begins at most `within_s` after the latest of their ends.
"""

from __future__ import annotations

import msgspec
import numpy as np

from tollbook.assembly.legs import NONE, Legs, Mask, has_word, joined_of, keys_of
from tollbook.model.call import Numbers
from tollbook.model.rules import Order, Rules
from tollbook.model.texts import Texts, join_texts

_STEP_S = 60
"""Seconds by which a span grows at least."""


class Clusters(msgspec.Struct, frozen=True):
    """Pairs of a record's row and a cluster it is in, sorted by cluster; a record that joins two calls has two pairs.

    `firsts` are the places among the pairs at which clusters begin; `keys` is each pair's key.
    """

    rows: Numbers
    clusters: Numbers
    firsts: Numbers
    keys: Texts


class Spans(msgspec.Struct, frozen=True):
    """Where other records of the same calls can lie: one PBX, one key, ending or beginning between two instants."""

    pbx: Texts
    key: Texts
    since: Numbers
    until: Numbers


def clusters_of(legs: Legs, rules: Rules) -> Clusters:
    """Return the clusters of the records that have a key."""
    own = keys_of(legs.calls, rules)
    (keys,) = join_texts([[own, joined_of(legs.calls, rules)]])
    rows = np.tile(np.arange(len(legs)), 2)
    has_key = (keys.lengths > 0) & (own.lengths > 0)[rows]
    keys, rows = keys[has_key], rows[has_key]
    owners, names = legs.pbx.numbered()
    numbers, _ = keys.numbered()
    same = numbers * (len(names) or 1) + owners[rows]
    order = np.lexsort((legs.calls.started_at[rows], same))
    rows, same = rows[order], same[order]
    starts = legs.calls.started_at[rows]
    latest = running_max(np.maximum(legs.calls.ended_at[rows], starts), same)
    begins = changes(same)
    begins[1:] |= starts[1:] - latest[:-1] > rules.within_s
    return Clusters(rows, np.cumsum(begins) - 1, np.flatnonzero(begins), keys[order])


def spans_of(legs: Legs, rules: Rules, reach: int = 1) -> Spans:
    """Return where records would lie that belong to the same calls as these; with more `reach`, in wider spans."""
    found = clusters_of(legs, rules)
    firsts, rows = found.firsts, found.rows
    if not len(rows):
        return Spans(legs.pbx[rows], found.keys, rows, rows)
    starts, ends = legs.calls.started_at[rows], legs.calls.ended_at[rows]
    around = rules.within_s + (reach - 1) * max(rules.within_s, _STEP_S)
    since = np.minimum.reduceat(starts, firsts) - around
    until = np.maximum.reduceat(np.maximum(starts, ends), firsts) + around
    return Spans(legs.pbx[rows[firsts]], found.keys[firsts], since, until)


def calls_of(legs: Legs, rules: Rules) -> tuple[Numbers, Numbers]:
    """Return the number of each record's call, and all rows call by call, in the order of the rules.

    In each call those that follow others stand last, by place: they are of other groups, whose order says nothing. One
    that has none before it is a call by itself.
    """
    following = has_word(legs.calls, rules.follows)
    groups = groups_of(legs, rules)
    order = _in_order(legs, rules, groups)
    leading = order[~following[order]]
    begins = _begins(legs, rules, leading, groups[leading])
    numbers = np.full(len(legs), NONE, np.int64)
    numbers[leading] = np.cumsum(begins) - 1
    _follow(legs, following, numbers)
    orphans = np.flatnonzero(numbers == NONE)
    numbers[orphans] = int(begins.sum()) + np.arange(len(orphans))
    trailing = np.lexsort(legs.places)
    rows = np.concatenate([leading, trailing[following[trailing]]])
    return numbers, rows[np.argsort(numbers[rows], kind="stable")]


def changes(values: Numbers) -> Mask:
    """Say of each value whether it differs from the one before it, as the first always does."""
    return np.concatenate([np.ones(min(len(values), 1), np.bool_), values[1:] != values[:-1]])


def running_max(values: Numbers, groups: Numbers) -> Numbers:
    """Return the greatest value of each one's group so far; groups stand together, in rising order."""
    if not len(values):
        return values
    lowest = values.min()
    # Each group is lifted above the one before it, so that one sweep serves all.
    lift = (np.cumsum(changes(groups)) - 1) * (values.max() - lowest + 1)
    found: Numbers = np.maximum.accumulate(values - lowest + lift) - lift + lowest
    return found


def groups_of(legs: Legs, rules: Rules) -> Numbers:
    """Return the number of each record's group; one without a key is a group by itself."""
    found = clusters_of(legs, rules)
    groups = np.full(len(legs), NONE, np.int64)
    count = len(found.firsts)
    groups[found.rows] = (_joined(found, count) if rules.joins else np.arange(count))[found.clusters]
    alone = np.flatnonzero(groups == NONE)
    groups[alone] = count + np.arange(len(alone))
    return groups


def _joined(found: Clusters, count: int) -> Numbers:
    """Return the number of each cluster's group: of all clusters that records join, directly or by way of others."""
    parent = list(range(count))

    def top(cluster: int) -> int:
        while parent[cluster] != cluster:
            parent[cluster] = parent[parent[cluster]]
            cluster = parent[cluster]
        return cluster

    met: dict[int, int] = {}
    for row, cluster in zip(found.rows.tolist(), found.clusters.tolist(), strict=True):
        first = met.setdefault(row, cluster)
        one, other = sorted((top(first), top(cluster)))
        parent[other] = one
    return np.fromiter(map(top, range(count)), np.int64, count)


def _in_order(legs: Legs, rules: Rules, groups: Numbers) -> Numbers:
    """Return all rows, group by group, in the order of the rules."""
    by: list[Numbers] = [*legs.places]
    if rules.order is Order.LEG and legs.calls.leg is not None:
        numbers, words = legs.calls.leg.numbered()
        by.append(np.argsort(np.argsort(np.array(words)))[numbers])
    if rules.order is not Order.PLACE:
        by.append(legs.calls.started_at)
    return np.lexsort((*by, groups))


def _begins(legs: Legs, rules: Rules, rows: Numbers, groups: Numbers) -> Mask:
    """Say of each row, in order, whether its record begins a call."""
    ends = has_word(legs.calls, rules.last)[rows]
    begins = changes(groups) | has_word(legs.calls, rules.first)[rows]
    begins[1:] |= ends[:-1]
    return begins


def _follow(legs: Legs, following: Mask, numbers: Numbers) -> None:
    """Give the records that follow others the call of the last that does not."""
    if legs.before is None:
        return
    leader = np.where(following, NONE, np.arange(len(legs)))
    rows = np.lexsort(legs.places)
    for row in rows[following[rows]].tolist():  # what is before another has been met when that one is
        before = legs.before[row]
        leader[row] = NONE if before == NONE else leader[before]
    led = np.flatnonzero(following & (leader != NONE))
    numbers[led] = numbers[leader[led]]
