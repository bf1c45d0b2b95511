"""All checks together, in the order in which they are told."""

from __future__ import annotations

from tollbook.dialects.checks.clock import CLOCK
from tollbook.dialects.checks.durations import DURATIONS
from tollbook.dialects.checks.lines import LINES
from tollbook.dialects.checks.parties import PARTIES
from tollbook.model.parse_figures import ParseFigures, Suspicion

CHECKS = (*LINES, *DURATIONS, *CLOCK, *PARTIES)


def suspicions(figures: ParseFigures) -> tuple[Suspicion, ...]:
    """Return what is odd about a PBX's calls and lines; nothing where they look as they should."""
    return tuple(found for check in CHECKS if (found := check(figures)))
