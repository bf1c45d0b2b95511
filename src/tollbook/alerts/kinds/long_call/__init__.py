"""Calls that last long."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.contract import AlertKind, EachCall, Narrowing
from tollbook.alerts.words import DURATION, lasted, to_whom, whose
from tollbook.plugins import Setting


class LongCallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """From which length on."""

    warning: Annotated[float, Setting("talk time from which a call is told of", DURATION, default="1h")] = 3600.0
    critical: Annotated[float, Setting("talk time from which it is critical", DURATION, default="3h")] = 10_800.0


def _told(call: AlertCall) -> str:
    return f"{whose(call)} talked with {to_whom(call)} for {lasted(call.talk_s)}"


def _looks_for(options: LongCallOptions) -> EachCall:
    narrow = Narrowing(least=(("talk_s", int(options.warning)),))
    return EachCall(narrow=narrow, told=_told, by="talk_s", critical=int(options.critical))


ALERT = AlertKind(
    title="Long call",
    about="a call that lasted long; it is known when it has ended",
    options=LongCallOptions,
    looks_for=_looks_for,
)
