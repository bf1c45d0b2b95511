"""What a dialect made of a batch of frames: calls, skips and rejects, and nothing lost between them."""

from __future__ import annotations

import msgspec

from tollbook.model.call import Calls
from tollbook.model.frame import Rejected, Skipped


class Reading(msgspec.Struct, frozen=True):
    """Every frame of a batch is in exactly one of the three: frames in = parsed + skipped + rejected."""

    calls: Calls
    skipped: list[Skipped]
    rejected: list[Rejected]

    @property
    def frames(self) -> int:
        """The number of frames read."""
        return len(self.calls) + len(self.skipped) + len(self.rejected)
