"""One number of a report, beside the same of the days before: what a tile of Home or of a wallboard shows.

A number is a measure over the calls of a report, by the same definitions as in its table. Days that are not over are
compared with as much of the days before: a morning with the morning before, not with a whole day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from tollbook.model.periods import before, in_words
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.report import Unit
from tollbook.reports.answering import Groups, find, value_of
from tollbook.reports.breakdown import Breakdown, checked, offered
from tollbook.reports.definition import Report, ReportDefinition
from tollbook.reports.running import ChosenCalls, ReportRun, both, choose
from tollbook.reports.vocabulary import Measure, measures
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger

Number = int | float | Decimal | None
_OF_CONDITIONS = {
    "incoming": {"direction": "incoming"},
    "outgoing": {"direction": "outgoing"},
    "internal": {"direction": "internal"},
    "transit": {"direction": "transit"},
    "answered": {"outcome": "answered"},
    "busy": {"outcome": "busy"},
    "failed": {"outcome": "failed"},
    "unanswered": {"outcome": "unanswered"},
    "not_answered": {"outcome": "unanswered,busy,failed"},
    "unpriced": {"unpriced": "any"},
}
"""By condition of a measure: the filter words that choose the calls that meet it."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A measure over some days, and over as many before them; None where there is no value.

    `change` is the part by which it grew, of a share the difference; `days` and `days_before` are words for them.
    `calls` are the filter words of the calls behind it, None where no words choose them.
    """

    measure: Measure
    value: Number
    before: Number = None
    currency: str = ""
    days: str = ""
    days_before: str = ""
    calls: dict[str, str] | None = None
    note: str = ""

    @property
    def change(self) -> float | None:
        """By how much it grew."""
        if self.value is None or self.before is None:
            return None
        if self.measure.unit is Unit.SHARE:
            return float(self.value) - float(self.before)
        return (float(self.value) - float(self.before)) / float(self.before) if self.before else None


class Figures:
    """Asks for figures of one ledger. Those of `together` that are over the same calls are asked in one question.

    Amounts are asked one by one, since they may have several currencies, as is what has to see each call.
    """

    def __init__(self, ledger: Ledger, together: Iterable[str] = ()) -> None:
        self.ledger = ledger
        known = [measures()[name] for name in dict.fromkeys(together) if name in offered()]
        self._together = tuple(each.name for each in known if _is_plain(each))
        self._found: dict[str, Groups] = {}

    def of(self, report: Report | None, name: str, wanted: ReportRun) -> Figure:
        """Return a measure over the calls of a report, or over all calls of the words; raises `Misconfigured`.

        Without a name it is the report's first measure, or the number of its calls.
        """
        definition = report.filled(report.settings(wanted.settings)) if report else None
        measure = measure_of(report, definition, name)
        fixed, period = (definition.filter, definition.period) if definition else ({}, "")
        chosen = choose(wanted, fixed, period)
        value, currency, note = self._value(measure, chosen.where)
        first, last = chosen.days
        told = Figure(
            measure=measure,
            value=value,
            currency=currency,
            days=in_words(first, last),
            calls=_words(measure, chosen.all),
            note=note,
        )
        if first is None or last is None:
            return told
        words, days_before = _earlier(chosen, first, last, wanted)
        was, was_currency, _ = self._value(measure, both(words, chosen.fixed))
        if was_currency != currency and measure.unit is Unit.AMOUNT:
            return told
        return msgspec.structs.replace(told, before=was, days_before=days_before)

    def _value(self, measure: Measure, where: Where) -> tuple[Number, str, str]:
        """Return a measure of some calls, its currency, and what a reader has to know; None where there are several."""
        found = self._groups(measure, where)
        if found.asked.rows:
            return None, "", "several currencies"
        value = value_of(measure, found.asked, found.total)
        number = value if isinstance(value, int | float | Decimal) else None
        currency = found.currencies.get(measure.reckoned_by, "") if measure.unit is Unit.AMOUNT else ""
        return number, currency, f"{found.unpriced:,} without a price" if found.unpriced else ""

    def _groups(self, measure: Measure, where: Where) -> Groups:
        names = self._together if measure.name in self._together else (measure.name,)
        key = repr((names, where.sql, where.values))
        if key not in self._found:
            self._found[key] = find(self.ledger, checked(Breakdown(measures=names)), where)
        return self._found[key]


def _is_plain(measure: Measure) -> bool:
    parts = [measures()[name] for name in measure.parts]
    return all(each.unit is not Unit.AMOUNT and not each.percentile for each in (measure, *parts))


def figure(ledger: Ledger, report: Report | None, name: str, wanted: ReportRun) -> Figure:
    """Return one figure, as `Figures` does."""
    return Figures(ledger).of(report, name, wanted)


def measure_of(report: Report | None, definition: ReportDefinition | None, name: str) -> Measure:
    """Return the measure that a figure is of; raises `Misconfigured` for one that there is not."""
    usual = definition.measures[0] if definition and definition.measures else "calls"
    if report and (report.query or report.module):
        reason = "it is no list and no breakdown of calls"
        raise Misconfigured(Problem("this report has no number", reason, help="show it as a table"))
    name = name or usual
    if name not in offered():
        reason = "`tollbook report words` lists them all"
        raise Misconfigured(Problem(f"no measure is called {name!r}", reason, help=nearest(name, offered())))
    if measures()[name].unit in (Unit.MOMENT, Unit.TEXT):
        raise Misconfigured(Problem(f"{name} is no number", "a moment cannot be compared", help="choose another"))
    return measures()[name]


def _earlier(chosen: ChosenCalls, first: date, last: date, wanted: ReportRun) -> tuple[dict[str, str], str]:
    """Return the words of the days before, and what they are called; of days that are not over yet as much of them."""
    begins, ends = before(first, last)
    words = {**chosen.given, "from": begins.isoformat(), "to": ends.isoformat()}
    if not first <= wanted.today <= last:
        return words, in_words(begins, ends)
    clock = wanted.made_at.astimezone(ZoneInfo(wanted.zone.partition(",")[0])).time()
    until = min(datetime.combine(begins + (wanted.today - first), clock), datetime.combine(ends, datetime.max.time()))
    until -= timedelta(microseconds=until.microsecond)
    is_yesterday = until.date() == wanted.today - timedelta(1)
    day = "yesterday" if is_yesterday else f"{until.day} {until:%B}"
    return {**words, "to": until.isoformat()}, f"{day} by {until:%H:%M}"


def _words(measure: Measure, chosen: Mapping[str, str]) -> dict[str, str] | None:
    """Return the filter words of the calls that a measure is made of; of a ratio those of what it is a part of."""
    counted = measures()[measure.under] if measure.under else measure
    words = dict(chosen)
    for condition in counted.when:
        for name, text in _OF_CONDITIONS.get(condition, {"": ""}).items():
            if not name or words.get(name, text) != text:
                return None
            words[name] = text
    return words
