"""What a message of an alert says: one line for each hit, the latest first, with no more than its owner may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from tollbook.alerts.telling import told
from tollbook.model.access import Access
from tollbook.model.message import DeliveryMessage
from tollbook.model.pbx import Pbx

MOST_LINES = 50
"""Hits that a message lists; of more it says how many."""
_LONGEST_SUBJECT = 200


class HitTold(msgspec.Struct, frozen=True, kw_only=True):
    """A hit as a message tells of it."""

    level: str
    at: datetime
    pbx: str
    text: str
    parts: Mapping[str, str]


class HitsTold(msgspec.Struct, frozen=True, kw_only=True):
    """What one message tells of: the alert's name, what its owner may see, its hits, and where the pages are."""

    key: str
    alert: str
    access: Access
    hits: Sequence[HitTold]
    pages: str


def message_of(given: HitsTold, zone_of: Callable[[str], ZoneInfo]) -> DeliveryMessage:
    """Return the message; moments are by the clock of the PBX."""
    lines = [_line(given.access, each, zone_of(each.pbx)) for each in given.hits[:MOST_LINES]]
    more = len(given.hits) - len(lines)
    critical = sum(each.level == "critical" for each in given.hits)
    parts = [*lines, *([f"… and {more} more"] if more else [])]
    return DeliveryMessage(
        key=given.key,
        subject=_subject(given, critical)[:_LONGEST_SUBJECT],
        text="\n".join(parts) + "\n",
        link=f"{given.pages}/alerts/" if given.pages else "",
        topic=f"alert {given.alert}",
    )


def _subject(given: HitsTold, critical: int) -> str:
    if len(given.hits) == 1:
        text = _told(given.access, given.hits[0])
        return f"{'Critical: ' if critical else ''}{given.alert}: {text}"
    of_these = f", {critical} critical" if critical else ""
    return f"{given.alert}: {len(given.hits)} hits{of_these}"


def _line(access: Access, hit: HitTold, zone: ZoneInfo) -> str:
    mark = "CRITICAL " if hit.level == "critical" else ""
    return f"{hit.at.astimezone(zone):%Y-%m-%d %H:%M}  {mark}{_told(access, hit)}"


def _told(access: Access, hit: HitTold) -> str:
    permissions = access.permissions
    return told(hit.text, hit.parts, numbers="numbers.see" in permissions, costs="costs.see" in permissions)


def zones(pbxs: Mapping[str, Pbx]) -> Callable[[str], ZoneInfo]:
    """Return what tells the zone of a PBX; of none, that of the first."""

    def zone_of(name: str) -> ZoneInfo:
        found = pbxs.get(name) or next(iter(pbxs.values()), None)
        return found.zone if found else ZoneInfo("UTC")

    return zone_of
