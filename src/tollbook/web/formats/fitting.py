"""Which of the formats there are read pasted lines already."""

from __future__ import annotations

from tollbook import clock
from tollbook.dialects.authoring.detecting import Fit, detect, preferring
from tollbook.dialects.known import Catalogue
from tollbook.engine.pipeline.cutters import CUTTERS

_MOST = 5
_ENOUGH = 0.5
"""Part of the lines that a format must understand to be worth a word."""


def fitting(sample: str, catalogue: Catalogue) -> list[Fit]:
    """Return the formats that read at least half of some lines and make calls of them, best first."""
    layouts = catalogue.layouts()
    own = {slug for slug in layouts if catalogue.is_own(slug)}
    fits = detect(sample.encode(), layouts, CUTTERS, received_at=clock.now_us())
    return preferring(own, (fit for fit in fits if fit.calls and fit.understood >= _ENOUGH))[:_MOST]
