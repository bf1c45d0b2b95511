"""What calls cost, as columns of calls: found out as calls are stored, and again when other tariffs count.

The store keeps by what each PBX's calls are priced, so that all of them are priced by the same at any time. A few calls
are reckoned one by one, with fractions. Many are reckoned by DuckDB with whole numbers (see `rating.whole_numbers`),
but for those that need more: they go over the edge of a band, or their terms have no such form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import structlog

from tollbook.model.pricing import Pricing
from tollbook.numbering.plans import Plans
from tollbook.rating.bands import BandCalendar
from tollbook.rating.bundles import kept
from tollbook.rating.charging import NONE_LEFT, Charge, Rateable, Rater
from tollbook.rating.lines import Line, PbxPricing, PricedSpan
from tollbook.rating.rates import Destination, destination
from tollbook.rating.tariff import Tariff
from tollbook.rating.whole_numbers import MOST
from tollbook.store.numbering import SIDE, TEXT_OF

_log = structlog.get_logger()
_Connection = duckdb.DuckDBPyConnection
_PRICED_AS = 1
"""Raised with a change of the program by which a call costs something else."""
GONE = "the version of the tariff is there no longer"
"""Why a call has no price where the text of its tariff was taken away."""
NO_SUCH_DAY = "no tariff knows a day so early or so late"
TOO_MUCH = f"it would cost {MOST:,} or more"
FAULT = "the price could not be reckoned; the log says why"
"""Why a call has no price over which the program failed: it is stored all the same."""
_MOST_DIGITS = 12
"""Digits before the point, and behind it, of a charge that a PBX writes."""
_INTERNAL = Destination(dialled="", kind="internal")
_UNPLANNED = Destination(dialled="", kind="unknown")


class PricingInUse(msgspec.Struct, frozen=True):
    """By what a PBX's calls are priced, the zone of its clock, and the digest of both."""

    digest: str
    pricing: Pricing
    zone: str


def pricing_digest(pricing: Pricing, zone: str) -> str:
    """Return the digest of what calls come to by a pricing; nothing for one that prices none."""
    if not pricing.runs:
        return ""
    told = msgspec.json.encode([_PRICED_AS, pricing, zone], order="sorted")
    return hashlib.blake2b(told, digest_size=16).hexdigest()


# ---------------------------------------------------------------- tariffs

_finders: dict[int, Callable[[str], Tariff | None]] = {}
"""What finds a tariff by its digest, of each store that is open; a digest means the same whoever has it."""


def lend(store: object, find: Callable[[str], Tariff | None]) -> None:
    """Let calls be priced by the tariffs of a store's site."""
    _finders[id(store)] = find


def take_back(store: object) -> None:
    """Let go of a site's tariffs."""
    _finders.pop(id(store), None)
    _raters.clear()


def _tariff(digest: str) -> Tariff | None:
    # Asked by several threads, of which one may lend other tariffs meanwhile.
    return next((found for find in list(_finders.values()) if (found := find(digest))), None)


_raters: dict[tuple[str, str], Rater] = {}
_MOST_RATERS = 32


def rater_of(digest: str, zone: str) -> Rater | None:
    """Return what prices by a version in the zone of a PBX; None where the version is there no longer."""
    rater = _raters.get((digest, zone))
    if rater is None:
        tariff = _tariff(digest)
        if tariff is None:
            return None
        if len(_raters) >= _MOST_RATERS:
            _raters.clear()
        rater = _raters[digest, zone] = Rater(tariff, BandCalendar(tariff, ZoneInfo(tariff.zone or zone)))
    return rater


# ---------------------------------------------------------------- what is in use


def pricing_in_use(connection: _Connection, pbxs: list[str] | None = None) -> dict[str, PricingInUse]:
    """Return by what calls are priced, of some PBXs or of all."""
    only = "" if pbxs is None else "WHERE pbx IN (SELECT unnest(?::VARCHAR[]))"
    rows = connection.execute(f"SELECT pbx, digest, pricing FROM main.pricing {only}", [] if pbxs is None else [pbxs])
    return {pbx: _in_use(digest, text) for pbx, digest, text in rows.fetchall()}


def use(connection: _Connection, pbx: str, pricing: Pricing, zone: str) -> None:
    """Note inside the caller's transaction by what a PBX's calls are priced."""
    digest = pricing_digest(pricing, zone)
    text = msgspec.json.encode(PricingInUse(digest, pricing, zone)).decode()
    connection.execute("DELETE FROM main.pricing WHERE pbx = ?", [pbx])
    if digest:
        connection.execute("INSERT INTO main.pricing VALUES (?, ?, ?)", [pbx, digest, text])


@lru_cache(64)
def _in_use(digest: str, text: str) -> PricingInUse:
    del digest
    return msgspec.json.decode(text, type=PricingInUse)


@lru_cache(64)
def pbx_pricing(digest: str, pricing: Pricing, zone: str) -> PbxPricing:
    """Return what prices a PBX's calls, the same for the same digest, with the spans of lines that it remembers."""
    del digest
    return PbxPricing(pricing, ZoneInfo(zone), _tariff)


# ---------------------------------------------------------------- calls one by one

_FIELDS = ("pbx", "trunk", "trunk_group", "direction", "outcome", "talk_s", "total_s", "charge", "units")

STORED = frozenset(_FIELDS)
"""All that a stored call has of those."""


def fields(names: Collection[str]) -> str:
    """Return what a price depends on, of a row `t` with columns of some names, beside the moment it began."""
    texts = {"trunk", "trunk_group", "charge"}
    told = [f"{_value(name, names, text=name in texts)} AS {name}" for name in _FIELDS]
    return f"{', '.join(told)}, {SIDE} AS side, coalesce({TEXT_OF}, '') AS text"


def _value(name: str, names: Collection[str], *, text: bool) -> str:
    if not text:
        return f"t.{name}" if name in names else "NULL"
    return f"coalesce(t.{name}, '')" if name in names else "''"


class PricedCall(msgspec.Struct, frozen=True, kw_only=True):
    """What a price of a call depends on, as the store has it. `began` is when it was answered, or began, UTC."""

    pbx: str
    trunk: str
    trunk_group: str
    direction: str
    outcome: str
    talk_s: int
    total_s: int
    charge: str
    units: int | None
    side: str
    text: str
    began: datetime


class Reckoned(msgspec.Struct, frozen=True):
    """How a call was priced: by which version, and what came of it; or why by none."""

    span: PricedSpan
    rater: Rater | None = None
    call: Rateable | None = None
    charge: Charge | None = None
    because: str = ""

    def columns(self) -> tuple[Any, ...]:
        """Return the values of the priced columns."""
        charge, version = self.charge, self.span.version
        label = version.label if version else None
        if charge is None:
            return None, None, None, label, None, self.because or None, None, None
        if max(charge.amount or 0, charge.cost or 0) >= MOST:
            return None, None, charge.currency, label, None, TOO_MUCH, None, None
        billed = None if charge.amount is None else charge.billed_s
        used = (charge.bundle, kept(charge.taken)) if charge.bundle and billed is not None else (None, None)
        return charge.cost, charge.amount, charge.currency, label, billed, charge.unpriced_because, *used


class Pricer:
    """Prices calls of some PBXs, one by one, as they are priced now."""

    def __init__(self, in_use: dict[str, PricingInUse], plans: dict[str, Plans]) -> None:
        self._in_use, self._plans = in_use, plans

    def reckon(self, call: PricedCall, left: Mapping[str, Fraction] = NONE_LEFT) -> Reckoned:
        """Return what a call costs, and by what; `left` is what is left of bundles, by their names.

        A fault over it is told once, and keeps no call from being stored.
        """
        try:
            return self._reckoned(call, left)
        except Exception as fault:  # noqa: BLE001 - as it says
            tell("a call could not be priced", f"{type(fault).__name__}: {fault}")
            return Reckoned(PricedSpan(call.began, call.began, None), because=FAULT)

    def _reckoned(self, call: PricedCall, left: Mapping[str, Fraction]) -> Reckoned:
        spans = self.spans(call.pbx, Line(call.trunk, call.trunk_group, call.direction))
        span = next((each for each in spans if each.first <= call.began < each.until), None)
        if span is None:
            return Reckoned(PricedSpan(call.began, call.began, None), because=NO_SUCH_DAY)
        if span.version is None:
            return Reckoned(span, because=span.because)
        rater = rater_of(span.version.digest, self.zone(call.pbx))
        if rater is None:
            return Reckoned(span, because=GONE)
        rateable = self._rateable(call)
        return Reckoned(span, rater, rateable, rater.charge(rateable, left))

    def zone(self, pbx: str) -> str:
        """Return the zone of a PBX's clock."""
        return self._in_use[pbx].zone

    def spans(self, pbx: str, line: Line) -> list[PricedSpan]:
        """Return which version prices the calls of a line, from when until when."""
        in_use = self._in_use[pbx]
        return pbx_pricing(in_use.digest, in_use.pricing, in_use.zone).spans(line)

    def number(self, pbx: str, side: str, text: str, trunk_group: str) -> Destination:
        """Return what a tariff sees of a number."""
        plans = self._plans.get(pbx)
        if side == "internal":
            return _INTERNAL
        if plans is None or not plans.plan.country:
            return _UNPLANNED
        return destination(plans.number(text, calling=side == "calling", trunk_group=trunk_group))

    def _rateable(self, call: PricedCall) -> Rateable:
        return Rateable(
            number=self.number(call.pbx, call.side, call.text, call.trunk_group),
            started_at=call.began,
            talk_s=Decimal(call.talk_s),
            total_s=Decimal(call.total_s),
            answered=is_answered(call.outcome, call.talk_s),
            pbx_charge=amount_of(call.charge),
            pbx_units=call.units,
        )


def is_answered(outcome: str, talk_s: int) -> bool:
    """Say whether a call is charged as one that was answered; where a PBX does not say, by whether it was talked."""
    return outcome == "answered" or (outcome == "unknown" and talk_s > 0)


def amount_of(text: str) -> Decimal | None:
    """Return the amount that a PBX wrote, with a point or a comma; None for what is none.

    >>> amount_of("1,20"), amount_of("EUR")
    (Decimal('1.20'), None)
    """
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    within = amount.is_finite() and -_MOST_DIGITS <= amount.adjusted() < _MOST_DIGITS
    return amount if within or amount == 0 else None


@lru_cache(64)
def tell(what: str, reason: str) -> None:
    """Log what went wrong, once for each reason."""
    _log.error(what, reason=reason)
