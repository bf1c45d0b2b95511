"""What to look at when a stream brings nothing: by kind of source, the likeliest first."""

from __future__ import annotations

from tollbook.sources import known

_FIRST = "A record is written when a call ends: make a short call, hang up, and watch."
_ENABLED = "On the PBX, is the output of call records (SMDR, CDR) enabled, and for the calls you make?"
_UNREADABLE = "Bytes, but no record is cut: the PBX ends its records with nothing that is known. Tell us what you see."


def checklist(source: str) -> tuple[str, ...]:
    """Return what to look at, one sentence or two each."""
    return (_FIRST, _ENABLED, *known.find(source).checklist, _UNREADABLE)
