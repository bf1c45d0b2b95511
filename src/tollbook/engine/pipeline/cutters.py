"""What cuts bodies into records: a file at its line ends, a stream at all that PBXs end records with."""

from __future__ import annotations

from tollbook.dialects.authoring.cases import FILE, STREAM, Cutters
from tollbook.framing.cutters import LineCutter, StreamCutter

CUTTERS: Cutters = {FILE: LineCutter, STREAM: StreamCutter}
