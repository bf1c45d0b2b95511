"""A report on paper has every row and total, whatever the texts, on pages that say which they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pytest
from msgspec.structs import replace

from tests.fakes import reports
from tollbook.model.report import ReportTable
from tollbook.render.reports.pdf import pdf_bytes
from tollbook.render.reports.sheets import Paper
from tollbook.render.reports.shown import lines

TABLES = (reports.every_unit(), reports.by_department(), reports.trend(), reports.heat_map(), reports.empty())
HOSTILE_MARKUP = '#eval("1+1")*bold*_x_$y$<label>@ref\\//c/*d*/`raw`[b]#letx=1'


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(data)
    yield document
    document.close()


def pages(data: bytes) -> list[str]:
    with opened(data) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def squeezed(text: str) -> str:
    """Return a text without what breaks lines."""
    return re.sub(r"[\s\u200b\ufffe\u00ad]+", "", text)


def rows_of(table: ReportTable, data: bytes) -> list[str]:
    """Return the texts of a table's lines, as far as they stand in a PDF one after another."""
    text, found, at = squeezed("".join(pages(data))), [], 0
    for line in lines(table):
        row = squeezed("".join(line.texts))
        if (place := text.find(row, at)) >= 0:
            found.append(row)
            at = place
    return found


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.report)
def test_a_short_report_has_its_lines_in_order_and_is_tagged_for_archives(table: ReportTable) -> None:
    data = pdf_bytes(table)

    assert rows_of(table, data) == [squeezed("".join(line.texts)) for line in lines(table)]
    assert b"<pdfaid:part>2" in data
    assert b"<pdfaid:conformance>A" in data
    assert b"/StructTreeRoot" in data


def test_head_and_foot_say_what_the_report_is_about() -> None:
    text = squeezed(pages(pdf_bytes(reports.every_unit()))[0])

    for told in (
        "Everyunit",
        "Whatdoeseachunitlooklike?",
        "October2026(2026-10-01to2026-10-31),bytheclockofEurope/Berlin",
        "Filterdirection:outgoing",
        "CallsofSalesandbelow",
        "Made2026-11-0106:00UTC,from1,240calls",
        "12callsofunknownextensionsareinthetotal,notinadepartment.",
        "Page1of1",
    ):
        assert told in text


def test_texts_that_would_be_markup_are_printed_as_they_are() -> None:
    text = squeezed("".join(pages(pdf_bytes(reports.hostile()))))

    for told in (HOSTILE_MARKUP, "<script>alert(1)</script>"):
        assert text.count(told) >= 2
    assert text.count("x") >= 1000
    assert "9" * 64 in text
    assert ",".join(["9", *["999"] * 21]) in text
    assert "bell\\x07escape\\x1b[2Jnull\\x00delete\\x7f" in text


def test_names_of_other_scripts_have_their_letters() -> None:
    text = squeezed("".join(pages(pdf_bytes(reports.hostile()))))

    for told in ("王小明", "日本語", "한국어", "ქართული"):
        assert told in text
    # Written from right to left, in whichever order they are read back.
    assert {*"שלוםעולם", *"محمدعلي"} <= {*text} | {*"محمدعلي"}


def test_a_long_report_has_every_row_behind_a_page_with_its_totals() -> None:
    table = reports.call_list(3000)
    first, *others = pages(pdf_bytes(table))
    text = "\n".join(others)
    last = list(lines(table))[-1]

    assert squeezed("".join(last.texts)) in squeezed(first)
    assert re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text) == [
        line.texts[0] for line in lines(table) if line.row is not None
    ]
    assert text.count("Began") == len(others)
    assert f"Page {len(others) + 1} of {len(others) + 1}" in others[-1]
    assert last.texts[-1] in others[-1]


def test_rows_of_a_long_report_stand_beside_one_another_whatever_letters_they_have() -> None:
    table = reports.call_list(1200)
    scripts = ("Zoë", "王小明", "محمد علي", "กรุงเทพ", "हिन्दी", "x" * 500)
    rows = [(*row[:2], scripts[place % 6], *row[3:]) for place, row in enumerate(table.rows)]
    with opened(pdf_bytes(replace(table, rows=rows))) as document:
        text = document[1].get_textpage()
        read = text.get_text_range()
        dates = [text.get_charbox(each.start())[1] for each in re.finditer(r"2026-10-\d\d (?=\d)", read)]
        names = [text.get_charbox(each.start())[1] for each in re.finditer("Zoë", read)]

    assert len(dates) > len(names) > 5
    assert [round(height, 1) for height in dates[::6]] == [round(height, 1) for height in names]


@pytest.mark.parametrize(("paper", "size"), [(Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))])
def test_a_wide_table_turns_the_sheet(paper: Paper, size: tuple[int, int]) -> None:
    for table, expected in ((reports.trend(), size), (reports.every_unit(), size[::-1])):
        with opened(pdf_bytes(table, paper)) as document:
            assert [round(side) for side in document[0].get_size()] == list(expected)


def test_a_letter_that_no_font_has_costs_the_claim_not_the_report() -> None:
    table = reports.trend()
    rows = [(row[0], "\U00013000", *row[2:]) for row in table.rows]
    data = pdf_bytes(replace(table, rows=rows))

    assert b"pdfaid" not in data
    assert "10,800" in pages(data)[0]


def test_the_same_report_is_the_same_file() -> None:
    assert pdf_bytes(reports.trend()) == pdf_bytes(reports.trend())
