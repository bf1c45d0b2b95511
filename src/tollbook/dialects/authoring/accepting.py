"""Writes what a dialect makes of a case beside it, for a person to read and accept; never over what says otherwise."""

from __future__ import annotations

from enum import Enum

from tollbook.dialects.authoring.cases import Case, written


class KeptOutcomes(Enum):
    """What became of the file of expected outcomes."""

    UNCHANGED = "unchanged"
    WRITTEN = "written"
    WRITTEN_AGAIN = "written again"
    LEFT = "left as it is"
    """It says something else than the dialect does now."""


def accept(case: Case, *, force: bool) -> KeptOutcomes:
    """Write a case's outcomes; a file that says something else is written again only by force."""
    text = written(case.outcomes)
    there = case.expected_path.read_bytes() if case.expected_path.exists() else None
    if there == text:
        return KeptOutcomes.UNCHANGED
    if there is not None and not force:
        return KeptOutcomes.LEFT
    case.expected_path.write_bytes(text)
    return KeptOutcomes.WRITTEN if there is None else KeptOutcomes.WRITTEN_AGAIN
