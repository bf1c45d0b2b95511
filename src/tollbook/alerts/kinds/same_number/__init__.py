"""The same number again and again."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.contract import AlertKind, CallWindow, Narrowing
from tollbook.alerts.words import span, window
from tollbook.plugins import Setting, choice, whole


class SameNumberOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls, in which time, which way."""

    calls: Annotated[int, Setting("so many of them are told of", whole(2, 100_000), default="10")] = 10
    critical: Annotated[int, Setting("so many are critical", whole(2, 100_000), default="50")] = 50
    within: Annotated[float, Setting("in any stretch of this length", window(), default="10m")] = 600.0
    direction: Annotated[str, Setting("which way the calls go", choice("outgoing", "incoming"), default="outgoing")] = (
        "outgoing"
    )


def _looks_for(options: SameNumberOptions) -> CallWindow:
    way = "to" if options.direction == "outgoing" else "from"
    within = span(int(options.within))
    return CallWindow(
        narrow=Narrowing(equal=(("direction", (options.direction,)),)),
        per=("number",),
        measure="calls",
        window_s=int(options.within),
        warning=options.calls,
        critical=options.critical,
        told=lambda subject, count: f"{count} calls {way} {subject} in {within}",
    )


ALERT = AlertKind(
    title="Same number",
    about="the same number called, or calling, again and again",
    options=SameNumberOptions,
    looks_for=_looks_for,
)
