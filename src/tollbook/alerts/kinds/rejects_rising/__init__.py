"""Records that cannot be read."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState
from tollbook.plugins import Setting, whole


class RejectsRisingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How many of them are told of."""

    rejects: Annotated[
        int, Setting("rejects of a PBX in an hour that are told of", whole(1, 1_000_000), default="20")
    ] = 20


ALERT = AlertKind(
    title="Rejects rising",
    about="many records of a PBX could not be read in the last hour, none of its last ones can, or its format fails",
    options=RejectsRisingOptions,
    looks_for=lambda options: SiteState(topics=("unread", "failed"), rejects=options.rejects),
    at_once=True,
    needs="pbxs.see",
)
