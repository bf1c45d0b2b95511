"""Many short calls."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.contract import AlertKind, CallWindow, Narrowing
from tollbook.alerts.words import DURATION, span, window
from tollbook.plugins import Setting, whole


class ShortCallsOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls, how short, in which time."""

    calls: Annotated[int, Setting("so many of them are told of", whole(2, 100_000), default="20")] = 20
    critical: Annotated[int, Setting("so many are critical", whole(2, 100_000), default="100")] = 100
    shorter: Annotated[float, Setting("calls of this talk time or less", DURATION, default="10s")] = 10.0
    within: Annotated[float, Setting("in any stretch of this length", window(), default="10m")] = 600.0


def _looks_for(options: ShortCallsOptions) -> CallWindow:
    within, shorter = span(int(options.within)), span(int(options.shorter))
    return CallWindow(
        narrow=Narrowing(equal=(("direction", ("outgoing",)),), most=(("talk_s", int(options.shorter)),)),
        per=("extension",),
        measure="calls",
        window_s=int(options.within),
        warning=options.calls,
        critical=options.critical,
        told=lambda subject, count: f"{count} calls of {shorter} or less from {subject} in {within}",
    )


ALERT = AlertKind(
    title="Many short calls",
    about="many outgoing calls of one extension that last a moment, as when numbers are tried out",
    options=ShortCallsOptions,
    looks_for=_looks_for,
)
