"""`make soak` itself, for a few seconds: a server troubled in every way that there is loses and doubles nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.soak.course import soak


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_short_soak_of_every_source_and_two_sinks_finds_no_difference(tmp_path: Path) -> None:
    soaked = soak(tmp_path, 12, print)

    assert soaked.differences == []
    assert soaked.figures["records sent"] == soaked.figures["calls in the ledger"] > 0
