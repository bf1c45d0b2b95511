"""What can be set for a PBX that connects to Tollbook."""

from __future__ import annotations

from typing import Annotated

from tollbook.plugins import Alias, Setting, choice
from tollbook.sources import common
from tollbook.sources._streams.acknowledging import ACKNOWLEDGING
from tollbook.sources._streams.listening import Connecting
from tollbook.sources.common import HostPort, LinePattern


class Options(Connecting, frozen=True, kw_only=True):
    """Where one PBX is awaited, by what it is known, and what it is told."""

    listen: Annotated[
        HostPort,
        Setting(
            "address of this machine and port that the PBX connects to; several PBXs may share one",
            common.LISTEN,
            default="0.0.0.0:5000",
        ),
    ] = HostPort("0.0.0.0", 5000)  # noqa: S104 - a PBX is another machine; who may connect is decided by `peers`
    first_line: Annotated[
        LinePattern,
        Setting(
            "what the first line of a connection holds, to tell PBXs on one port apart that share an address; a "
            "pattern in RE2's syntax",
            common.PATTERN,
            example="^SITE7",
            was=(Alias("pattern"),),
        ),
    ] = LinePattern()
    talk: Annotated[
        str,
        Setting(
            "how the PBX wants its records acknowledged: none, or sopho (each record's number, once it is on the disk)",
            choice("none", *ACKNOWLEDGING),
            default="none",
        ),
    ] = "none"
