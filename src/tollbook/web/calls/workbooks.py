"""Whether a list has room in a workbook, asked before one is begun."""

from __future__ import annotations

from tollbook.model.page_limits import XLSX_ROWS
from tollbook.render.xlsx import too_many
from tollbook.store import questions
from tollbook.store.ledger import Ledger


def check_room(ledger: Ledger, wanted: questions.CallListing) -> None:
    """Raise `Misconfigured` where a workbook cannot take all calls, before it is begun."""
    if not 0 < wanted.limit <= XLSX_ROWS and questions.count_calls(ledger, wanted.where) > XLSX_ROWS:
        raise too_many()
