"""PBXs that send nothing."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState
from tollbook.plugins import Setting, seconds

_MONTH_S = 31 * 86_400


class PbxSilentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """After how long a PBX is silent."""

    after: Annotated[
        float, Setting("time without a record after which a PBX is silent", seconds(60, _MONTH_S), default="1d")
    ] = 86_400.0


ALERT = AlertKind(
    title="PBX silent",
    about="a PBX cannot be reached, needs attention, or has sent no record for a time; paused ones are left out",
    options=PbxSilentOptions,
    looks_for=lambda options: SiteState(silent_s=int(options.after)),
    at_once=True,
    needs="pbxs.see",
)
