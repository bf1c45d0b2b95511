"""A report as the body of a mail: HTML that mail programs show, and plain text that says the same.

Mail programs know little of style sheets, so every element carries its own; nothing is loaded from anywhere. A long
report is cut, and says so. The chart is a picture (PNG) on white, which the mail brings along.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib import resources
from itertools import islice

import msgspec

from tollbook.model.report import ReportTable
from tollbook.render.charts import PAPER_INK, Size, chart
from tollbook.render.reports.pdf import FONT_PACKAGES
from tollbook.render.reports.plotting import report_plot
from tollbook.render.reports.shown import LineKind, ReportLine, heading, legible, lines, stands_right
from tollbook.render.reports.told import foot, head

ROWS = 60
"""Lines of the table in a mail."""
PICTURE = "chart"
"""What HTML calls the picture by: `cid:chart`."""
_SIZE = Size(500, 220)
_SCALE = 2
_WIDEST = 40
"""Letters of a column in plain text."""
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
_INK, _SOFT, _RULE = "#16211f", "#55635f", "#dbe2df"


class MailedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report's mail: both bodies, and what the picture says where there is one."""

    text: str
    html: str
    said: str = ""


def mailed(table: ReportTable, *, has_picture: bool, link: str = "") -> MailedReport:
    """Return the bodies of a report's mail; `link` leads to the whole of it."""
    found = report_plot(table) if has_picture else None
    said = found.caption if found else ""
    shown = list(islice(lines(table), ROWS + 1))
    total = [line for line in islice(lines(table), ROWS, None) if line.kind is LineKind.TOTAL]
    is_cut = len(shown) > ROWS
    told = [*shown[:ROWS], *total] if is_cut else shown
    rest = f"There are {len(table.rows):,} rows; the first {ROWS} are shown." if is_cut else ""
    return MailedReport(text=_text(table, told, rest), html=_html(table, told, (rest, said, link)), said=said)


def picture(table: ReportTable) -> bytes:
    """Return a report's chart as PNG, nothing where it has none; takes some 90 MB: it belongs into a process apart."""
    import vl_convert

    found = report_plot(table)
    if not found:
        return b""
    for package in FONT_PACKAGES:
        vl_convert.register_font_directory(str(resources.files(package)))
    bare = msgspec.structs.replace(
        found.plot,
        series=tuple(msgspec.structs.replace(each, told=(), links=()) for each in found.plot.series),
    )
    specification = json.loads(chart(bare, _SIZE, PAPER_INK).specification) | {"background": "white", "padding": 8}
    return bytes(vl_convert.vegalite_to_png(json.dumps(specification), scale=_SCALE))


# ---------------------------------------------------------------- plain text


def _text(table: ReportTable, told: list[ReportLine], rest: str) -> str:
    parts = [legible(table.title), *(f"{name}: {text}" for name, text in head(table)), ""]
    parts += _columns(table, told) if table.rows else ["There is nothing in this period."]
    parts += ["", rest] if rest else []
    parts += ["", *(legible(note) for note in table.notes)] if table.notes else []
    return "\n".join(parts) + "\n"


def _columns(table: ReportTable, told: list[ReportLine]) -> Iterator[str]:
    rows = [tuple(heading(each) for each in table.columns), *(line.texts for line in told)]
    cut = [[text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…" for text in row] for row in rows]
    widths = [max(len(row[place]) for row in cut) for place in range(len(table.columns))]
    right = [stands_right(column) for column in table.columns]
    for number, row in enumerate(cut):
        cells = [
            text.rjust(width) if is_right else text.ljust(width)
            for text, width, is_right in zip(row, widths, right, strict=True)
        ]
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


# ---------------------------------------------------------------- HTML


def _html(table: ReportTable, told: list[ReportLine], beside: tuple[str, str, str]) -> str:
    rest, said, link = beside
    title = escape(legible(table.title))
    facts = "".join(f"<br>{escape(name)}: {escape(text)}" for name, text in head(table))
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="light"></head>',
            f'<body style="margin:0;padding:0;background:#f3f5f4;color:{_INK};{_FONT}">',
            '<div style="max-width:760px;margin:0 auto;padding:8px">',
            '<div style="background:#ffffff;border-radius:8px;padding:16px">',
            f'<h1 style="font-size:20px;line-height:1.3;margin:0 0 4px">{title}</h1>',
            f'<p style="margin:0 0 16px;font-size:14px">{escape(legible(table.period.words))}</p>',
            _figure(said),
            _table(table, told) if table.rows else '<p style="font-size:15px">There is nothing in this period.</p>',
            f'<p style="font-size:14px">{escape(rest)}</p>' if rest else "",
            _button(link),
            f'<p style="color:{_SOFT};font-size:12px;line-height:1.5;margin:16px 0 0">',
            "<br>".join(escape(text) for text in foot(table)),
            f"{facts}</p></div>",
            f'<div style="color:{_SOFT};font-size:12px;padding:12px 4px">Sent by Tollbook.<!--leave--></div>',
            "</div></body></html>",
        ),
    )


def _figure(said: str) -> str:
    if not said:
        return ""
    style = "display:block;width:100%;max-width:640px;height:auto;border:0"
    return f'<p style="margin:0 0 16px"><img src="cid:{PICTURE}" alt="{escape(said)}" width="640" style="{style}"></p>'


def _table(table: ReportTable, told: list[ReportLine]) -> str:
    cell = f"padding:6px;border-bottom:1px solid {_RULE}"
    heads = "".join(
        f'<th scope="col" style="{cell};text-align:{_side(table, place)};color:{_SOFT};font-weight:600">'
        f"{escape(heading(column))}</th>"
        for place, column in enumerate(table.columns)
    )
    rows = "".join(_row(table, line, cell) for line in told)
    style = "border-collapse:collapse;width:100%;font-size:13px;line-height:1.35"
    shape = f'role="table" cellspacing="0" cellpadding="0" style="{style}"'
    return f'<div style="overflow-x:auto"><table {shape}><tr>{heads}</tr>{rows}</table></div>'


def _row(table: ReportTable, line: ReportLine, cell: str) -> str:
    weight = ";font-weight:600" if line.kind in (LineKind.TOTAL, LineKind.SUBTOTAL) else ""
    cells = "".join(
        f'<td style="{cell};text-align:{_side(table, place)}{weight}'
        f'{";white-space:nowrap" if stands_right(table.columns[place]) else ""}">{escape(text)}</td>'
        for place, text in enumerate(line.texts)
    )
    return f"<tr>{cells}</tr>"


def _side(table: ReportTable, place: int) -> str:
    return "right" if stands_right(table.columns[place]) else "left"


def _button(link: str) -> str:
    if not link:
        return ""
    style = "display:inline-block;background:#0d5c55;color:#ffffff;text-decoration:none;padding:10px 16px"
    return (
        f'<p style="margin:16px 0 0"><a href="{escape(link)}" style="{style};border-radius:6px;font-weight:600">'
        "Open in Tollbook</a></p>"
    )
