"""Finds the stretches in which all lines were in use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tollbook.model.report import ReportRow
from tollbook.reports.computing import Computing
from tollbook.reports.lines import held
from tollbook.sizing.in_use import full_stretches


def rows(asked: Computing) -> Iterable[ReportRow]:
    """Return the days on which all lines were in use: how often, how long together, and the longest."""
    begun, ended = full_stretches(*held(asked.ledger, asked.where), int(asked.settings["lines"]))
    days: dict[object, list[int]] = {}
    for begin, end in zip(begun.tolist(), ended.tolist(), strict=True):
        day = datetime.fromtimestamp(begin, asked.zone).date()
        days.setdefault(day, []).append(end - begin)
    return [(day, len(lengths), sum(lengths), max(lengths)) for day, lengths in sorted(days.items())]  # type: ignore[misc] # dates
