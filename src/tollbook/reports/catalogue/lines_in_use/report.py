"""Counts lines in use by half hours, by the exact sweep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from tollbook.model.report import ReportRow
from tollbook.reports.computing import Computing
from tollbook.reports.lines import held
from tollbook.sizing.in_use import edges_between, lines_in_use

_SLOT_S = 1800


def rows(asked: Computing) -> Iterable[ReportRow]:
    """Return each half hour from the first call to the last: most lines at once, on average, and calls begun."""
    starts, ends = held(asked.ledger, asked.where)
    if not len(starts):
        return []
    edges = edges_between(int(starts[0]), int(ends[-1]) - 1, asked.zone, _SLOT_S)
    used = lines_in_use(starts, ends, edges)
    begun = np.diff(np.searchsorted(starts, edges)).tolist()
    local = [datetime.fromtimestamp(each, asked.zone).replace(tzinfo=None) for each in edges[:-1].tolist()]
    return zip(local, used.peak.tolist(), used.mean.tolist(), begun, strict=True)
