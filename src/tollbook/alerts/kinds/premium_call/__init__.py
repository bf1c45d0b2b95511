"""Calls to premium-rate numbers."""

from __future__ import annotations

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.contract import AlertKind, EachCall, Narrowing
from tollbook.alerts.words import lasted, to_whom, whose


class PremiumCallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


def _told(call: AlertCall) -> str:
    return f"{whose(call)} called the premium-rate number {to_whom(call)} for {lasted(call.talk_s)}"


ALERT = AlertKind(
    title="Premium-rate call",
    about="a call to a premium-rate number, at any time or outside office hours",
    options=PremiumCallOptions,
    looks_for=lambda _: EachCall(
        narrow=Narrowing(equal=(("kind", ("premium", "premium_short")), ("direction", ("outgoing",)))), told=_told
    ),
)
