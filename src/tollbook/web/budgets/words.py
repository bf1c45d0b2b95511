"""Budgets in words, for pages."""

from __future__ import annotations

from datetime import date, timedelta

KINDS = {
    "extension": "Extension",
    "person": "Person",
    "department": "Department",
    "cost_centre": "Cost centre",
    "account_code": "Account code",
    "trunk": "Trunk",
}
MEASURES = {"price": "What is charged, with mark-up", "cost": "What the carrier charges"}
PERS = {"month": "Month", "week": "Week"}
CARRIES = {"nothing": "Nothing", "rest": "What is left"}
STATES = {"within": "Within", "near": "Near", "over": "Over"}


def days_told(first: date, until: date) -> str:
    """Return the days of a period; those of a whole month by its name.

    >>> days_told(date(2026, 1, 1), date(2026, 2, 1)), days_told(date(2026, 1, 15), date(2026, 2, 15))
    ('January 2026', '15 Jan to 14 Feb 2026')
    """
    last = until - timedelta(days=1)
    if first.day == 1 and last.month == first.month and until.day == 1:
        return f"{first:%B %Y}"
    return f"{first.day} {first:%b} to {last.day} {last:%b %Y}"
