"""Waits for datagrams, each of which ends a record."""

from tollbook.sources.common import SENT_HERE
from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.udp.listen import arrivals
from tollbook.sources.udp.options import Options

SOURCE = SourceKind(
    title="UDP (the PBX sends datagrams)",
    group=Group.SENT,
    about="The PBX sends datagrams to an address and a port. What the network drops is lost.",
    checklist=SENT_HERE,
    options=Options,
    arrivals=arrivals,
    stream=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]
