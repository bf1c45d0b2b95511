"""What can be set for a PBX whose records come as syslog messages."""

from __future__ import annotations

from typing import Annotated

from tollbook.plugins import Kind, Setting, choice
from tollbook.sources import common
from tollbook.sources._streams.listening import Connecting
from tollbook.sources.common import HostPort, LinePattern
from tollbook.sources.syslog.message import FACILITIES


def _facilities(text: str) -> frozenset[str]:
    chosen = frozenset(word.strip().lower() for word in text.split(",") if word.strip())
    if not chosen <= frozenset(FACILITIES):
        raise ValueError(f"facilities with commas between, of: {', '.join(FACILITIES)}")
    return chosen


class Options(Connecting, frozen=True, kw_only=True):
    """Where one PBX's messages are awaited, and which of them hold records."""

    listen: Annotated[
        HostPort,
        Setting(
            "address of this machine and port; the usual 514 needs a privilege",
            common.LISTEN,
            default="0.0.0.0:5514",
        ),
    ] = HostPort("0.0.0.0", 5514)  # noqa: S104 - a PBX is another machine; who may send is decided by `peers`
    over: Annotated[
        str,
        Setting("what carries the messages: udp, tcp, or both", choice("udp", "tcp", "both"), default="both"),
    ] = "both"
    facility: Annotated[
        frozenset[str],
        Setting("facilities that hold records, with commas between; none: all", Kind(_facilities), example="local0"),
    ] = frozenset()
    tag: Annotated[
        LinePattern,
        Setting(
            "what a message's tag or app-name holds, in RE2's syntax; empty: anything",
            common.PATTERN,
            example="^SMDR$",
        ),
    ] = LinePattern()
    header: Annotated[
        str,
        Setting(
            "what is taken off before a record: the whole header, or only its priority where the rest belongs to it",
            choice("whole", "priority"),
            default="whole",
            advanced=True,
        ),
    ] = "whole"
