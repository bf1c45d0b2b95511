"""A report as one HTML file that needs nothing else: styles and chart are in it, and no script.

Every text is escaped, and the page's own content policy lets nothing be loaded or run, should that once be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib import resources

from tollbook.model.report import ReportTable
from tollbook.render.charts import COLOURS, DARK_COLOURS, NARROW, PAGE_INK, WIDE, chart, draw
from tollbook.render.reports.plotting import report_plot
from tollbook.render.reports.shown import LineKind, ReportLine, heading, legible, lines, stands_right
from tollbook.render.reports.told import foot, head

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LONG = 30
"""Characters of a word that has to be broken."""


def html_bytes(table: ReportTable) -> bytes:
    """Return a report as an HTML file; where it has a chart it is drawn here, which takes some 90 MB."""
    title = escape(legible(table.title))
    head_lines = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in head(table))
    question = f'<p class="question">{escape(legible(table.question))}</p>' if table.question else ""
    parts = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{_style()}</style></head>\n",
        f"<body><main><h1>{title}</h1>{question}<dl>{head_lines}</dl>\n",
        *_figure(table),
        f'<div class="table" role="region" aria-label="{title}" tabindex="0"><table><thead><tr>',
        *(
            f'<th scope="col"{_side(table, place)}>{escape(heading(each))}</th>'
            for place, each in enumerate(table.columns)
        ),
        "</tr></thead>\n<tbody>",
        *(_line(table, line) for line in lines(table)),
        "</tbody></table></div>\n",
        "" if table.rows else "<p>There is nothing in this period.</p>",
        f"<footer>{''.join(f'<p>{escape(text)}</p>' for text in foot(table))}</footer></main></body></html>\n",
    )
    return "".join(parts).encode("utf-8", "replace")


def _style() -> str:
    colours = "".join(f"--chart-{name}:{colour};" for name, colour in COLOURS.items())
    dark = "".join(f"--chart-{name}:{colour};" for name, colour in DARK_COLOURS.items())
    series = "".join(f".s{place}{{--series:{colour}}}" for place, colour in enumerate(PAGE_INK.series))
    style = resources.files("tollbook.render.reports").joinpath("report.css").read_text("utf-8")
    return f":root{{{colours}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}{series}\n{style}"


def _figure(table: ReportTable) -> Iterator[str]:
    found = report_plot(table)
    if not found:
        return
    wide, narrow = draw([chart(found.plot, size, PAGE_INK) for size in (WIDE, NARROW)])
    yield f"<figure><figcaption>{escape(found.caption)}</figcaption>"
    if found.has_legend:
        titles = enumerate(escape(series.title) for series in found.plot.series)
        yield f'<ul class="legend">{"".join(f"<li class=s{place}>{title}</li>" for place, title in titles)}</ul>'
    yield f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'
    if found.left_out:
        yield f"<p>{found.left_out}</p>"
    yield "</figure>\n"


def _line(table: ReportTable, line: ReportLine) -> str:
    cells = "".join(_cell(table, place, text) for place, text in enumerate(line.texts))
    kind = "" if line.kind == LineKind.ROW else f' class="{line.kind}"'
    return f"<tr{kind}>{cells}</tr>\n"


def _cell(table: ReportTable, place: int, text: str) -> str:
    """Return a cell; a text that is written from right to left turns nothing round it."""
    side = _side(table, place)
    if len(text) > _LONG and not side and max(map(len, text.split())) > _LONG:
        side = ' class="long"'
    heads_row = place == 0 and text.strip() and not table.columns[0].is_measure
    name = 'th scope="row"' if heads_row else "td"
    shown = escape(text) if text.isascii() else f"<bdi>{escape(text)}</bdi>"
    return f"<{name}{side}>{shown}</{name[:2]}>"


def _side(table: ReportTable, place: int) -> str:
    return ' class="n"' if stands_right(table.columns[place]) else ""
