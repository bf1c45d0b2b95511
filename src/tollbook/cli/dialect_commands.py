"""`dialect list`, `detect` and `try`: the formats there are, which of them fit a file, and what one makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from tollbook import clock
from tollbook.cli import dialect_folders, dialect_schema, dialect_sharing
from tollbook.cli.dialect_places import Name, OwnFolder, Sample, Settings, catalogue_of, settings_of
from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Form
from tollbook.cli.output import Columns, OutputFormat, Row, write_csv, write_pieces, write_rows, write_table
from tollbook.cli.pbx_commands import Settings as Given
from tollbook.cli.pbx_commands import read_settings
from tollbook.cli.samples import is_xml, pieces_of, sample_of
from tollbook.render.formatting import duration

if TYPE_CHECKING:
    from tollbook.dialects.authoring.cases import Outcome
    from tollbook.dialects.authoring.detecting import Fit
    from tollbook.dialects.layout.layout import Layout

dialect = typer.Typer(help="Find, try and create record formats.", no_args_is_help=True)

_LIST: Columns = {
    "dialect": "dialect",
    "title": "title",
    "models": lambda row: ", ".join(row["models"]),
    "how sure": "certainty",
    "from": "from",
}


@dialect.command("list")
def list_dialects(context: typer.Context, folder: OwnFolder = None, form: Form = OutputFormat.TABLE) -> None:
    """List the formats, with the models that use them, how sure that is, and where each comes from."""
    catalogue = catalogue_of(context, folder)
    rows = [
        {
            "dialect": slug,
            "title": layout.title,
            "models": layout.models,
            "certainty": layout.certainty,
            "from": "own" if catalogue.is_own(slug) else "catalogue",
        }
        for slug, layout in sorted(catalogue.layouts().items())
    ]
    write_rows(rows, _LIST, form)


def _percent(row: Row) -> str:
    return f"{100 * row['understood']:.0f} %"


_FIT: Columns = {
    "dialect": "dialect",
    "understood": _percent,
    "calls": "calls",
    "skipped": "skipped",
    "rejected": "rejected",
    "why": "why",
}


_NO_CALL = "no format makes a call of a line of it; `tollbook dialect new NAME FILE` begins one"
_NO_CALL_OF_XML = (
    "it holds a document of XML that no format makes a call of; let the PBX write CSV or JSON, where it can, "
    'or write a format of your own with records of form = "xml"'
)


@dialect.command("detect")
def detect_file(
    context: typer.Context, file: Sample, folder: OwnFolder = None, form: Form = OutputFormat.TABLE,
) -> None:  # fmt: skip
    """Find the formats that fit a file, best first.

    A line is understood if it becomes a call or is known not to be one. If no format finds a call, the closest ones are
    listed and the exit code is 1.
    """
    from tollbook.dialects.authoring.detecting import detect, preferring
    from tollbook.engine.pipeline.cutters import CUTTERS

    catalogue = catalogue_of(context, folder)
    now_us = int(clock.now().timestamp()) * 1_000_000
    known = catalogue.layouts()
    own = {slug for slug in known if catalogue.is_own(slug)}
    data = sample_of(file)
    fits = preferring(own, detect(data, known, CUTTERS, received_at=now_us))
    with_calls = [fit for fit in fits if fit.calls]
    write_rows([_told(fit) for fit in with_calls or fits], _FIT, form)
    if not with_calls:
        known_all = [fit for fit in fits if fit.knows_no_calls]
        for fit in known_all[:1]:
            say(f"{fit.slug} knows every line, and none is a call: {'; '.join(fit.skips)}")
        if not known_all:
            say(_NO_CALL_OF_XML if is_xml(data) else _NO_CALL)
        raise typer.Exit(Exit.FOUND)


def _told(fit: Fit) -> dict[str, Any]:
    return {
        "dialect": fit.slug,
        "title": fit.title,
        "understood": round(fit.understood, 4),
        "lines": fit.lines,
        "calls": fit.calls,
        "skipped": fit.skipped,
        "rejected": fit.rejected,
        "settings": fit.settings,
        "why": "; ".join(fit.reasons),
    }


def _length(name: str) -> Any:  # noqa: ANN401 - a column's maker
    return lambda row: duration(row[name]) if name in row else ""


_OUTCOME: Columns = {
    "is": "is",
    "started (PBX time)": lambda row: str(row.get("started_local", "")).replace("T", " "),
    "direction": "direction",
    "outcome": "outcome",
    "extension": "extension",
    "caller": "caller",
    "called": "called",
    "trunk": "trunk",
    "ring": _length("ring_s"),
    "talk": _length("talk_s"),
    "why": "reason",
    "line": lambda row: row["line"] if row["is"] == "rejected" else "",
}


@dialect.command("try")
def try_file(
    context: typer.Context,
    name: Name,
    file: Sample,
    settings: Given = [],  # noqa: B006 - Typer gives each call a list of its own
    folder: OwnFolder = None,
    form: Form = OutputFormat.TABLE,
) -> None:
    """Show what a format makes of each line of a file. Nothing is stored.

    With `--format json` each line is an object: `line`, what it `is` (record, skipped or rejected), the `reason`, and
    the fields under the names that calls have. `--set timezone=…` and `--set received=…` say when and where the records
    were written.
    """
    layout = catalogue_of(context, folder).layout_of(name)
    chosen = settings_of(name, layout, read_settings(settings))
    counted: Counter[str] = Counter()
    outcomes = _counting(outcomes_of(layout, chosen, pieces_of(file)), counted)
    _WRITERS[form](outcomes)
    say(f"{counted['record']} calls, {counted['skipped']} skipped, {counted['rejected']} rejected")


def outcomes_of(layout: Layout, settings: Settings, pieces: Iterator[bytes]) -> Iterator[Outcome]:
    """Yield what becomes of each line of a file, as it is read."""
    from tollbook.dialects.authoring.cases import in_order, usual_arrival
    from tollbook.dialects.reading.reader import Reader
    from tollbook.engine.pipeline.cutters import CUTTERS
    from tollbook.model.call import no_calls
    from tollbook.model.reading import Reading

    reader = Reader(layout, settings.pbx)
    cutter = CUTTERS[usual_arrival(layout)](layout.framed)
    for piece in pieces:
        frames = msgspec.structs.replace(cutter.feed(piece), received_at=settings.received_at)
        yield from in_order(reader.read(frames))
    last = msgspec.structs.replace(cutter.end(), received_at=settings.received_at)
    yield from in_order(reader.read(last))
    yield from in_order(Reading(no_calls(), [], cutter.rejected))


def _counting(outcomes: Iterator[Outcome], counted: Counter[str]) -> Iterator[Outcome]:
    for outcome in outcomes:
        counted[outcome["is"]] += 1
        yield outcome


def _as_lines(outcomes: Iterator[Outcome]) -> None:
    write_pieces(msgspec.json.encode(outcome) + b"\n" for outcome in outcomes)


def _as_table(outcomes: Iterator[Outcome]) -> None:
    write_table(outcomes, _OUTCOME)


def _as_csv(outcomes: Iterator[Outcome]) -> None:
    from tollbook.model.call import CALL_COLUMNS

    names = ["line", "is", "reason", "rule", "column", *(name for name in CALL_COLUMNS if name not in _UNSHOWN)]
    write_csv(outcomes, {name: name for name in names})


_UNSHOWN = ("raws", "offsets")
_WRITERS = {OutputFormat.JSON: _as_lines, OutputFormat.TABLE: _as_table, OutputFormat.CSV: _as_csv}

dialect.command("new")(dialect_folders.new)
dialect.command("generate")(dialect_folders.generate)
dialect.command("test")(dialect_folders.check_folders)
dialect.command("schema")(dialect_schema.schema)
dialect.command("share")(dialect_sharing.share)
dialect.command("add")(dialect_sharing.add)
