"""Calls that cost much."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.amounts import AMOUNT
from tollbook.alerts.call import AlertCall
from tollbook.alerts.contract import AlertKind, EachCall, Narrowing
from tollbook.alerts.words import lasted, to_whom, whose
from tollbook.plugins import TEXT, Setting


class DearCallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """From which price on, in which currency."""

    warning: Annotated[int, Setting("price from which a call is told of", AMOUNT, default="5")] = 5_000_000
    critical: Annotated[int, Setting("price from which it is critical", AMOUNT, default="50")] = 50_000_000
    currency: Annotated[str, Setting("the currency, three letters; else each by its own", TEXT)] = ""


def _told(call: AlertCall) -> str:
    return f"{whose(call)} talked with {to_whom(call)} for {lasted(call.talk_s)}, which cost {{cost}}"


def _looks_for(options: DearCallOptions) -> EachCall:
    equal = (("currency", (options.currency.upper(),)),) if options.currency else ()
    narrow = Narrowing(equal=equal, least=(("price", options.warning),))
    return EachCall(narrow=narrow, told=_told, by="price", critical=options.critical)


ALERT = AlertKind(
    title="Dear call",
    about="a call whose price is high; calls have prices where a tariff is assigned",
    options=DearCallOptions,
    looks_for=_looks_for,
)
