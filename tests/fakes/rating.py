"""Calls that are priced by a tariff which a case writes down."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tollbook.rating.bands import BandCalendar
from tollbook.rating.charging import Charge, Rateable, Rater
from tollbook.rating.rates import Destination
from tollbook.rating.tariff import Tariff
from tollbook.rating.tariff_text import TariffText, read_tariff


def a_tariff(text: str, prices: str = "") -> Tariff:
    return read_tariff(TariffText(text, "case.toml"), TariffText(prices, "case.csv") if prices else None)


def tried(case: dict[str, Any]) -> Charge:
    """Price the call of a case, with its bundles still whole where it does not say what is left of them."""
    rater, call = at_work(case)
    left = {name: Fraction(size) for name, size in case.get("left", {}).items()}
    return rater.charge(call, left or rater.whole_bundles)


def at_work(case: dict[str, Any]) -> tuple[Rater, Rateable]:
    """Return the tariff of a case at work, and the call. A time without an offset is on the tariff's clock."""
    tariff = a_tariff(case["tariff"], case.get("prices", ""))
    zone = ZoneInfo(tariff.zone or case.get("zone", "UTC"))
    seconds = Decimal(case["seconds"])
    begun: datetime = case["at"]
    call = Rateable(
        number=Destination(
            dialled=case["to"],
            e164="" if case.get("short") else f"+{case['to']}",
            country=case.get("country", ""),
            kind=case.get("kind", ""),
        ),
        started_at=(begun if begun.tzinfo else begun.replace(tzinfo=zone)).astimezone(UTC),
        talk_s=seconds,
        total_s=Decimal(case.get("total", seconds)),
        answered=case.get("answered", seconds > 0),
        pbx_charge=Decimal(case["pbx_charge"]) if "pbx_charge" in case else None,
        pbx_units=case.get("pbx_units"),
    )
    return Rater(tariff, BandCalendar(tariff, zone)), call
