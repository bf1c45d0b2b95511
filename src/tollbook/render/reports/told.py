"""What a reader has to know about a report beside its table: head and foot, in words, the same in every file."""

from __future__ import annotations

import json

from tollbook.model.report import NUMERIC, ReportPeriod, ReportTable
from tollbook.render.reports.shown import heading, legible, lines

_FEW_TITLES = 3


def period_told(period: ReportPeriod) -> str:
    """Return the days that a report is about, in words and as dates.

    >>> from datetime import date
    >>> october = ReportPeriod(first=date(2026, 10, 1), last=date(2026, 10, 31), words="October 2026")
    >>> period_told(october), period_told(ReportPeriod()), period_told(ReportPeriod(first=date(2026, 10, 1)))
    ('October 2026 (2026-10-01 to 2026-10-31)', 'all time', 'from 2026-10-01')
    """
    first, last, words = period.first, period.last, period.words
    if first and last:
        days = f"{first}" if first == last else f"{first} to {last}"
    elif first:
        days = f"from {first}"
    else:
        days = f"to {last}" if last else "all time"
    if not words or words == days:
        return days
    return f"{words} ({days})" if first or last else words


def head(table: ReportTable) -> list[tuple[str, str]]:
    """Return what stands above the table, each under its name."""
    zone = f", by the clock of {table.period.zone}" if table.period.zone else ""
    made = f"{table.made_at:%Y-%m-%d %H:%M} UTC, from {table.calls:,} {'call' if table.calls == 1 else 'calls'}"
    found = (
        ("Period", f"{period_told(table.period)}{zone}"),
        ("Filter", "; ".join(f"{word}: {value}" for word, value in table.filter.items())),
        ("Calls of", table.scope),
        ("Made", made),
    )
    return [(name, legible(text)) for name, text in found if text]


def foot(table: ReportTable) -> list[str]:
    """Return what stands below the table: notes, and what the columns mean, those that mean the same in one."""
    titles: dict[str, list[str]] = {}
    for column in table.columns:
        titles.setdefault(column.meaning, []).append(column.title)
    meanings = [f"{_in_short(named)}: {meaning}" for meaning, named in titles.items() if meaning]
    return [legible(text) for text in (*table.notes, *meanings) if text.strip()]


def _in_short(titles: list[str]) -> str:
    """Return titles in a row, the first and the last where they are many.

    >>> _in_short(["Calls"]), _in_short(["00:00", "01:00", "02:00", "Total"])
    ('Calls', '00:00 to Total')
    """
    return ", ".join(titles) if len(titles) <= _FEW_TITLES else f"{titles[0]} to {titles[-1]}"


def shown_bytes(table: ReportTable) -> bytes:
    """Return a report as JSON of the texts that people are shown, for whoever lays them out: a terminal, a chat."""
    whole = {
        "title": table.title,
        "question": table.question,
        "head": head(table),
        "columns": [{"title": heading(each), "right": each.unit in NUMERIC} for each in table.columns],
        "lines": [{"kind": line.kind, "texts": line.texts} for line in lines(table)],
        "foot": [legible(text) for text in table.notes],
    }
    return json.dumps(whole, ensure_ascii=False).encode() + b"\n"
