"""Takes what a PBX prints on a serial line: a device of this machine, or a raw TCP device server."""

from tollbook.sources.serial.line import arrivals
from tollbook.sources.serial.options import Options

TITLE = "Serial line (RS-232, USB adapter)"
GOES_ON = False
STREAM = True
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]
