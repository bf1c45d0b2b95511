"""Instants as pages and the API write them."""

from __future__ import annotations

from datetime import UTC, datetime


def written(at: datetime | None) -> str:
    """Return an instant as ISO 8601 in UTC with `Z`; empty for none.

    >>> written(datetime(2026, 11, 30, 8, 0, tzinfo=UTC)), written(None)
    ('2026-11-30T08:00:00Z', '')
    """
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""
