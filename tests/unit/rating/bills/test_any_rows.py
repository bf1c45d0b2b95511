"""Whatever rows a file has, a bill of it is read or asks; each row is a call, unread, or adds others up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rating.bills.test_reading import spelled
from tollbook.rating.bills.bill_form import COLUMN_NAMES, bill_form
from tollbook.rating.bills.reading import read_bill
from tollbook.rating.lists.headings import ListRow

_KNOWN = {
    "zone": "Europe/Berlin", "country": "DE", "date-order": "dmy", "decimal": "comma", "duration": "seconds",
    "number": "dialled", "currency": "EUR",
}  # fmt: skip
ODD = st.sampled_from([
    "", "0", "-", "+", "++49", "xxx", "+49xx", "089230025", "99:99:99", "24:00", "01.02.2026", "31.02.2026",
    "1.1.1 1:1", "31.12.9999 23:59:59", "01.01.0001 00:00:00", "5:60", "1:2:3:4", "1e9", "9" * 40, "٣", "²", "NaN",
    "Infinity", "1,5", "-0,10", "free", "total", "10:00 PM", "13:00 PM", "10:00:00 +99:99", "10:00+01:00", "€", "0,1 €",
    "\x00", "=1+1",
])  # fmt: skip
CELLS = ODD | st.text(max_size=12)
HEADINGS = st.lists(st.sampled_from([name for names in COLUMN_NAMES.values() for name in names]) | CELLS, max_size=6)


@given(heading=HEADINGS, rows=st.lists(st.lists(CELLS, max_size=6), max_size=8), answered=st.booleans())
def test_any_rows_are_read_or_asked_about(heading: list[str], rows: list[list[str]], *, answered: bool) -> None:
    _read([heading, *rows], answered=answered)


@given(rows=st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=8), answered=st.booleans())
def test_no_row_below_a_heading_is_lost(rows: list[list[str]], *, answered: bool) -> None:
    _read([["Date", "Time", "Number", "Duration", "Price"], *rows], answered=answered)


def _read(rows: list[list[str]], *, answered: bool) -> None:
    given_rows = [ListRow(number, tuple(cell.strip() for cell in cells)) for number, cells in enumerate(rows, 1)]
    found = read_bill(given_rows, bill_form(_KNOWN if answered else {}), spelled)

    told = len(found.lines) + len(found.unread) + found.totals
    assert bool(found.questions) or told <= len(rows)
    assert found.questions or rows[0][:1] != ["Date"] or told == sum(any(row.cells) for row in given_rows[1:])
