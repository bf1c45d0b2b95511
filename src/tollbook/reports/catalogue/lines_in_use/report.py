"""Counts lines in use by half hours, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tollbook.model.report import ReportRow
from tollbook.reports.computing import Computing
from tollbook.reports.lines import held
from tollbook.sizing.in_use import edges_between

_SLOT_S = 1800


def rows(asked: Computing) -> Iterable[ReportRow]:
    """Return each half hour from the first call to the last: most lines at once, on average, and calls begun."""
    calls = held(asked.ledger, asked.where)
    if calls is None:
        return []
    edges = edges_between(calls.first, calls.last, asked.zone, _SLOT_S)
    used = calls.between(edges)
    local = [datetime.fromtimestamp(each, asked.zone).replace(tzinfo=None) for each in edges[:-1].tolist()]
    return zip(local, used.peak.tolist(), used.mean.tolist(), used.begun.tolist(), strict=True)
