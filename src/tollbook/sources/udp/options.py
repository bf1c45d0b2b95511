"""What can be set for a PBX that sends datagrams."""

from __future__ import annotations

from typing import Annotated

from tollbook.plugins import Setting
from tollbook.sources import common
from tollbook.sources._streams.listening import FromPeers
from tollbook.sources.common import HostPort


class Options(FromPeers, frozen=True, kw_only=True):
    """Where one PBX's datagrams are awaited, and from whom they may come."""

    listen: Annotated[
        HostPort,
        Setting("address of this machine and UDP port that the PBX sends to", common.LISTEN, default="0.0.0.0:5001"),
    ] = HostPort("0.0.0.0", 5001)  # noqa: S104 - a PBX is another machine; who may send is decided by `peers`
