"""The alerts that a new site has: what toll fraud looks like. They are quiet until there is some history.

They stand here as they were when the table was made; a migration keeps them where no PBX is set up yet.
"""

from __future__ import annotations

from typing import Any

HISTORY_DAYS = 14
"""They tell of nothing before a PBX has so many days of calls."""
_OFFICE = "mon-fri 07:00-19:00"
FRAUD: tuple[dict[str, Any], ...] = (
    {
        "name": "fraud-international",
        "kind": "international_call",
        "hours": _OFFICE,
        "when": "outside",
    },
    {"name": "fraud-premium", "kind": "premium_call"},
    {
        "name": "fraud-burst",
        "kind": "usage",
        "settings": {"measure": "calls", "per": "extension", "within": "10m", "warning": "20", "critical": "60"},
    },
    {
        "name": "fraud-same-number",
        "kind": "same_number",
        "settings": {"calls": "10", "critical": "50", "within": "10m"},
    },
)
