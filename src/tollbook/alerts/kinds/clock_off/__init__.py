"""Clocks that are wrong."""

from __future__ import annotations

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState


class ClockOffOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


ALERT = AlertKind(
    title="Clock off",
    about="the clock of a PBX, its time zone or its dates are wrong",
    options=ClockOffOptions,
    looks_for=lambda _: SiteState(
        topics=(
            "clocks",
            "dates",
        )
    ),
    at_once=True,
    needs="pbxs.see",
)
