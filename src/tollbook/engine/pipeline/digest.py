"""With what a PBX's records are read, as a digest: when it changes, what was read before is read again."""

from __future__ import annotations

import hashlib

import msgspec

from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.deriving import names_extension
from tollbook.model.pbx import Pbx

READS_AS = 3
"""Raised with a change of the program by which records of the same layout and settings come out otherwise."""
_TOLD = ("title", "vendor", "models", "certainty", "evidence", "transport", "delivered")
"""Parts of a layout that tell people something and have no part in what a record comes to."""


def reading_digest(pbx: Pbx, layout: Layout, taken_back: list[int]) -> str:
    """Return the digest of what a PBX's records are read with, and of which of its imports are not read."""
    used = {name: text for name, text in sorted(pbx.settings.items()) if name in layout.option}
    parts = {name: part for name, part in msgspec.to_builtins(layout).items() if name not in _TOLD}
    further: list[object] = [taken_back] if taken_back else []
    if layout.derive == "rules" and not names_extension(layout):
        further.append("the inner side is the extension")  # it was empty before, so those alone are read again
    told = msgspec.json.encode([READS_AS, pbx.dialect, pbx.timezone, used, parts, *further], order="sorted")
    return hashlib.blake2b(told, digest_size=16).hexdigest()
