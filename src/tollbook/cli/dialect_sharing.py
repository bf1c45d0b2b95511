"""`dialect share` and `dialect add`: a format passed on as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollbook.cli.dialect_places import Name, OwnFolder, catalogue_of, own_folder
from tollbook.cli.exits import say
from tollbook.cli.options import site_of
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sharing_limits import SHARED_BYTES

if TYPE_CHECKING:
    from tollbook.engine.sharing.adding import AddedFormat

SharedFile = Annotated[
    Path,
    typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="What `dialect share` wrote.", show_default=False),
]


def share(
    context: typer.Context,
    name: Name,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The file to write; default: NAME.tollbook-format.zip."),
    ] = None,
    fictitious: Annotated[
        bool, typer.Option("--fictitious", help="Replace telephone numbers by fictitious ones, in the file alone.")
    ] = False,
    even_so: Annotated[
        bool, typer.Option("--even-so", help="Share it whatever was found; look at each finding first.")
    ] = False,
    folder: OwnFolder = None,
) -> None:
    """Write one of your own formats as one file, to be passed on.

    Cases and README are looked through for telephone numbers, names, mail addresses and addresses of machines. Where
    some are found, no file is written.
    """
    from tollbook.engine.sharing.sharing import shared

    made = shared(catalogue_of(context, folder), name, with_fictitious_numbers=fictitious)
    if even_so:
        for each in made.findings:
            say(f"{each.file}:{each.line}: {each.what!r} {each.why}")
    else:
        made.check()
    place = out or Path(f"{name}.tollbook-format.zip")
    place.write_bytes(made.data)
    for left in made.left:
        say(f"not in it: {left}")
    if fictitious:
        say(f"numbers replaced: {made.replaced}")
    say(f"written to {place}: {made.files} files, {made.cases} of them cases; read it once before you pass it on")


def add(
    context: typer.Context,
    file: SharedFile,
    slug: Annotated[str, typer.Option("--as", metavar="NAME", help="Another name for it.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace your format of that name.")] = False,
    even_so: Annotated[
        bool, typer.Option("--even-so", help="Add it though it reads lines of another format, as a variant does.")
    ] = False,
    folder: OwnFolder = None,
) -> None:
    """Add a format that somebody shared.

    Its own cases are run first; nothing in the file is executed. It is refused where its cases come to something else,
    or where it reads lines of another format.
    """
    with file.open("rb") as opened:
        data = opened.read(SHARED_BYTES + 1)
    words = {"name": slug, "replace": "yes" if replace else "", "even_so": "yes" if even_so else ""}
    added = _into_folder(context, folder, data, words) if folder else _into_site(context, data, words)
    done = "replaced" if added.replaced else "added"
    say(f"{done} {added.slug}: {added.title} ({added.certainty}); cases: {added.cases}, calls in them: {added.calls}")
    if added.asks:
        say(f"it asks {' and '.join(added.asks)}: the secrets of a PBX that uses it are sent there")
    say(f"use it: tollbook pbx add NAME --dialect {added.slug}")


def _into_folder(context: typer.Context, folder: Path, data: bytes, words: dict[str, str]) -> AddedFormat:
    from tollbook.engine.sharing.adding import AddingChoices
    from tollbook.engine.sharing.adding import add as add_format

    home = own_folder(context, folder)
    if home is None or not home.parent.is_dir():
        raise Misconfigured(Problem(f"there is no folder {str(folder.parent)!r}", "the format is to lie within it"))
    chosen = AddingChoices(slug=words["name"], replace=bool(words["replace"]), even_so=bool(words["even_so"]))
    home.mkdir(exist_ok=True)
    return add_format(catalogue_of(context, folder), home, data, chosen)


def _into_site(context: typer.Context, data: bytes, words: dict[str, str]) -> AddedFormat:
    from tollbook.cli.client import connect
    from tollbook.engine.sharing.adding import AddedFormat

    with connect(site_of(context), "dialect add") as client:
        return client.post("/api/formats", data, words, into=AddedFormat)
