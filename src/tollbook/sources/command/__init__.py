"""Runs a program and takes what it prints, for a PBX that only some other program can read."""

from tollbook.sources.command.options import Options
from tollbook.sources.command.running import arrivals

TITLE = "Program (takes what it prints)"
GOES_ON = False
STREAM = True
CLEARS = False

__all__ = ["CLEARS", "GOES_ON", "STREAM", "TITLE", "Options", "arrivals"]
