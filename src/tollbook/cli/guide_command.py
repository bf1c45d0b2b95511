"""`guide`: the manual on the terminal, for machines without a browser."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tollbook.cli.output import stdout
from tollbook.model.problem import Misconfigured, Problem, nearest


def guide(
    page: Annotated[
        str,
        typer.Argument(metavar="[PAGE]", help="A page, such as 'kx-hts'; default: the contents."),
    ] = "",
    find: Annotated[str, typer.Option(metavar="WORDS", help="List the pages that contain all of these words.")] = "",
) -> None:
    """Show the manual."""
    from tollbook import manual

    if find:
        found = [f"{each.name:<40} {each.title}" for each, _ in manual.holding(find)]
        typer.echo("\n".join(found) or f"No page holds all of the words '{find}'; `tollbook guide` lists the pages.")
        return
    pages = manual.pages()
    name = page or manual.FIRST
    chosen = pages.get(name) or pages.get(f"guide/{name}")
    if chosen is None:
        known = [each.removeprefix("guide/") for each in pages]
        raise Misconfigured(Problem("PAGE", f"'{page}'", "is no page of the manual", nearest(page, known)))
    _show(chosen.text)


def _show(text: str) -> None:
    """Print a page laid out where a terminal reads it, as it is written where a file or a pipe does."""
    if not sys.stdout.isatty():
        with stdout() as out:
            out.write(text.encode())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(text, hyperlinks=False), width=min(console.width, 100))
