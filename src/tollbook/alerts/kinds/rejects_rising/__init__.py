"""Records that cannot be read."""

from __future__ import annotations

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState


class RejectsRisingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


ALERT = AlertKind(
    title="Rejects rising",
    about="records of a PBX cannot be read, or its format fails",
    options=RejectsRisingOptions,
    looks_for=lambda _: SiteState(
        topics=(
            "unread",
            "failed",
        )
    ),
    at_once=True,
    needs="pbxs.see",
)
