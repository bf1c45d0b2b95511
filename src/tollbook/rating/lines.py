"""Which version of which tariff prices the calls of a line, from when until when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from tollbook.model.outcome import Direction
from tollbook.model.pricing import PriceRun, Pricing, TariffRule, VersionInUse
from tollbook.rating.tariff import Tariff

NO_TARIFF = "no tariff is assigned to this line"
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Between these, calls are priced: every zone has a day for them."""
_DIRECTIONS_TOLD = ("outgoing",)
"""Directions of calls that are expected to cost something: without a tariff they are unpriced."""


class Line(msgspec.Struct, frozen=True):
    """What decides over the tariff of a call."""

    trunk: str
    trunk_group: str
    direction: str


def unconcerned(pricing: Pricing) -> list[str]:
    """Return the directions of calls that a pricing gives neither a price nor a reason for none, on whatever line.

    Moments before `EARLIEST` and from `LATEST` on are another matter: they have a reason in every direction.
    """
    ruled = {rule.direction for run in pricing.runs for rule in run.rules}
    return [] if "" in ruled else [each for each in Direction if each not in {*ruled, *_DIRECTIONS_TOLD}]


class PricedSpan(msgspec.Struct, frozen=True):
    """From a moment until another a version prices calls, or none does for a reason; neither where none need."""

    first: datetime
    until: datetime
    version: VersionInUse | None
    because: str = ""


class PbxPricing:
    """What prices the calls of one PBX; `find` returns the tariff of a digest, None where it is there no longer."""

    def __init__(self, pricing: Pricing, zone: ZoneInfo, find: Callable[[str], Tariff | None]) -> None:
        self._pricing, self._zone, self._find = pricing, zone, find
        self._known: dict[Line, list[PricedSpan]] = {}

    def spans(self, line: Line) -> list[PricedSpan]:
        """Return the spans of a line, one after another, over all time."""
        known = self._known.get(line)
        if known is None:
            known = self._known[line] = self._spans(line)
        return known

    def _spans(self, line: Line) -> list[PricedSpan]:
        found: list[PricedSpan] = []
        for first, until in pairwise(sorted(set(self._moments(line)))):
            span = self._span(line, first, until)
            if found and (found[-1].version, found[-1].because) == (span.version, span.because):
                span = msgspec.structs.replace(span, first=found.pop().first)
            found.append(span)
        return found

    def _moments(self, line: Line) -> Iterator[datetime]:
        yield from (EARLIEST, LATEST)
        for run in self._pricing.runs:
            rules = [rule for rule in run.rules if _is_of(rule, line)]
            yield from (self._moment(text) for text in (run.first, run.until) if text)
            yield from (self._midnight(day) for rule in rules for day in (rule.first, rule.until) if day)
            yield from (min(max(self._begin(each), EARLIEST), LATEST) for each in run.versions)

    def _span(self, line: Line, first: datetime, until: datetime) -> PricedSpan:
        run = next((each for each in reversed(self._pricing.runs) if self._is_in(each, first)), None)
        rules = [each for each in run.rules if _is_of(each, line) and self._covers(each, first)] if run else []
        if run is None or not rules:
            return PricedSpan(first, until, None, NO_TARIFF if line.direction in _DIRECTIONS_TOLD else "")
        rule = max(rules, key=_exactness)
        versions = [each for each in run.versions if each.tariff == rule.tariff and self._begin(each) <= first]
        if not versions:
            return PricedSpan(first, until, None, f"no version of the tariff {rule.tariff} was valid")
        return PricedSpan(first, until, max(versions, key=lambda each: (self._begin(each), each.revision)))

    def _is_in(self, run: PriceRun, moment: datetime) -> bool:
        begun = not run.first or self._moment(run.first) <= moment
        return begun and (not run.until or moment < self._moment(run.until))

    def _covers(self, rule: TariffRule, moment: datetime) -> bool:
        begun = rule.first is None or self._midnight(rule.first) <= moment
        return begun and (rule.until is None or moment < self._midnight(rule.until))

    def _moment(self, text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).astimezone(UTC)

    def _begin(self, version: VersionInUse) -> datetime:
        begin = datetime.fromisoformat(version.valid_from)
        if begin.tzinfo is None:
            tariff = self._find(version.digest)
            begin = begin.replace(tzinfo=ZoneInfo(tariff.zone) if tariff and tariff.zone else self._zone)
        return begin.astimezone(UTC)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone).astimezone(UTC)


def _is_of(rule: TariffRule, line: Line) -> bool:
    return (
        rule.trunk in ("", line.trunk)
        and rule.trunk_group in ("", line.trunk_group)
        and rule.direction in ("", line.direction)
    )


def _exactness(rule: TariffRule) -> tuple[bool, bool, bool, bool, date, int]:
    """Return what says which of several rules counts: that of a trunk, of a trunk group, of a PBX, the latest."""
    return (
        bool(rule.trunk),
        bool(rule.trunk_group),
        bool(rule.pbx),
        bool(rule.direction),
        rule.first or date.min,
        rule.id,
    )
