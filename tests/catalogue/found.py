"""The dialects of the catalogue and their cases: a folder put there is found by being there. Names no vendor."""

import numpy as np

from tollbook.assembly.assemble import assemble
from tollbook.assembly.legs import Legs
from tollbook.dialects.authoring.cases import Case, Dialect
from tollbook.dialects.known import catalogue
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.call import Calls
from tollbook.model.texts import texts_of

DIALECTS = {dialect.slug: dialect for dialect in catalogue()}


def cases() -> list[Case]:
    """Return every case of every dialect, by name."""
    return [case for slug in sorted(DIALECTS) for case in cases_of(DIALECTS[slug])]


def cases_of(dialect: Dialect) -> list[Case]:
    """Return the cases of one dialect."""
    return dialect.cases(CUTTERS)


def assembled(dialect: Dialect, records: Calls) -> Calls:
    """Return the calls that records make which stand one behind another in one body."""
    if dialect.layout.assembly is None:
        return records
    legs = Legs(
        calls=records,
        pbx=texts_of(["pbx"] * len(records)),
        body=np.ones(len(records), np.int64),
        member=np.zeros(len(records), np.int64),
        before=np.arange(len(records)) - 1,
    )
    return assemble(legs, dialect.layout.assembly).calls
