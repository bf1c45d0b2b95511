"""Finds the stretches in which all lines were in use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tollbook.model.report import ReportRow
from tollbook.reports.computing import Computing
from tollbook.reports.lines import held


def rows(asked: Computing) -> Iterable[ReportRow]:
    """Return the days on which all lines were in use: how often, how long together, and the longest."""
    calls = held(asked.ledger, asked.where)
    if calls is None:
        return []
    begun, ended = calls.full(int(asked.settings["lines"]))
    days: dict[object, list[int]] = {}
    for begin, end in zip(begun.tolist(), ended.tolist(), strict=True):
        day = datetime.fromtimestamp(begin, asked.zone).date()
        days.setdefault(day, []).append(end - begin)
    return [(day, len(lengths), sum(lengths), max(lengths)) for day, lengths in sorted(days.items())]  # type: ignore[misc] # dates
