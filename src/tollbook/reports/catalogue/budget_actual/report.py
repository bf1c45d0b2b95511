"""Tells how budgets stand in those of their periods that fall into the days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tollbook.budgets.evaluating import evaluated, seen_budgets
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ReportRow
from tollbook.reports.computing import Computing

_DAY = timedelta(days=1)


def rows(asked: Computing) -> Iterable[ReportRow]:
    """Return each budget with each of its periods, by name; raises `Misconfigured` where calls are narrowed."""
    if asked.words:
        what = f"budgets cannot be narrowed by {', '.join(sorted(asked.words))}"
        raise Misconfigured(Problem(what, "a budget counts all calls of whomever it is for", help="give days alone"))
    known = seen_budgets(asked.ledger, asked.budgets())
    first, last = asked.days[0] or date.min, asked.days[1] or date.max
    periods = evaluated(asked.ledger, known.directory, known.budgets, lambda _: asked.today)
    return [
        (
            *(each.name, f"{each.kind.replace('_', ' ')} {each.target}", found.first, found.until - _DAY),
            *(each.currency, found.available, found.use.used, found.left, float(found.percent / 100), found.forecast),
            *(found.state, found.use.unpriced),
        )
        for each in sorted(known.budgets, key=lambda each: each.name)
        for found in periods[each.name]
        if found.first <= last and first < found.until
    ]
