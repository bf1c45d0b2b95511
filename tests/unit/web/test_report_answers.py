"""A report that is asked for as a file comes, or whoever asks is told what to do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.fakes import reports
from tollbook.model.problem import Misconfigured
from tollbook.web.reports.asked import sent


@pytest.mark.usefixtures("engine")
def test_a_report_that_is_too_long_for_paper_is_refused_before_anybody_tries() -> None:
    table = reports.by_department()
    long = replace(table, rows=table.rows[:1] * 50_001, subtotals={}, chart=None)

    with pytest.raises(Misconfigured, match="a report as PDF takes 50,000 rows"):
        sent(long, {"format": "pdf"})
