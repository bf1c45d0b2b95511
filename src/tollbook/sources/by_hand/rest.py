"""Says, whenever somebody asks, that nothing comes by itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tollbook.sources.by_hand.options import Options
from tollbook.sources.contract import Event, Surroundings, Waiting

_PAUSE_S = 3600.0


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Bring nothing, for ever."""
    del options  # there is nothing to set
    while True:
        yield Waiting("nothing is asked of it; files are imported by hand")
        await around.pause(_PAUSE_S)
