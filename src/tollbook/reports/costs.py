"""Reports for those who do not see what calls cost: most have no amounts then, and those about costs are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tollbook.model.problem import NotAllowed, Problem
from tollbook.model.report import ReportChart, ReportTable, Unit
from tollbook.reports.breakdown import Breakdown
from tollbook.reports.definition import Report, ReportDefinition
from tollbook.reports.vocabulary import Measure, measures

_GROUP = "cost"
_HELP = "ask an administrator for a role that may see what calls cost"


def is_of_costs(report: Report) -> bool:
    """Say whether a report is about what calls cost, so that little of it would be left without."""
    definition = report.filled(report.settings({}))
    return definition.group == _GROUP or _is_amount(definition.order) or _draws_amounts(definition.chart)


def check_costs(report: Report, definition: ReportDefinition) -> None:
    """Raise `NotAllowed` where somebody who does not see what calls cost asks for a report about it."""
    if is_of_costs(report) or _is_amount(definition.order):
        reason = "your role does not see what calls cost"
        raise NotAllowed(Problem(f"the report {definition.title} is about costs", reason, help=_HELP))


def without_costs(definition: ReportDefinition) -> ReportDefinition:
    """Return a report without its amounts."""
    return msgspec.structs.replace(
        definition,
        measures=_without_amounts(definition.measures),
        list=_without_amounts(definition.list),
        share=_without_amounts(definition.share),
    )


def refuse_amounts(asked: Breakdown) -> None:
    """Raise `NotAllowed` for a breakdown with amounts; for who does not see what calls cost."""
    if wrong := [name for name in asked.measures if _is_amount(name)]:
        told = ", ".join(measures()[name].title.lower() for name in wrong)
        raise NotAllowed(Problem(f"this asks for {told}", "your role does not see what calls cost", help=_HELP))


def offered_without_amounts(known: Mapping[str, Measure]) -> dict[str, Measure]:
    """Return the measures that are no amounts."""
    return {name: each for name, each in known.items() if each.unit is not Unit.AMOUNT}


def table_without_amounts(table: ReportTable) -> ReportTable:
    """Return the answer of a query without its amounts."""
    kept = [place for place, column in enumerate(table.columns) if column.unit is not Unit.AMOUNT]
    return msgspec.structs.replace(
        table,
        columns=tuple(table.columns[place] for place in kept),
        rows=[tuple(row[place] for place in kept) for row in table.rows],
        totals=None if table.totals is None else tuple(table.totals[place] for place in kept),
    )


def _without_amounts(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not _is_amount(name))


def _is_amount(name: str) -> bool:
    found = measures().get(name.removeprefix("-"))
    return found is not None and found.unit is Unit.AMOUNT


def _draws_amounts(chart: ReportChart | None) -> bool:
    return chart is not None and any(_is_amount(name) for name in chart.y)
