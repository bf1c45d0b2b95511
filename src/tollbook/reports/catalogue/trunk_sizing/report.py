"""Finds the busiest hour of each day, and how many lines its traffic wants."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from tollbook.model.report import ReportRow
from tollbook.reports.computing import Computing
from tollbook.reports.lines import held
from tollbook.sizing.erlang import lines_for
from tollbook.sizing.in_use import edges_between


def rows(asked: Computing) -> Iterable[ReportRow]:
    """Return for each day its busiest hour, the traffic and the peak of that, and the lines that are wanted."""
    calls = held(asked.ledger, asked.where)
    if calls is None:
        return []
    lost = float(asked.settings["lost"])
    edges = edges_between(calls.first, calls.last, asked.zone)
    used = calls.between(edges)
    busiest: dict[date, tuple[datetime, float, int]] = {}
    for edge, traffic, peak in zip(edges.tolist(), used.mean.tolist(), used.peak.tolist(), strict=False):
        hour = datetime.fromtimestamp(edge, asked.zone).replace(tzinfo=None)
        before = busiest.get(hour.date())
        if traffic > 0 and (before is None or traffic > before[1]):
            busiest[hour.date()] = (hour, traffic, peak)
    return [(day, hour, traffic, peak, lines_for(traffic, lost)) for day, (hour, traffic, peak) in busiest.items()]
