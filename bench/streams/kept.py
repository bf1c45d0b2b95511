"""What somebody made of a burst."""

from __future__ import annotations

import msgspec


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Lines kept whole, the seconds until the last of them was (None: not measured), and what that leaves undone."""

    name: str
    lines: int = 0
    seconds: float | None = None
    cpu_s: float = 0.0
    lacks: str
