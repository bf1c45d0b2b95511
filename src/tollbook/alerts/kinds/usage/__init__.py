"""What calls come to in a time."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, cast

import msgspec

from tollbook.alerts.amounts import NUMBER, limit
from tollbook.alerts.contract import MEASURED, AlertKind, CallWindow, Dimension, Measured, Narrowing
from tollbook.alerts.words import amount, span, window
from tollbook.plugins import Kind, Setting, choice

_PER = ("extension", "trunk", "trunk-group", "account", "department", "number", "country", "all")


def _optional(text: str) -> Decimal | None:
    return Decimal(NUMBER.read(text)) if text else None


class UsageOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted, for each of what, in which time, and from where on it is told of."""

    measure: Annotated[str, Setting("what is counted", choice(*MEASURED), default="calls")] = "calls"
    per: Annotated[str, Setting("for each of what", choice(*_PER), default="extension")] = "extension"
    within: Annotated[float, Setting("in any stretch of this length", window(), default="1h")] = 3600.0
    warning: Annotated[
        Decimal, Setting("calls, minutes or money from which on it is told of", NUMBER, required=True, example="30")
    ]
    critical: Annotated[Decimal | None, Setting("from which on it is critical", Kind(_optional))] = None
    direction: Annotated[
        str, Setting("which way the calls go", choice("outgoing", "incoming", "any"), default="outgoing")
    ] = "outgoing"


def _looks_for(options: UsageOptions) -> CallWindow:
    measure, within = cast("Measured", options.measure), span(int(options.within))
    per = () if options.per == "all" else (cast("Dimension", options.per.replace("-", "_")),)
    way = "" if options.direction == "any" else f"{options.direction} "
    return CallWindow(
        narrow=Narrowing(equal=(("direction", (options.direction,)),) if way else ()),
        per=(*per, "currency") if measure == "cost" else per,
        measure=measure,
        window_s=int(options.within),
        warning=limit(measure, options.warning),
        critical=None if options.critical is None else limit(measure, options.critical),
        told=lambda subject, found: f"{subject}: {amount(measure, found, way)} in {within}",
    )


ALERT = AlertKind(
    title="Use over a limit",
    about="calls, minutes or money of an extension, trunk, account code, department … in a sliding window",
    options=UsageOptions,
    looks_for=_looks_for,
)
