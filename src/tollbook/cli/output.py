"""Lists on stdout: as a table for a person, or as the API's own JSON or CSV, passed on as it streams in."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from tollbook.cli.client import Client, Words
    from tollbook.cli.fitting import TextColumn

Row = Mapping[str, Any]
ROWS_AT_ONCE = 1000
_WIDE = 250


class OutputFormat(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class AnswerFormat(StrEnum):
    """How something is printed that is no list, and so no table."""

    TEXT = "text"
    JSON = "json"


Columns = Mapping[str, Callable[[Row], Any] | str]
"""A table's headings, each with the field under it, or how to make its text of a row."""


@contextmanager
def stdout() -> Iterator[IO[bytes]]:
    """Give stdout for bytes; a reader that has seen enough (`| head`) is no fault."""
    try:
        yield sys.stdout.buffer
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None


def write_pieces(pieces: Iterable[bytes]) -> None:
    """Write bytes to stdout as they come."""
    with stdout() as out:
        for piece in pieces:
            out.write(piece)


def write_list(client: Client, path: str, words: Words, *, form: OutputFormat, columns: Columns) -> int:
    """Print a list of the API; returns how many rows a table had."""
    if form is OutputFormat.TABLE:
        return write_table(client.rows(path, words), columns)
    write_pieces(client.pieces(path, {**words, "format": form.value}))
    return 0


def write_table(rows: Iterable[Row], columns: Columns, spare: Sequence[str] = ()) -> int:
    """Print rows as a table, a thousand at a time; returns how many there were.

    `spare` are the headings that are given up first where the terminal has no room for all.
    """
    from tollbook.cli.fitting import blocks, fitting

    console = _console()
    source, count = iter(rows), 0
    chosen = list(columns)
    with stdout():
        while some := list(islice(source, ROWS_AT_ONCE)):
            texts = _texts(some, columns, chosen)
            found = fitting(texts, console.width, () if count else spare)
            if found is None:
                console.print("\n\n".join(blocks(texts)) + "\n", markup=False, soft_wrap=True)
            else:
                console.print(_table(found, heading=count == 0))
            if found is not None and not count:
                chosen = [each.title for each in found]
                _say_what_is_left_out(list(columns), chosen)
            count += len(some)
    return count


def _texts(rows: list[Row], columns: Columns, chosen: Collection[str]) -> list[TextColumn]:
    from tollbook.cli.fitting import TextColumn

    fields = {title: field for title, field in columns.items() if title in chosen}
    return [TextColumn(title, [shown(_field(row, field)) for row in rows]) for title, field in fields.items()]


def _say_what_is_left_out(titles: list[str], chosen: list[str]) -> None:
    gone = [title for title in titles if title not in chosen]
    if gone:
        typer.echo(f"left out for want of room: {', '.join(gone)}; --format csv has all", err=True)


def write_rows(rows: list[dict[str, Any]], columns: Columns, form: OutputFormat) -> None:
    """Print a list that is not the API's: as a table, as CSV, or whole as JSON."""
    ways: dict[OutputFormat, Callable[[], object]] = {
        OutputFormat.TABLE: lambda: write_table(rows, columns),
        OutputFormat.CSV: lambda: write_csv(rows, columns),
        OutputFormat.JSON: lambda: write_json(rows),
    }
    ways[form]()


def write_csv(rows: Iterable[Row], columns: Columns) -> None:
    """Print rows as CSV, as they come."""
    import csv

    from tollbook.model.spreadsheets import cell

    with stdout() as out:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(cell(_field(row, field)) for field in columns.values())
        text.flush()
        text.detach()


def _field(row: Row, field: Callable[[Row], Any] | str) -> Any:  # noqa: ANN401 - any column's value
    return row.get(field) if isinstance(field, str) else field(row)


def write_text(text: str = "") -> None:
    """Print a line."""
    with stdout() as out:
        out.write(f"{text}\n".encode())


def write_json(value: object) -> None:
    """Print one value as JSON."""
    import msgspec

    write_text(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def shown(value: object) -> str:
    r"""Return a value as a table may show it: nothing that a terminal would obey.

    >>> shown("a\x1b[2Jb"), shown(None), shown(True)
    ('a�[2Jb', '', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "".join(character if character.isprintable() else "�" for character in str(value))


@contextmanager
def progress(unit: str) -> Iterator[Progress]:
    """Show progress bars on stderr, where that is a terminal."""
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True)
    amount = bars.DownloadColumn() if unit == "bytes" else bars.MofNCompleteColumn()
    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        amount,
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=console, disable=not console.is_terminal) as shown_bars:
        yield shown_bars


def _console() -> Console:
    from rich.console import Console

    # A file or pipe has no width; a table is not cut for it.
    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


def _table(columns: Sequence[TextColumn], *, heading: bool) -> Any:  # noqa: ANN401 - Rich is imported only here
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=heading, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.title, no_wrap=not column.is_prose, min_width=column.room, overflow="fold")
    for texts in zip(*(column.texts for column in columns), strict=True):
        table.add_row(*(Text(text) for text in texts))
    return table
