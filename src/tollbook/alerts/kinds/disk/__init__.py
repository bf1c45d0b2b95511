"""Little room on the disk."""

from __future__ import annotations

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState


class DiskOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


ALERT = AlertKind(
    title="Disk full",
    about="there is little room on the disk, or the journal's reserve is used up",
    options=DiskOptions,
    looks_for=lambda _: SiteState(topics=("room",)),
    at_once=True,
    needs="pbxs.see",
)
