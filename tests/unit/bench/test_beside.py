"""Breakdowns of the catalogue beside PostgreSQL."""

from __future__ import annotations

from bench.beside import SAMPLE
from tollbook.reports.known import reports


def test_breakdowns_of_every_group_that_has_some_are_asked_beside() -> None:
    breakdowns = {
        slug: each for slug, report in reports().items() if (each := report.filled(report.settings({}))).measures
    }

    assert set(SAMPLE) <= breakdowns.keys()
    assert {each.group for each in breakdowns.values()} == {breakdowns[slug].group for slug in SAMPLE}
