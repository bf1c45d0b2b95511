"""A phone bill as PDF, set by typst: each section on a page of its own, heads of tables on every page, tagged.

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
from tollbook.render.reports.pdf import FONTS, PICTURES, PICTURES_IN_JSON, compiled
from tollbook.render.reports.sheets import MARGIN, SPACE_EM, ColumnTexts, Paper, Sheet, breakable, sheet_for
from tollbook.render.reports.shown import ReportLine, heading, legible, lines, stands_right

Part = dict[str, Any]


def bill_pdf(bill: PhoneBill, by: Subtotals, paper: Paper) -> bytes:
    """Return a bill as PDF."""
    sections = [(page.name, [_laid(table, paper) for table in page.tables]) for page in pages(bill, by)]
    sheets = [sheet for _, laid in sections for _, sheet, _ in laid]
    size, is_turned = min(each.size for each in sheets), any(each.is_turned for each in sheets)
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
            {"name": legible(name), "tables": [_told(table, sheet, every, size) for table, sheet, every in laid]}
            for name, laid in sections
        ],
    }
    data = json.dumps(told, ensure_ascii=False).translate(PICTURES_IN_JSON).encode()
    template = resources.files("tollbook.render.bills").joinpath("bill.typ").read_bytes()
    return compiled({"main.typ": template, "bill.json": data}, is_tagged=True)


def _laid(table: ReportTable, paper: Paper) -> tuple[ReportTable, Sheet, list[ReportLine]]:
    every = [replace(line, texts=tuple(each.translate(PICTURES) for each in line.texts)) for line in lines(table)]
    columns = [
        ColumnTexts(heading(column), [line.texts[place] for line in every], not stands_right(column))
        for place, column in enumerate(table.columns)
    ]
    return table, sheet_for(columns, paper), every


def _told(table: ReportTable, sheet: Sheet, every: list[ReportLine], size: float) -> Part:
    ems = [width / sheet.size for width in sheet.widths]
    rooms = [em - SPACE_EM for em in ems]
    return {
        "title": legible(table.title),
        "columns": [
            {"title": heading(column), "right": stands_right(column), "width": em * size}
            for column, em in zip(table.columns, ems, strict=True)
        ],
        "lines": [
            {"kind": line.kind, "texts": [breakable(*each) for each in zip(line.texts, rooms, strict=True)]}
            for line in every
        ],
    }
