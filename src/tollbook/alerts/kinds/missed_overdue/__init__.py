"""Lost callers whom nobody has called back in time."""

from __future__ import annotations

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState


class MissedOverdueOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none: when callers are due is set on the page of missed calls."""


ALERT = AlertKind(
    title="Missed call overdue",
    about="nobody has called a lost caller back by the time they were due, nor set the call aside; told once for each",
    options=MissedOverdueOptions,
    looks_for=lambda _: SiteState(overdue=True),
    at_once=True,
)
