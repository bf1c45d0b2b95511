"""What can be said of a PBX in a sentence: whether it is there and says something, whether its calls are as usual."""

from __future__ import annotations

from datetime import datetime

from tollbook.model.health import Health, State
from tollbook.render.formatting import long_time
from tollbook.sources import known
from tollbook.store.questions import CallRate

_WITHOUT = {
    State.STARTING: "being started",
    State.WAITING: "ready; nobody is connected yet",
    State.WORKING: "ready",
    State.NOT_REACHABLE: "down: not connected",
    State.NEEDS_ATTENTION: "down: not connected, and trying again cannot help",
    State.NOT_READABLE: "connected; nothing of what comes can be read",
    State.NO_ROOM: "held: the disk has no room",
    State.PAUSED: "paused",
}


def standing(health: Health, source: str, now: datetime) -> str:
    """Tell a stream that is connected and says nothing from one that is down; nothing for sources that ask."""
    if not known.is_stream(source):
        return ""
    if health.state is not State.WORKING or health.connected_since is None:
        return _WITHOUT[health.state]
    if health.last_byte_at is None:
        return f"connected for {_since(health.connected_since, now)}, and nothing has come yet"
    if health.last_byte_at < health.connected_since:
        return f"connected again for {_since(health.connected_since, now)}, and nothing has come since"
    return f"connected; the last byte came {_since(health.last_byte_at, now)} ago"


def _since(instant: str, now: datetime) -> str:
    return long_time(max(0.0, (now - datetime.fromisoformat(instant)).total_seconds()))


def rate_told(rate: CallRate) -> str:
    """Return a rate as a sentence.

    >>> rate_told(CallRate(calls=12, usual=30.0)), rate_told(CallRate(calls=1))
    ('12 calls in the last hour; usually about 30 at this time', '1 call in the last hour')
    """
    calls = f"{rate.calls:,} call{'' if rate.calls == 1 else 's'} in the last hour"
    if rate.usual is None:
        return calls
    usual = f"about {round(rate.usual):,}" if round(rate.usual) else "none"
    return f"{calls}; usually {usual} at this time"
