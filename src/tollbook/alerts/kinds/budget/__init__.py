"""Budgets that are near or over."""

from __future__ import annotations

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState


class BudgetOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


ALERT = AlertKind(
    title="Budget near or over",
    about="a budget has come near its end (warning) or is over (critical), once in each of its periods",
    options=BudgetOptions,
    looks_for=lambda _: SiteState(budgets=True),
    needs="costs.see",
)
