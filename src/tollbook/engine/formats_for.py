"""Which of the formats there are read some lines."""

from __future__ import annotations

from tollbook import clock
from tollbook.dialects.authoring.detecting import Fit, detect, preferring
from tollbook.dialects.known import Catalogue
from tollbook.engine.pipeline.cutters import CUTTERS

_ENOUGH = 0.5
"""Part of the lines that a format must understand to be worth a word."""


def formats_for(sample: bytes, catalogue: Catalogue, *, besides: str = "", most: int = 5) -> list[Fit]:
    """Return the formats, `besides` one, that read at least half of some lines and make calls of them, best first."""
    layouts = {slug: layout for slug, layout in catalogue.layouts().items() if slug != besides}
    own = {slug for slug in layouts if catalogue.is_own(slug)}
    fits = detect(sample, layouts, CUTTERS, received_at=clock.now_us())
    return preferring(own, (fit for fit in fits if fit.calls and fit.understood >= _ENOUGH))[:most]
