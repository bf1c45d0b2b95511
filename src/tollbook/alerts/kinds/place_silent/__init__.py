"""Places of this centre that are silent."""

from __future__ import annotations

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState


class PlaceSilentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


ALERT = AlertKind(
    title="Place silent",
    about="a place that has joined this centre has not been heard for 5 minutes",
    options=PlaceSilentOptions,
    looks_for=lambda _: SiteState(topics=("places",)),
    at_once=True,
    needs="pbxs.see",
)
