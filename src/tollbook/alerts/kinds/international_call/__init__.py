"""Calls abroad."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.contract import AlertKind, EachCall, Narrowing
from tollbook.alerts.words import DURATION, lasted, to_whom, whose
from tollbook.plugins import Setting


class InternationalCallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """From which length on calls count."""

    least: Annotated[float, Setting("only calls of this length or longer", DURATION, default="1s")] = 1.0


def _told(call: AlertCall) -> str:
    return f"{whose(call)} called {to_whom(call)} abroad for {lasted(call.talk_s)}"


def _looks_for(options: InternationalCallOptions) -> EachCall:
    narrow = Narrowing(
        equal=(("reach", ("international",)), ("direction", ("outgoing",))), least=(("talk_s", int(options.least)),)
    )
    return EachCall(narrow=narrow, told=_told)


ALERT = AlertKind(
    title="International call",
    about="an answered call to another country, at any time or outside office hours",
    options=InternationalCallOptions,
    looks_for=_looks_for,
)
