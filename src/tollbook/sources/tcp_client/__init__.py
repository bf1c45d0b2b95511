"""Connects to a PBX that listens, as Panasonic's do on port 2300, logs in where it asks, and takes what it sends."""

from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.tcp_client.call import arrivals
from tollbook.sources.tcp_client.options import Options

SOURCE = SourceKind(
    title="TCP client (connects to the PBX)",
    group=Group.ASKED,
    about="The PBX listens on a port, often 2300, and sends each record as the call ends.",
    checklist=(
        "Are address and port those of the PBX's record output? Many PBXs use 2300; some let it be set.",
        "Does another program hold the connection? Many PBXs serve one at a time.",
        "Does the PBX ask for a log-in? Then it stays silent until it has been told one: see the settings.",
    ),
    options=Options,
    arrivals=arrivals,
    stream=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]
