"""Pauses before something is tried again: twice as long after each failure, up to a limit."""

from __future__ import annotations

import random

import msgspec

_DOUBLINGS = 12


class Backoff(msgspec.Struct, kw_only=True):
    """The pauses of one thing that fails, in seconds.

    What only a person can mend is tried four times as seldom, and not later than `permanent_s` after the last try.
    """

    first_s: float
    longest_s: float
    permanent_s: float
    failures: int = 0

    def well(self) -> None:
        """Note that it works."""
        self.failures = 0

    def failed(self, *, permanent: bool) -> float:
        """Note one more failure; return how long to wait. Pauses are spread, so that not all come back at once."""
        pause_s = min(self.first_s * 2.0 ** min(self.failures, _DOUBLINGS), self.longest_s)
        self.failures += 1
        if permanent:
            return min(pause_s * 4, self.permanent_s)
        return pause_s * (0.5 + random.random() / 2)  # noqa: S311 - spreads retries, keeps no secret
