"""Finds the busiest hour of each day, and how many lines its traffic wants."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from tollbook.model.report import ReportRow
from tollbook.reports.computing import Computing
from tollbook.reports.lines import held
from tollbook.sizing.erlang import lines_for
from tollbook.sizing.in_use import edges_between, lines_in_use


def rows(asked: Computing) -> Iterable[ReportRow]:
    """Return for each day its busiest hour, the traffic and the peak of that, and the lines that are wanted."""
    starts, ends = held(asked.ledger, asked.where)
    if not len(starts):
        return []
    lost = float(asked.settings["lost"])
    edges = edges_between(int(starts[0]), int(ends[-1]) - 1, asked.zone)
    used = lines_in_use(starts, ends, edges)
    busiest: dict[object, ReportRow] = {}
    for edge, traffic, peak in zip(edges.tolist(), used.mean.tolist(), used.peak.tolist(), strict=False):
        hour = datetime.fromtimestamp(edge, UTC).astimezone(asked.zone).replace(tzinfo=None)
        before = busiest.get(hour.date())
        if traffic > 0 and (before is None or traffic > before[2]):
            busiest[hour.date()] = (hour.date(), hour, traffic, peak, lines_for(traffic, lost))
    return list(busiest.values())
