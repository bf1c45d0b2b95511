"""Ten calls by a new version beside the one before: the site's own where it has some, else some that fit the tariff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from tollbook.model.meaning import KIND_TITLES
from tollbook.numbering.places import country_name
from tollbook.rating.bands import BandCalendar
from tollbook.rating.charging import Charge, Rateable, Rater
from tollbook.rating.lists.comparing import Comparison
from tollbook.rating.rates import ANYWHERE, Destination
from tollbook.rating.tariff import Rate, Tariff
from tollbook.render.formatting import money
from tollbook.render.numbers import spaced
from tollbook.site.tariffs.numbers import typed_number
from tollbook.store.ledger import Ledger
from tollbook.store.typical_calls import TypicalCall, typical_calls
from tollbook.web.zones import site_zone

MOST = 10
_HOURS = ((10, 180), (20, 45))
"""Two usual calls: three minutes in the morning, less than one in the evening."""
_FILLED = "5550100123456789"
"""Digits that stand behind a prefix; numbers that are made up."""
_NUMBER_DIGITS = 11
_FIRST, _LAST = date(1970, 1, 5), date(2200, 1, 6)
"""Between these days calls are made up, whenever a version is valid."""


class ComparedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call by two versions. `before` and `now` are amounts or why there is none; `change` says up, down or same."""

    number: str
    place: str
    started_at: datetime
    talk_s: int
    before: str
    now: str
    change: str = ""
    difference: str = ""


class TypicalCalls(msgspec.Struct, frozen=True):
    """Ten calls at most, whether they are the site's own, and the zone of their times; empty for the site's."""

    calls: list[ComparedCall]
    is_own: bool
    zone: str


class _SampleCall(msgspec.Struct, frozen=True):
    number: Destination
    shown: str
    place: str
    started_at: datetime
    talk_s: int


class ComparedVersions(msgspec.Struct, frozen=True, kw_only=True):
    """A version, valid from a day, the one before it, and the PBXs whose calls they price; none of them is all."""

    before: Tariff | None
    now: Tariff
    first: date
    pbxs: frozenset[str] = frozenset()


def compared_calls(ledger: Ledger, versions: ComparedVersions) -> TypicalCalls:
    """Return calls by a version, and by the one before it where there is one."""
    before, now = versions.before, versions.now
    own = [_own(each) for each in typical_calls(ledger, MOST, versions.pbxs)]
    calls = own or list(_made_up(now, min(max(versions.first, _FIRST), _LAST)))
    raters = [_rater(tariff) if tariff else None for tariff in (before, now)]
    return TypicalCalls([_compared(call, *raters) for call in calls], bool(own), now.zone)


def differing(comparison: Comparison) -> int:
    """Return how many rates are otherwise than before."""
    return comparison.new + comparison.dearer + comparison.cheaper + comparison.closed


def _rater(tariff: Tariff) -> Rater:
    return Rater(tariff, BandCalendar(tariff, ZoneInfo(tariff.zone) if tariff.zone else site_zone()))


def _own(call: TypicalCall) -> _SampleCall:
    found = Destination(
        dialled=call.e164.removeprefix("+"),
        e164=call.e164,
        country=call.country,
        kind=call.kind,
    )
    return _SampleCall(found, spaced(call.e164), _place(found), call.started_at, call.talk_s)


def _place(number: Destination) -> str:
    kind = KIND_TITLES.get(number.kind, number.kind)
    return ", ".join(filter(None, (country_name(number.country), kind)))


def _made_up(tariff: Tariff, first: date) -> Iterator[_SampleCall]:
    """Yield calls to destinations that lie evenly in a tariff's rates; each twice where there are few."""
    places = list(dict.fromkeys(rate.to for rate in tariff.rates if not rate.terms.blocked))
    each_nth = max(len(places) // MOST, 1)
    chosen = places[::each_nth][:MOST]
    names = {rate.to: rate for rate in reversed(tariff.rates)}
    hours = _HOURS if len(chosen) <= MOST // 2 else _HOURS[:1]
    zone = ZoneInfo(tariff.zone) if tariff.zone else site_zone()
    monday = first + timedelta(days=-first.weekday() % 7)
    for to in chosen:
        for hour, talk_s in hours:
            started = datetime.combine(monday, time(hour), zone).astimezone(UTC)
            yield _SampleCall(_number_to(to), _shown(to), _titled(names[to]), started, talk_s)


def _number_to(to: str) -> Destination:
    """Return a number of a destination as tariffs write it."""
    if to.startswith("+"):
        digits = (to[1:] + _FILLED)[: max(len(to) - 1, _NUMBER_DIGITS)]
        return typed_number(digits) or Destination(dialled=digits)
    if to.startswith("="):
        return Destination(dialled=to[1:])
    country, _, kind = to.partition(" ")
    if to == ANYWHERE:
        return Destination(dialled="", kind="fixed")
    if country.isupper():
        return Destination(dialled="", country=country, kind=kind or "fixed")
    return Destination(dialled="", kind=to)


def _shown(to: str) -> str:
    return f"{to} …" if to.startswith("+") else to.removeprefix("=")


def _titled(rate: Rate) -> str:
    if rate.name or rate.to.startswith(("+", "=")):
        return rate.name
    return "any other number" if rate.to == ANYWHERE else _place(_number_to(rate.to))


# ---------------------------------------------------------------- beside one another


def _compared(call: _SampleCall, before: Rater | None, now: Rater | None) -> ComparedCall:
    charges = [_charge(rater, call) if rater else None for rater in (before, now)]
    was, is_now = charges
    shown = ComparedCall(
        number=call.shown,
        place=call.place,
        started_at=call.started_at,
        talk_s=call.talk_s,
        before=_told(was),
        now=_told(is_now),
    )
    if was is None or is_now is None or was.amount is None or is_now.amount is None or was.currency != is_now.currency:
        return shown
    more = is_now.amount - was.amount
    change = "up" if more > 0 else "down" if more < 0 else "same"
    sign = {"up": "+", "down": "-", "same": ""}[change]
    return msgspec.structs.replace(shown, change=change, difference=f"{sign}{money(f'{abs(more):f}')}")


def _charge(rater: Rater, call: _SampleCall) -> Charge:
    length = Decimal(call.talk_s)
    asked = Rateable(number=call.number, started_at=call.started_at, talk_s=length, total_s=length)
    return rater.charge(asked, rater.whole_bundles)


def _told(charge: Charge | None) -> str:
    if charge is None:
        return ""
    if charge.amount is None:
        return f"no price: {charge.unpriced_because}"
    return f"{money(f'{charge.amount:f}')} {charge.currency}"
