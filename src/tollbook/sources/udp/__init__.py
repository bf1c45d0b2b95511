"""Waits for datagrams, each of which ends a record."""

from tollbook.sources.udp.listen import arrivals
from tollbook.sources.udp.options import Options

TITLE = "UDP (the PBX sends datagrams)"
GOES_ON = False
STREAM = True
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]
