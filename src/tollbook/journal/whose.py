"""Of which PBXs entries are asked for."""

from __future__ import annotations

import msgspec


class Whose(msgspec.Struct, frozen=True):
    """Those of some PBXs, or of all but some."""

    pbxs: frozenset[str]
    inside: bool

    def __contains__(self, pbx: str) -> bool:
        """Say whether a PBX is one of those."""
        return (pbx in self.pbxs) is self.inside

    def condition(self) -> tuple[str, list[str]]:
        """Return what SQLite is asked, and its values; a row that names no body is everybody's."""
        if not self.pbxs and not self.inside:
            return "", []
        names = sorted(self.pbxs)
        marks = ", ".join("?" * len(names))
        word = "IN" if self.inside else "NOT IN"
        return f"AND coalesce((SELECT pbx FROM body b WHERE b.id = entry.body) {word} ({marks}), TRUE)", names  # noqa: S608 - only marks


EVERYBODY = Whose(frozenset(), inside=False)
