"""The ways records arrive, grouped by who begins: as the page shows them that asks for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from tollbook.dialects.layout.layout import Layout
from tollbook.sources import known
from tollbook.sources.contract import Group, SourceKind


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds of source that are alike in who begins, by the names that PBXs keep."""

    title: str
    about: str
    ways: dict[str, SourceKind]


def grouped(layouts: Iterable[Layout]) -> list[Ways]:
    """Return the kinds of source there are, group by group; in each, those first by which the most formats arrive."""
    usual = Counter(kind for layout in layouts for kind in layout.transport)
    kinds = {kind: known.find(kind) for kind in sorted(known.kinds(), key=lambda kind: -usual[kind])}
    return [
        Ways(title=title, about=about, ways={name: kind for name, kind in kinds.items() if kind.group is group})
        for group in Group
        for title, about in [group.value]
    ]
