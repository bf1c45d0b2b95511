"""Waits for syslog messages that hold records, over UDP and TCP."""

from tollbook.sources.syslog.listen import arrivals
from tollbook.sources.syslog.options import Options

TITLE = "Syslog (the PBX or a gateway sends messages)"
GOES_ON = False
STREAM = True
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]
