"""Sinks that are behind."""

from __future__ import annotations

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState


class ExportBehindOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


ALERT = AlertKind(
    title="Export behind",
    about="a sink cannot be reached, needs attention, or put calls aside",
    options=ExportBehindOptions,
    looks_for=lambda _: SiteState(topics=("sinks",)),
    at_once=True,
    needs="pbxs.see",
)
