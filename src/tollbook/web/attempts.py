"""Counts failed attempts at a secret, so that it cannot be found by trying.

Kept in memory: a restart forgets them, which costs an attacker more than it gives. The number of keys is limited, the
oldest go first.
"""

from __future__ import annotations

import threading
from collections import deque

from tollbook.clock import monotonic_s

_MOST_KEYS = 10_000


class Attempts:
    """At most `most` failures per key within `window_s` seconds."""

    def __init__(self, *, most: int, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._lock = threading.Lock()
        self._failures: dict[str, deque[float]] = {}

    def wait_s(self, key: str) -> int:
        """Return for how many seconds this key must wait, 0 when it may try."""
        with self._lock:
            failures = self._failures.get(key)
            if not failures or len(failures) < self._most:
                return 0
            left = failures[0] + self._window_s - monotonic_s()
        return max(0, int(left) + 1) if left > 0 else 0

    def failed(self, key: str) -> None:
        """Note a failure."""
        with self._lock:
            failures = self._failures.pop(key, None) or deque(maxlen=self._most)
            failures.append(monotonic_s())
            self._failures[key] = failures
            if len(self._failures) > _MOST_KEYS:
                del self._failures[next(iter(self._failures))]

    def succeeded(self, key: str) -> None:
        """Forget a key's failures."""
        with self._lock:
            self._failures.pop(key, None)

    def forget(self) -> None:
        """Forget every failure, as a restart does."""
        with self._lock:
            self._failures.clear()
