"""A table is written whole in each format, whatever stands in it and however long it is."""

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.render.tables import CSV_STYLES, FORMATS, csv_format

NAMES = {"called": "called", "talk_s": "talk_s", "text": "text"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=8)
ROWS = st.lists(
    st.fixed_dictionaries({"called": TEXTS, "talk_s": st.integers(0, 9999), "text": st.none() | TEXTS}),
    max_size=5,
)


def written(form: str, rows: list[dict[str, object]]) -> bytes:
    return b"".join(FORMATS[form].write(NAMES, iter(rows)))


@given(ROWS, st.sampled_from([1, 300]))
def test_json_and_json_lines_read_back_as_the_same_rows(rows: list[dict[str, object]], times: int) -> None:
    assert msgspec.json.decode(written("json", rows * times)) == rows * times
    assert [msgspec.json.decode(line) for line in written("ndjson", rows * times).splitlines()] == rows * times


@given(ROWS, st.sampled_from([1, 300]))
def test_a_csv_reads_back_as_the_same_cells_but_for_formulas(rows: list[dict[str, object]], times: int) -> None:
    read = list(csv.DictReader(io.StringIO(written("csv", rows * times).decode(), newline="")))
    cells = [{name: "" if row[name] is None else str(row[name]) for name in NAMES} for row in rows]
    for there, wanted in zip(read, cells * times, strict=True):
        assert all(there[name] in (wanted[name], "'" + wanted[name]) for name in NAMES)


def test_a_cell_that_begins_like_a_formula_has_an_apostrophe_in_csv_alone() -> None:
    rows: list[dict[str, object]] = [{"called": "=1+1", "talk_s": 5, "text": None}]
    assert written("csv", rows) == b"called,talk_s,text\r\n'=1+1,5,\r\n"
    assert written("ndjson", rows) == b'{"called":"=1+1","talk_s":5,"text":null}\n'


def test_a_table_without_rows_is_one_all_the_same() -> None:
    assert written("json", []) == b"[]\n"
    assert written("ndjson", []) == b""
    assert written("csv", []) == b"called,talk_s,text\r\n"


OFFICE: list[dict[str, object]] = [
    {
        "started_local": "2026-11-28T13:29:10",
        "ended_at": "2026-11-28T13:30:00Z",
        "pbx_charge": "12.50",
        "called": "=1;",
    },
    {"started_local": None, "ended_at": None, "pbx_charge": "free", "called": None},
]
HEADINGS = {"started_local": "Started", "ended_at": "Ended", "pbx_charge": "Charge", "called": "To"}


@pytest.mark.parametrize(
    ("style", "written_so"),
    [
        ("plain", "Started,Ended,Charge,To\r\n2026-11-28T13:29:10,2026-11-28T13:30:00Z,12.50,'=1;\r\n,,free,\r\n"),
        ("comma", "\ufeffStarted,Ended,Charge,To\r\n2026-11-28 13:29:10,2026-11-28 13:30:00,12.50,'=1;\r\n,,free,\r\n"),
        (
            "semicolon",
            '\ufeffStarted;Ended;Charge;To\r\n2026-11-28 13:29:10;2026-11-28 13:30:00;12,50;"\'=1;"\r\n;;free;\r\n',
        ),
        (
            "semicolon-point",
            '\ufeffStarted;Ended;Charge;To\r\n2026-11-28 13:29:10;2026-11-28 13:30:00;12.50;"\'=1;"\r\n;;free;\r\n',
        ),
        (
            "tab",
            (
                "\ufeffStarted\tEnded\tCharge\tTo\r\n"
                "2026-11-28 13:29:10\t2026-11-28 13:30:00\t12.50\t'=1;\r\n\t\tfree\t\r\n"
            ),
        ),
    ],
)
def test_a_spreadsheet_is_given_separators_signs_and_times_that_it_takes(style: str, written_so: str) -> None:
    assert b"".join(csv_format(CSV_STYLES[style]).write(HEADINGS, OFFICE)).decode() == written_so


def test_the_byte_order_mark_stands_once_however_long_the_table() -> None:
    whole = b"".join(csv_format(CSV_STYLES["comma"]).write(HEADINGS, OFFICE * 400))

    assert whole.count("\ufeff".encode()) == 1
    assert b"".join(csv_format(CSV_STYLES["comma"]).write(HEADINGS, [])) == "\ufeffStarted,Ended,Charge,To\r\n".encode()
