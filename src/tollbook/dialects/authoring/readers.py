"""Readers of samples, kept: to make one takes several times as long as to read a sample with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.reader import Reader
from tollbook.model.pbx import Pbx

_KEPT = 256
"""Several times as many as the catalogue has layouts."""


class _The:
    """A layout as a key: this very one. To tell whether two are equal takes as long as to read a sample."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def __hash__(self) -> int:
        return id(self.layout)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _The) and self.layout is other.layout


def reader_of(layout: Layout, settings: Mapping[str, str], timezone: str = "UTC") -> Reader:
    """Return what reads the records of a PBX that is set so."""
    return _made(_The(layout), tuple(sorted(settings.items())), timezone)


@lru_cache(_KEPT)
def _made(the: _The, settings: tuple[tuple[str, str], ...], timezone: str) -> Reader:
    return Reader(
        the.layout,
        Pbx(name="sample", dialect="sample", source="", timezone=timezone, settings=dict(settings)),
    )
