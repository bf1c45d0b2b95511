"""Reports that are computed: a folder of the catalogue with `report.py`, for what neither measures nor SQL can say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, tzinfo
from importlib import import_module

import msgspec

from tollbook.budgets.evaluating import KnownBudgets
from tollbook.model.report import ReportRow
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger

MODULE = "report.py"


class Computing(msgspec.Struct, frozen=True, kw_only=True):
    """What a computed report is given: the calls it is about, its parameters, and the zone of its PBXs.

    `where` is made of `days`, of which None is an open end, and of `words`, the other words of a filter.
    """

    ledger: Ledger
    where: Where
    settings: Mapping[str, str | int]
    zone: tzinfo
    days: tuple[date | None, date | None]
    words: Mapping[str, str]
    today: date
    budgets: Callable[[], KnownBudgets]


def computed(module: str, asked: Computing) -> list[ReportRow]:
    """Return the rows that a module's function `rows` makes."""
    found: Iterable[ReportRow] = import_module(module).rows(asked)
    return list(found)
