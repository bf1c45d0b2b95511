"""A phone bill as PDF, set by typst: each section on a page of its own, heads of tables on every page.

A bill of few calls is tagged, and its texts break into lines. In a longer one the lists of calls are laid out as long
reports are: a paragraph a column and page, texts cut to their columns, without tags.

Texts reach typst as data and are never read as its markup.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from msgspec.structs import replace

from tollbook.model.phone_bill import PhoneBill
from tollbook.model.report import ReportTable
from tollbook.render.bills.tables import Subtotals, pages
from tollbook.render.bills.told import bill_foot, bill_head
from tollbook.render.reports.pdf import (
    FEW_CELLS,
    FONTS,
    PICTURES,
    PICTURES_IN_JSON,
    column_pages,
    compiled,
    logo_files,
    long_table,
    rows_a_page,
)
from tollbook.render.reports.sheets import MARGIN, SPACE_EM, ColumnTexts, Paper, Sheet, breakable, sheet_for
from tollbook.render.reports.shown import ReportLine, heading, legible, lines, stands_right

Part = dict[str, Any]
Laid = tuple[ReportTable, Sheet, list[ReportLine]]
_FEW_LINES, _TITLE_ROWS = 8, 3
"""Lines of a table that stays one in a long bill, and the rows that the title of a list takes."""


def bill_pdf(bill: PhoneBill, by: Subtotals, paper: Paper, logo: bytes = b"") -> bytes:
    """Return a bill as PDF, with a PNG at its head where there is one."""
    sections = [(page.name, [_laid(table, paper) for table in page.tables]) for page in pages(bill, by)]
    sheets = [sheet for _, laid in sections for _, sheet, _ in laid]
    is_long = sum(len(every) * len(table.columns) for _, laid in sections for table, _, every in laid) > FEW_CELLS
    size, is_turned = min(each.size for each in sheets), any(each.is_turned for each in sheets)
    common = Sheet(paper=paper, is_turned=is_turned, size=size, widths=())
    at = bill.made_at
    told = {
        "title": legible(f"Phone bill of {bill.name}"),
        "head": bill_head(bill),
        "foot": bill_foot(bill),
        "footer": legible(f"{bill.name}, {bill.period.words}"),
        "made": {name: getattr(at, name) for name in ("year", "month", "day", "hour", "minute", "second")},
        "fonts": FONTS,
        "paper": {"name": paper, "flipped": is_turned, "size": size, "margin": MARGIN},
        "sections": [
            {"name": legible(name), "tables": [_told(each, common, is_long=is_long) for each in laid]}
            for name, laid in sections
        ],
    }
    data = json.dumps(told, ensure_ascii=False).translate(PICTURES_IN_JSON).encode()
    template = resources.files("tollbook.render.bills").joinpath("bill.typ").read_bytes()
    return compiled(
        {"main.typ": template, "long.typ": long_table(), "bill.json": data, **logo_files(logo)}, is_tagged=not is_long
    )


def _laid(table: ReportTable, paper: Paper) -> Laid:
    every = [replace(line, texts=tuple(each.translate(PICTURES) for each in line.texts)) for line in lines(table)]
    columns = [
        ColumnTexts(heading(column), [line.texts[place] for line in every], not stands_right(column))
        for place, column in enumerate(table.columns)
    ]
    return table, sheet_for(columns, paper), every


def _told(laid: Laid, common: Sheet, *, is_long: bool) -> Part:
    table, own, every = laid
    sheet = replace(common, widths=tuple(width / own.size * common.size for width in own.widths))
    as_pages = is_long and len(every) > _FEW_LINES
    a_page = rows_a_page(sheet)
    rooms = [width / sheet.size - SPACE_EM for width in sheet.widths]
    return {
        "title": legible(table.title),
        "columns": [
            {"title": heading(column), "right": stands_right(column), "width": width}
            for column, width in zip(table.columns, sheet.widths, strict=True)
        ],
        "pages": column_pages(every, sheet, (a_page - _TITLE_ROWS, a_page)) if as_pages else [],
        "lines": []
        if as_pages
        else [
            {"kind": line.kind, "texts": [breakable(*each) for each in zip(line.texts, rooms, strict=True)]}
            for line in every
        ],
    }
