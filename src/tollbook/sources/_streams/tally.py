"""Counting what comes too often to be told each time: said at the first, the tenth, the hundredth, and so on."""

from __future__ import annotations

from collections.abc import Callable

from tollbook.model.limits import TOLD_PEERS


class Tally:
    """Counts by peer, and tells of it. What comes from peers beyond a limit is counted together."""

    def __init__(self, tell: Callable[[str, str], None], reason: str) -> None:
        """`reason` is said after the number."""
        self._tell, self._reason = tell, reason
        self._counts: dict[str, int] = {}

    def count(self, peer: str) -> None:
        """Count one more."""
        if peer not in self._counts and len(self._counts) >= TOLD_PEERS:
            peer = "others"
        number = self._counts[peer] = self._counts.get(peer, 0) + 1
        if number == 10 ** (len(str(number)) - 1):
            self._tell(peer, f"{number} {self._reason}")
