"""Waits for a PBX that connects by itself, and takes what it sends; several PBXs may share a port."""

from tollbook.sources.common import SENT_HERE
from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.tcp_server.listen import arrivals
from tollbook.sources.tcp_server.options import Options

SOURCE = SourceKind(
    title="TCP server (the PBX connects to Tollbook)",
    group=Group.SENT,
    about="The PBX is told an address and a port, and connects to them.",
    checklist=SENT_HERE,
    options=Options,
    arrivals=arrivals,
    stream=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]
