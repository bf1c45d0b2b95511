"""Use that is unusual for an extension."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.contract import AlertKind, Narrowing, UnusualUse
from tollbook.plugins import Setting, choice, whole


class UnusualUseOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared, and how much more than usual is told of."""

    by: Annotated[
        str,
        Setting(
            "all: calls of an hour beside those of that hour of the week; country: calls to a country in an hour "
            "beside the most there were in any",
            choice("all", "country"),
            default="all",
        ),
    ] = "all"
    least: Annotated[int, Setting("fewer calls in an hour are never told of", whole(2, 10_000), default="8")] = 8
    factor: Annotated[int, Setting("times the most that there was before", whole(2, 100), default="3")] = 3
    weeks: Annotated[int, Setting("weeks that it is compared with", whole(4, 52), default="12", advanced=True)] = 12


ALERT = AlertKind(
    title="Unusual use",
    about="many more outgoing calls of an extension than in the weeks before; quiet until there are four weeks",
    options=UnusualUseOptions,
    looks_for=lambda options: UnusualUse(
        narrow=Narrowing(equal=(("direction", ("outgoing",)),)),
        by_country=options.by == "country",
        weeks=options.weeks,
        least=options.least,
        factor=options.factor,
    ),
)
