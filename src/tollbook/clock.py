"""The only place that reads the clock; everyone else is handed the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def now_us() -> int:
    """Return the present instant in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def monotonic_s() -> float:
    """Return seconds on a clock that never goes back, for measuring how long something took."""
    return time.monotonic()
