"""Calls to given countries."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.contract import AlertKind, EachCall, Narrowing
from tollbook.alerts.words import lasted, to_whom, whose
from tollbook.numbering.places import country_names
from tollbook.plugins import Kind, Setting


def _countries(text: str) -> tuple[str, ...]:
    found = tuple(word.strip().upper() for word in text.split(",") if word.strip())
    if not found or not all(each in country_names() for each in found):
        raise ValueError("countries by their two letters, separated by commas: LV,CU")
    return found


class CountryCallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which countries."""

    countries: Annotated[
        tuple[str, ...],
        Setting(
            "countries by their two letters, separated by commas", Kind(_countries), required=True, example="LV,CU"
        ),
    ]


def _told(call: AlertCall) -> str:
    return f"{whose(call)} called {to_whom(call)} for {lasted(call.talk_s)}"


def _looks_for(options: CountryCallOptions) -> EachCall:
    narrow = Narrowing(equal=(("country", options.countries), ("direction", ("outgoing",))))
    return EachCall(narrow=narrow, told=_told)


ALERT = AlertKind(
    title="Call to a country",
    about="a call to one of some countries",
    options=CountryCallOptions,
    looks_for=_looks_for,
)
