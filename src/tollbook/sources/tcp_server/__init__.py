"""Waits for a PBX that connects by itself, and takes what it sends; several PBXs may share a port."""

from tollbook.sources.tcp_server.listen import arrivals
from tollbook.sources.tcp_server.options import Options

TITLE = "TCP server (the PBX connects to Tollbook)"
GOES_ON = False
STREAM = True
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]
