"""What a dialect made of a batch of frames: calls, skips and rejects, and nothing lost between them."""

from __future__ import annotations

import msgspec

from tollbook.model.call import Calls, join_calls
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


def join_readings(readings: list[Reading]) -> Reading:
    """Return what was made of several batches as one."""
    return Reading(
        join_calls([each.calls for each in readings]),
        [skip for each in readings for skip in each.skipped],
        [reject for each in readings for reject in each.rejected],
    )
