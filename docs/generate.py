"""Writes `docs/reference/` from the program: commands, exit codes, supported PBXs, sources, views.

What the program declares is stated once, there, and read from it here. `tests/test_docs.py`
compares the pages with what this would write, so they cannot fall behind.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from tollbook.cli import app
from tollbook.cli.exits import Exit
from tollbook.dialects.known import layouts
from tollbook.dialects.layout import Layout
from tollbook.plugins import Declared, declared, folders, load
from tollbook.store.schema import VIEWS

REFERENCE = Path(__file__).parent / "reference"
SOURCES = "tollbook.sources"
NOTE = "<!-- Written by `make docs` from the program; change it there. -->\n\n"


def commands() -> str:
    """Every command with its arguments and options."""
    command = get_command(app)
    context = typer.Context(command, info_name="tollbook")
    text = get_docs_for_click(obj=command, ctx=context, name="tollbook", title="Commands")
    return "\n".join(line.rstrip() for line in text.splitlines())


def pbxs() -> str:
    """Every PBX whose records are understood, and on what evidence."""
    return "# Supported PBXs\n\n" + "\n\n".join(_pbx(*each) for each in sorted(layouts().items()))


def sources() -> str:
    """Every way records come in, with its options."""
    kinds = sorted(folders(SOURCES))
    return "# Sources\n\n" + "\n\n".join(_source(kind) for kind in kinds)


def exit_codes() -> str:
    """Every exit code of a command."""
    rows = [f"| {code.value} | {_cell(code.means)} |" for code in Exit]
    return "# Exit codes\n\n" + _table(("code", "means"), rows)


def views() -> str:
    """Every view of the store, the promise that reports and other programs rely on."""
    return "# Views\n\n" + "\n\n".join(_view(name, columns, means) for name, (_, columns, means) in VIEWS.items())


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "exit-codes.md": exit_codes,
    "pbxs.md": pbxs,
    "sources.md": sources,
    "views.md": views,
}


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each page's place and its text."""
    for name, write in PAGES.items():
        yield REFERENCE / name, NOTE + write().strip() + "\n"


def _pbx(slug: str, layout: Layout) -> str:
    columns = [
        f"| {place} | `{column.name}` | {_cell(column.means)} |"
        for record in layout.record
        for place, column in enumerate(record.columns, 1)
    ]
    evidence = [f"- {each.title}: {each.says} ({each.certainty}). {each.address}".rstrip() for each in layout.evidence]
    options = [f"| `{name}` | {_cell(option.help)} | `{option.example}` |" for name, option in layout.option.items()]
    parts = [
        f"## `{slug}`",
        f"{layout.title}: {', '.join(layout.models)}.\nHow sure: {layout.certainty}.",
        _table(("#", "column", "means"), columns),
        _table(("option", "means", "example"), options),
        "Where this was read:\n\n" + "\n".join(evidence),
    ]
    return "\n\n".join(filter(None, parts))


def _source(kind: str) -> str:
    options = [_option(each) for each in declared(load(SOURCES, kind, "Options"))]
    return f"## `{kind}`\n\n" + _table(("option", "means", "default", "example"), options)


def _view(name: str, columns: Mapping[str, tuple[str, str]], means: str) -> str:
    rows = [f"| `{column}` | {_cell(text)} |" for column, (_, text) in columns.items()]
    return f"## `{name}`\n\n{means}\n\n" + _table(("column", "means"), rows)


def _option(option: Declared) -> str:
    setting = option.setting
    default = "required" if setting.required else _code(setting.default)
    return f"| `{option.name}` | {_cell(setting.help)} | {default} | {_code(setting.example)} |"


def _table(heads: tuple[str, ...], rows: list[str]) -> str:
    if not rows:
        return ""
    return "\n".join([f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *rows])


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(exist_ok=True)
    for place, text in pages():
        place.write_text(text)


if __name__ == "__main__":
    main()
