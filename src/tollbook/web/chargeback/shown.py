"""A month's statement as pages show it: the month and those beside it, its lines by currency, addresses of calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from urllib.parse import urlencode

import msgspec
from django.urls import reverse

from tollbook.chargeback.lines import (
    NOBODY,
    ChargedTo,
    StatementAsked,
    StatementBy,
    StatementDays,
    StatementLine,
    totals,
)
from tollbook.store.filter_values import NONE_OF_IT
from tollbook.store.unpriced_reasons import ANY
from tollbook.web.budgets.words import days_told
from tollbook.web.chargeback.asked import MONTHS
from tollbook.web.zones import today

TITLES: dict[str, str] = {
    "department": "Department",
    "person": "Person",
    "cost_centre": "Cost centre",
    "extension": "Extension",
}
NOBODYS: dict[str, str] = {
    "department": "No department",
    "person": "Nobody",
    "cost_centre": "No cost centre",
    "extension": "No extension",
}
_FIRST_YEAR = 2000
_DAY = timedelta(days=1)


class ShownMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A month with its name and its days, and the months beside it as an address has them; empty is none."""

    title: str
    word: str
    first: str
    last: str
    before: str
    after: str
    is_running: bool


class ShownLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line by name, with the addresses of its own page and of its calls."""

    told: StatementLine
    name: str
    address: str
    calls: str


class ShownCurrency(msgspec.Struct, frozen=True, kw_only=True):
    """All lines in one currency, and what they come to together."""

    currency: str
    lines: list[ShownLine]
    total: StatementLine


def month_of(days: StatementDays) -> ShownMonth:
    """Return a month as it is shown."""
    running = MONTHS.begun(today())
    return ShownMonth(
        title=days_told(days.first, days.until),
        word=_word(days.first),
        first=days.first.isoformat(),
        last=(days.until - _DAY).isoformat(),
        before=_word(days.first - _DAY) if days.first.year > _FIRST_YEAR else "",
        after=_word(days.until) if days.first < running else "",
        is_running=days.first == running,
    )


def _word(day: date) -> str:
    return f"{day:%Y-%m}"


def by_currency(asked: StatementAsked, lines: list[StatementLine], names: Mapping[int, str]) -> list[ShownCurrency]:
    """Return the lines of a statement by currency, each by name and nobody's last; without a currency come last."""
    shown = [shown_line(asked, each, names) for each in lines]
    shown.sort(key=lambda each: (each.told.whom == NOBODY, each.name.casefold(), each.told.whom))
    return [
        ShownCurrency(
            currency=total.currency,
            lines=[each for each in shown if each.told.currency == total.currency],
            total=total,
        )
        for total in sorted(totals(lines), key=lambda each: (not each.currency, each.currency))
    ]


def shown_line(asked: StatementAsked, line: StatementLine, names: Mapping[int, str]) -> ShownLine:
    """Return a line as it is shown."""
    month = f"{asked.days.first:%Y-%m}"
    whom = {"id": line.whom.id, "pbx": line.whom.pbx, "extension": line.whom.extension}
    words = {"month": month, "by": asked.by, **{word: value for word, value in whom.items() if value}}
    return ShownLine(
        told=line,
        name=name_of(asked.by, line.whom, names),
        address=reverse("charge-back-line") + "?" + urlencode(words),
        calls=calls_address(asked, line.whom, names, **in_currency(line.currency)),
    )


def name_of(by: StatementBy, whom: ChargedTo, names: Mapping[int, str]) -> str:
    """Return what somebody is called on pages."""
    if whom == NOBODY:
        return NOBODYS[by]
    return whom.extension or names.get(whom.id, "") or f"{TITLES[by]} {whom.id}"


def calls_address(asked: StatementAsked, whom: ChargedTo, names: Mapping[int, str], **only: str) -> str:
    """Return the address of the calls of somebody in those days, those alone that further words mean."""
    of = NONE_OF_IT if whom == NOBODY else f"={whom.extension or names.get(whom.id, '')}"
    words = {
        "from": asked.days.first.isoformat(),
        "to": (asked.days.until - _DAY).isoformat(),
        asked.by.replace("_", "-"): of,
        **({"pbx": whom.pbx} if whom.pbx else {}),
        **only,
    }
    return reverse("calls") + "?" + urlencode(words)


def in_currency(currency: str) -> dict[str, str]:
    """Return the words of a filter for calls with a price in a currency, or for those that lack one."""
    return {"currency": currency, "unpriced": NONE_OF_IT} if currency else {"unpriced": ANY}


def unpriced_of(lines: Iterable[StatementLine]) -> int:
    """Return how many calls have no price."""
    return sum(each.unpriced for each in lines)
