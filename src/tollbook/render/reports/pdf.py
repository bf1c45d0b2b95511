"""A report as PDF, set by typst: fonts are those of packages, so that it looks the same wherever it is made.

Two ways to set the rows, both with their heads on every page. A table of few cells is a table to typst: texts break
into lines, and the file is PDF/A-2a, whose tags tell a screen reader what is what. A longer one comes after a first
page with the totals: each column of a page is one paragraph, rows are one line high and texts cut to their columns,
which takes a tenth of the time and memory; that file is PDF/A-2b, without tags. Where the fonts lack a letter, it is
neither, which PDF/A forbids, and the letter is an empty box.

Texts reach typst as data and are never read as its markup. Making a PDF takes up to 400 MB, and belongs into a process
of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from itertools import groupby, islice
from typing import Any

from msgspec.structs import replace

from tollbook.model.report import ReportTable
from tollbook.render.charts import PAPER_INK, Size, chart, draw
from tollbook.render.reports.plotting import ReportPlot, report_plot
from tollbook.render.reports.sheets import (
    MARGIN,
    ROW_EM,
    SPACE_EM,
    ColumnTexts,
    Paper,
    Sheet,
    breakable,
    cut,
    sheet_for,
)
from tollbook.render.reports.shown import LineKind, ReportLine, heading, legible, lines, stands_right
from tollbook.render.reports.told import foot, head, period_told

FEW_CELLS = 8000
"""What takes a table of typst two seconds and 170 MB."""
FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
FONTS = ("Noto Sans", "Noto Sans CJK SC")
"""The first ones; for other scripts typst finds the one that has them."""
_CHART = Size(680, 190)
_SMALL = 8.5
"""The letters of the foot."""
_NO_LETTER = "could not be displayed"
"""What typst says of a text whose letters no font has."""
PICTURES = {0x2400 + code: f"\\x{code:02x}" for code in range(0x20)} | {0x2421: "\\x7f"}
"""No font has the pictures of control characters; on paper their numbers stand."""
PICTURES_IN_JSON = {code: json.dumps(text)[1:-1] for code, text in PICTURES.items()}
_STRONG = frozenset((LineKind.SUBTOTAL, LineKind.TOTAL))

Part = dict[str, Any]


def pdf_bytes(table: ReportTable, paper: Paper = Paper.A4, logo: bytes = b"") -> bytes:
    """Return a report as PDF, with a PNG at its head where there is one."""
    files, is_long = _files(table, paper)
    files |= logo_files(logo)
    return compiled(files, is_tagged=not is_long)


def logo_files(logo: bytes) -> dict[str, bytes]:
    """Return what a template is given that begins with `titled` of `head.typ`; files are text, so bytes are numbers."""
    return {"head.typ": _template("head.typ"), "logo.json": json.dumps(list(logo)).encode()}


def logo_drawn(logo: bytes) -> int:
    """Return how many bytes a PDF has with a logo alone; whatever it raises says that the picture cannot be read."""
    main = b'#import "head.typ": titled\n#titled([Logo])'
    return len(compiled({"main.typ": main, **logo_files(logo)}, is_tagged=False))


def _files(table: ReportTable, paper: Paper) -> tuple[dict[str, bytes], bool]:
    """Return what typst is given, and whether the table is a long one."""
    every = [replace(line, texts=tuple(each.translate(PICTURES) for each in line.texts)) for line in lines(table)]
    columns = [
        ColumnTexts(heading(column), [line.texts[place] for line in every], not stands_right(column))
        for place, column in enumerate(table.columns)
    ]
    sheet, plot = sheet_for(columns, paper), report_plot(table)
    is_long = len(every) * len(columns) > FEW_CELLS
    few = [line for line in every if line.kind == LineKind.TOTAL] if is_long else every
    report = {
        **_about(table, sheet),
        **_chart_told(plot, sheet),
        "lines": [_broken(line, sheet) for line in few],
        "pages": column_pages(every, sheet, (rows_a_page(sheet),)) if is_long else [],
        "following": f"{len(table.rows):,} rows follow.",
    }
    files = {
        "main.typ": _template("report.typ"),
        "long.typ": long_table(),
        "report.json": json.dumps(report, ensure_ascii=False).translate(PICTURES_IN_JSON).encode(),
    }
    if plot:
        files["chart.svg"] = draw([chart(plot.plot, _CHART, PAPER_INK)])[0].encode()
    return files, is_long


def _about(table: ReportTable, sheet: Sheet) -> Part:
    at, room_em = table.made_at, sheet.room[0] / max(sheet.size, _SMALL)
    return {
        "title": breakable(legible(table.title), room_em / 2) or table.report,
        "question": breakable(legible(table.question), room_em),
        "head": [(name, breakable(text, room_em / 2)) for name, text in head(table)],
        "foot": [breakable(text, room_em) for text in foot(table)],
        "footer": legible(f"{table.title}, {period_told(table.period)}"),
        "made": {name: getattr(at, name) for name in ("year", "month", "day", "hour", "minute", "second")},
        "fonts": FONTS,
        "paper": {"name": sheet.paper, "flipped": sheet.is_turned, "size": sheet.size, "margin": MARGIN},
        "columns": [
            {"title": heading(column), "right": stands_right(column), "width": width}
            for column, width in zip(table.columns, sheet.widths, strict=True)
        ],
    }


def _chart_told(found: ReportPlot | None, sheet: Sheet) -> Part:
    if not found:
        return {"chart": ""}
    titles = [series.title for series in found.plot.series]
    legend = list(zip(PAPER_INK.series, titles, strict=False)) if found.has_legend else []
    wide = min(sheet.room[0], 0.77 * _CHART.width)
    return {
        "chart": breakable(found.caption, sheet.room[0] / _SMALL),
        "chart_width": wide,
        "legend": legend,
        "left_out": found.left_out,
    }


def _broken(line: ReportLine, sheet: Sheet) -> Part:
    rooms = (width / sheet.size - SPACE_EM for width in sheet.widths)
    return {"kind": line.kind, "texts": [breakable(*each) for each in zip(line.texts, rooms, strict=True)]}


def rows_a_page(sheet: Sheet) -> int:
    """Return how many rows of a long table stand on a page below its heads."""
    return int(sheet.room[1] / sheet.size / ROW_EM) - 2


def column_pages(every: Sequence[ReportLine], sheet: Sheet, sizes: Sequence[int]) -> list[Part]:
    """Return the pages of a long table: of each column runs of lines that look alike, the lines joined.

    `sizes` are the rows of the first pages; the last of them is that of all further ones.
    """
    source = iter(every)
    left = iter(sizes)
    pages: list[Part] = []
    while some := list(islice(source, next(left, sizes[-1]))):
        runs = [(strong, list(run)) for strong, run in groupby(some, lambda line: line.kind in _STRONG)]
        columns = [
            [
                {
                    "strong": strong,
                    "text": "\n".join(cut(line.texts[place], width / sheet.size - SPACE_EM) for line in run),
                }
                for strong, run in runs
            ]
            for place, width in enumerate(sheet.widths)
        ]
        pages.append({"rows": len(some), "columns": columns})
    return pages


def _template(name: str) -> bytes:
    return resources.files("tollbook.render.reports").joinpath(name).read_bytes()


def long_table() -> bytes:
    """Return what lays long tables out, for a template that imports it as `long.typ`."""
    return _template("long.typ")


def compiled(files: dict[str, bytes], *, is_tagged: bool) -> bytes:
    """Return the PDF that typst makes of some files, `main.typ` among them, with our fonts alone."""
    import typst

    fonts = [str(resources.files(package)) for package in FONT_PACKAGES]

    def made(*standards: str) -> bytes:
        return typst.compile(  # type: ignore[no-any-return,call-overload] # files by name are not in its types
            files,
            font_paths=fonts,
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=list(standards),
            pdf_tags=is_tagged,
        )

    try:
        return made("a-2a" if is_tagged else "a-2b")
    except typst.TypstError as fault:
        if _NO_LETTER not in str(fault):
            raise
        return made()
