"""`report`: the reports there are, one of them run, a breakdown of one's own, and a report of one's own checked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.call_filters import filtered
from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_table
from tollbook.cli.writing_files import write_to
from tollbook.model.problem import Misconfigured, Problem

report = typer.Typer(no_args_is_help=True, help="Reports: what there is, run one, make one's own.")


class ReportFileFormat(StrEnum):
    """As what a report is had; tests/unit/cli compares the names with those of `render.reports.formats`."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    HTML = "html"
    PARQUET = "parquet"


class ComparedWith(StrEnum):
    """With which other days a report is compared."""

    BEFORE = "before"
    YEAR = "year"


OfForm = Annotated[ReportFileFormat, typer.Option("--format", help="Output format.")]
ToFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", dir_okay=False, metavar="FILE", help="The file to write; else stdout."),
]
Beside = Annotated[
    ComparedWith | None,
    typer.Option(help="Compare with the days before, or with those of the year before."),
]
Background = Annotated[
    bool, typer.Option("--background", help="Make the file in the background; `tollbook files get` fetches it.")
]
Paper = Annotated[str, typer.Option(help="Paper of a PDF: a4 or us-letter.")]
_LISTED: Columns = {
    "report": "slug",
    "title": "title",
    "question": lambda row: row["question"] or f"cannot be used: {'; '.join(row['faults'])}",
    "group": "group",
}
_AS_FILES = (ReportFileFormat.XLSX, ReportFileFormat.PDF, ReportFileFormat.PARQUET)


@report.command("list")
def list_(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the reports there are."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "report list") as client:
        write_list(client, "/api/reports", {}, form=form, columns=_LISTED)


@report.command("words")
def words_(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List dimensions and measures, with what they mean."""
    from tollbook.cli.client import connect

    columns: Columns = {"name": "name", "is a": "kind", "title": "title", "meaning": "meaning"}
    with connect(site_of(context), "report words") as client:
        write_list(client, "/api/reports/words", {}, form=form, columns=columns)


@report.command("run")
@filtered
def run(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="REPORT", help="The report, by its name in `report list`.")],
    words: dict[str, str],
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the report; may be repeated."),
    ] = None,
    compare: Beside = None,
    form: OfForm = ReportFileFormat.TABLE,
    output: ToFile = None,
    paper: Paper = "a4",
    background: Background = False,
) -> None:
    """Run a report: over all calls, or over those that the filters mean."""
    asked: dict[str, Any] = {**words, "set": given or [], "compare": compare.value if compare else "", "paper": paper}
    if background:
        _in_background(context, {"of": "report", "report": slug, "set": given or []}, asked, form)
        return
    _answer(context, f"/api/reports/{slug}", asked, form, output)


@report.command("explore")
@filtered
def explore(
    context: typer.Context,
    words: dict[str, str],
    rows: Annotated[str, typer.Option(metavar="WORDS", help="Dimensions of the rows: department,month.")] = "",
    measures: Annotated[str, typer.Option(metavar="WORDS", help="Measures: calls,talk,cost.")] = "calls",
    columns: Annotated[str, typer.Option(metavar="WORD", help="A dimension whose values become columns.")] = "",
    order: Annotated[str, typer.Option(metavar="WORD", help="Dimension or measure; with - in front: descending.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Most rows; the others are put together. 0: all.")] = 0,
    subtotals: Annotated[bool, typer.Option("--subtotals", help="A line for each value of the first.")] = False,
    share: Annotated[str, typer.Option(metavar="WORDS", help="Measures with their part of the total.")] = "",
    compare: Beside = None,
    form: OfForm = ReportFileFormat.TABLE,
    output: ToFile = None,
    paper: Paper = "a4",
    background: Background = False,
) -> None:
    """Tell calls apart by dimensions and measure them; `report words` lists both."""
    asked: dict[str, Any] = {
        **words,
        "rows": rows,
        "measures": measures,
        "columns": columns,
        "order": order,
        "limit": str(limit),
        "subtotals": "yes" if subtotals else "",
        "share": share,
        "paper": paper,
        "compare": compare.value if compare else "",
    }
    if background:
        _in_background(context, {"of": "explore"}, asked, form)
        return
    _answer(context, "/api/reports/explore", asked, form, output)


@report.command("check")
def check(folder: Annotated[Path, typer.Argument(metavar="FOLDER", exists=True, file_okay=False)]) -> None:
    """Check a report of one's own: what is wrong with it, and whether it answers as its cases say."""
    from tollbook.reports.cases import check_own

    found = check_own(folder.resolve())
    for each in found.differences:
        say(str(each))
    if found.differences:
        raise typer.Exit(Exit.FOUND)
    cases = {0: "it has no cases", 1: "so is its case"}.get(found.cases, f"so are its {found.cases} cases")
    say(f"{found.report.slug}: {found.report.document['title']} is in order, {cases}")


@report.command("sql")
@filtered
def sql(
    context: typer.Context,
    words: dict[str, str],
    file: Annotated[
        typer.FileText, typer.Argument(metavar="FILE", help="A file with one SELECT; - is standard input.")
    ],
    form: OfForm = ReportFileFormat.TABLE,
    output: ToFile = None,
    paper: Paper = "a4",
) -> None:
    """Ask SQL of one's own over the documented views: all calls, or those that the filters mean.

    Ctrl-C ends it. The help page own-sql says what may be used.
    """
    from tollbook.cli.client import connect

    _check_shown(form, output)
    data = file.read().encode()
    with connect(site_of(context), "report sql") as client:
        try:
            if form is ReportFileFormat.TABLE:
                _show(client.post("/api/reports/sql", data, {**words, "format": "shown"}, into=dict[str, Any]))
                return
            asked = {**words, "paper": paper, "format": form.value}
            write_to([client.answered("/api/reports/sql", data, asked)], output)
        except KeyboardInterrupt:
            client.send("POST", "/api/reports/sql/cancel")
            raise


def _check_shown(form: ReportFileFormat, output: Path | None) -> None:
    if form in _AS_FILES and output is None and sys.stdout.isatty():
        help_ = f"give --output FILE, such as --output report.{form.value}"
        raise Misconfigured(Problem(f"{form.value} cannot be shown here", "stdout is a terminal", help=help_))


def _in_background(context: typer.Context, of: dict[str, Any], asked: dict[str, Any], form: ReportFileFormat) -> None:
    from tollbook.cli.client import connect
    from tollbook.cli.files_commands import ask_in_background

    if form is ReportFileFormat.TABLE:
        help_ = "add --format xlsx, pdf, csv, parquet, html or json"
        raise Misconfigured(Problem("a file is made in the background, no table", "no --format is given", help=help_))
    words = {name: ",".join(text) if isinstance(text, list) else text for name, text in asked.items() if name != "set"}
    words = {name: text for name, text in words.items() if text} | {"format": form.value}
    with connect(site_of(context), "report --background") as client:
        ask_in_background(client, {**of, "words": words})


def _answer(
    context: typer.Context, path: str, asked: dict[str, Any], form: ReportFileFormat, output: Path | None
) -> None:
    from tollbook.cli.client import connect

    _check_shown(form, output)
    with connect(site_of(context), "report") as client:
        if form is ReportFileFormat.TABLE:
            _show(client.get(path, {**asked, "format": "shown"}, into=dict[str, Any]))
            return
        write_to(client.pieces(path, {**asked, "format": form.value}), output)


def _show(told: dict[str, Any]) -> None:
    titles = [column["title"] for column in told["columns"]]
    rows = [{str(place): text for place, text in enumerate(line["texts"])} for line in told["lines"]]
    say(told["title"])
    for name, text in told["head"]:
        say(f"{name}: {text}")
    # Headings may be alike: a text of no width tells them apart.
    columns = {title + "\u200b" * titles[:place].count(title): _at(place) for place, title in enumerate(titles)}
    if not write_table(rows, columns):
        say("no call fits")
    for note in told["foot"]:
        say(note)


def _at(place: int) -> Callable[[Row], str]:
    return lambda row: str(row[str(place)])
