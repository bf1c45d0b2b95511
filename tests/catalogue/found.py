"""The dialects of the catalogue and their cases: a folder put there is found by being there. Names no vendor."""

from tollbook.dialects.authoring.cases import Case, Dialect
from tollbook.dialects.known import catalogue
from tollbook.engine.pipeline.cutters import CUTTERS

DIALECTS = {dialect.slug: dialect for dialect in catalogue()}


def cases() -> list[Case]:
    """Return every case of every dialect, by name."""
    return [case for slug in sorted(DIALECTS) for case in cases_of(DIALECTS[slug])]


def cases_of(dialect: Dialect) -> list[Case]:
    """Return the cases of one dialect."""
    return dialect.cases(CUTTERS)
