"""Calls from outside that nobody answered."""

from __future__ import annotations

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.contract import AlertKind, EachCall, Narrowing
from tollbook.alerts.words import lasted, to_whom, whose


class MissedCallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


def _told(call: AlertCall) -> str:
    return f"{whose(call)} missed a call from {to_whom(call)} after {lasted(call.total_s)}"


ALERT = AlertKind(
    title="Missed call",
    about="a call from outside that nobody answered, told at once or collected for some minutes",
    options=MissedCallOptions,
    looks_for=lambda _: EachCall(narrow=Narrowing(equal=(("missed", (True,)),)), told=_told),
    at_once=True,
)
