"""What can be set for a PBX whose files are imported by hand: nothing."""

from __future__ import annotations

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """There is nothing to set."""
