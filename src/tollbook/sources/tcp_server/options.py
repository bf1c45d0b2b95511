"""What can be set for a PBX that connects to Tollbook."""

from __future__ import annotations

from typing import Annotated

from tollbook.plugins import Setting, choice
from tollbook.sources._streams.listening import LISTEN, PATTERN, Address, Connecting, Pattern
from tollbook.sources._streams.talks import ACKNOWLEDGING


class Options(Connecting, frozen=True, kw_only=True):
    """Where one PBX is awaited, by what it is known, and what it is told."""

    listen: Annotated[
        Address,
        Setting(
            "address of this machine and port that the PBX connects to; several PBXs may share one",
            LISTEN,
            default="0.0.0.0:5000",
        ),
    ] = Address("0.0.0.0", 5000)  # noqa: S104 - a PBX is another machine; who may connect is decided by `peers`
    pattern: Annotated[
        Pattern,
        Setting(
            "what the first line of a connection holds, to tell PBXs on one port apart that share an address; "
            "RE2's syntax",
            PATTERN,
            example="^SITE7",
        ),
    ] = Pattern()
    talk: Annotated[
        str,
        Setting(
            "how the PBX wants its records acknowledged: none, or sopho (each record's number, once it is on the disk)",
            choice("none", *ACKNOWLEDGING),
            default="none",
        ),
    ] = "none"

    @property
    def first_line(self) -> Pattern:
        """What the first line of a connection has to hold."""
        return self.pattern
