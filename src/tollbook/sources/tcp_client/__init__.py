"""Connects to a PBX that listens, as Panasonic's do on port 2300, logs in where it asks, and takes what it sends."""

from tollbook.sources.tcp_client.call import arrivals
from tollbook.sources.tcp_client.options import Options

TITLE = "TCP client (connects to the PBX)"
GOES_ON = False
STREAM = True
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]
