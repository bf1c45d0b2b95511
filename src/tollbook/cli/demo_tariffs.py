"""Tariffs, budgets and monthly charges of the demo: two carriers, one with holidays and included minutes, a revision.

Calls of the past have the prices of the first version. The revision is dearer, and has priced none of
them, so that `tollbook rate preview` has something to show.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

_ATLANTIC = """
title = "Atlantic Voice, office lines"
currency = "USD"
zone = "America/New_York"
holidays = "US-NY"
valid_from = {day}
round = {{ places = 4 }}
tax = {{ percent = "8.875" }}

[[band]]
name = "day"
days = "mon-fri"
from = "08:00"
to = "18:00"

[[band]]
name = "rest"

[[rate]]
to = "US"
band = "day"
price = "{day_price}"
first_s = 30
next_s = 6

[[rate]]
to = "US"
band = "rest"
price = "0.012"
first_s = 30
next_s = 6

[[rate]]
to = "FR"
price = "0.19"
connect_fee = "0.05"

[[rate]]
to = "toll_free"
price = "free"

[[rate]]
to = "=911"
price = "free"

[[bundle]]
name = "5,000 minutes in the United States"
to = ["US"]
seconds = 300000
increment_s = 6
per = "month"
shared_by = "site"
"""
_HARBOUR = """
title = "Harbour Telecom, trunks of the second building"
currency = "USD"
zone = "America/New_York"
valid_from = {day}
round = {{ places = 4 }}
markup = {{ percent = "15" }}

[[rate]]
to = "US"
price = "0.018"
next_s = 60

[[rate]]
to = "*"
price = "0.45"
next_s = 60
"""


class DemoTariff(msgspec.Struct, frozen=True):
    """A version of a tariff of the demo, and the PBXs whose calls it prices."""

    tariff: str
    document: bytes
    pbxs: tuple[str, ...] = ()
    is_last_assigned: bool = False
    """Whether all calls, of the past too, are to be priced once it is assigned."""


def tariffs(today: date, days: int) -> list[DemoTariff]:
    """Return what is to be added, in order, for a history of so many days; the last one prices calls to come."""
    begin = today - timedelta(days=days + 1)
    atlantic, harbour = (text.strip() + "\n" for text in (_ATLANTIC, _HARBOUR))
    return [
        DemoTariff("atlantic-voice", atlantic.format(day=begin, day_price="0.021").encode(), ("hts32", "hts824")),
        DemoTariff("harbour-telecom", harbour.format(day=begin).encode(), ("ncp500",), is_last_assigned=True),
        DemoTariff("atlantic-voice", atlantic.format(day=begin, day_price="0.024").encode()),
    ]


def budgets(today: date, days: int) -> list[dict[str, object]]:
    """Return budgets for a history of so many days, as the API takes them: one is spent, one is nearly so."""
    since = (today - timedelta(days=days)).isoformat()
    common = {"kind": "department", "currency": "USD", "since": since}
    wanted = (("Sales", "250", "nothing"), ("Support", "160", "nothing"), ("Workshop", "100", "rest"))
    return [
        {"name": target.lower(), "target": target, "amount": amount, "carry": carry, **common}
        for target, amount, carry in wanted
    ]


def monthly_charges(today: date, days: int) -> list[dict[str, object]]:
    """Return monthly charges for a history of so many days, as the API takes them: whole months, and one by days."""
    begin = today - timedelta(days=days)
    common: dict[str, object] = {"currency": "USD", "tax": "8.875", "from": begin.replace(day=1).isoformat()}
    rentals: list[dict[str, object]] = [
        {
            "name": "Line rental",
            "kind": "extension",
            "target": extension,
            "pbx": "hts32",
            "amount": "14",
            "cost": "11.5",
        }
        for extension in ("101", "102", "103", "104")
    ]
    others: list[dict[str, object]] = [
        {"name": "Headset", "kind": "person", "target": "Ella Amber", "amount": "6.50", "part_month": "days"},
        {"name": "Share of the system", "kind": "department", "target": "Workshop", "amount": "35", "cost": "35"},
        {"name": "Call recording", "kind": "cost_centre", "target": "300", "amount": "48"},
    ]
    wanted = [{**each, **common} for each in (*rentals, *others)]
    return [{**each, "from": begin.isoformat()} if each.get("part_month") else each for each in wanted]
