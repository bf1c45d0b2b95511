"""Emergency numbers that were dialled."""

from __future__ import annotations

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.contract import AlertKind, EachCall, Narrowing
from tollbook.alerts.words import to_whom, whose


class EmergencyCallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


def _told(call: AlertCall) -> str:
    return f"{whose(call)} dialled the emergency number {to_whom(call)}"


ALERT = AlertKind(
    title="Emergency call",
    about="an emergency number of the country that the PBX's dial plan names was dialled",
    options=EmergencyCallOptions,
    looks_for=lambda _: EachCall(
        narrow=Narrowing(equal=(("kind", ("emergency",)), ("direction", ("outgoing",)))),
        told=_told,
        by="legs",
        critical=0,
    ),
    at_once=True,
)
