"""The mutants that change nothing anybody could see, each with its reason: `explained.toml` beside this module.

One is known by its file and its line before and after, so that it stays known while other lines move. Where a line only
says how much is done at a time, whatever is changed on it is explained.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.mutants.changes import Mutant

_FILE = Path(__file__).with_name("explained.toml")


class Explained(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mutant, or all of a line where `after` is not said, and why it changes nothing."""

    file: str
    before: str
    why: str
    after: str = ""

    def fits(self, mutant: Mutant) -> bool:
        """Say whether this is that mutant."""
        same_line = (self.file, self.before) == (mutant.file, mutant.before)
        return same_line and self.after in ("", mutant.after)


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    mutant: list[Explained] = []


def explained() -> list[Explained]:
    """Return all that are explained."""
    return msgspec.toml.decode(_FILE.read_bytes(), type=_Document).mutant
