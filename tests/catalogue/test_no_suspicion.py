"""What the simulator writes in a format and the dialect reads looks like calls: no check finds anything."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.catalogue.found import DIALECTS
from tests.catalogue.test_simulated import END, read
from tests.fakes.parse_figures import found_in_reading
from tollbook.dialects.authoring.cases import Dialect
from tollbook.simulator.formats import found_in

ENOUGH = 200
"""Records from which on every check says something."""
SIMULATED = [dialect for slug, dialect in DIALECTS.items() if slug in found_in()]


@pytest.mark.parametrize("dialect", SIMULATED, ids=lambda dialect: dialect.slug)
def test_a_sound_parse_raises_no_suspicion(dialect: Dialect, tmp_path: Path) -> None:
    reading = read(dialect)

    assert len(reading.calls) >= ENOUGH
    assert found_in_reading(tmp_path, reading, END + timedelta(hours=1)) == {}
