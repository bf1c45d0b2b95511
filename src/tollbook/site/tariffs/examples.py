"""Tariffs to begin with, which come with the program: a folder each, with a document and perhaps a price list.

What a folder is called is the tariff's name there. The comment at the top of a document says what it is an example of.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import msgspec

from tollbook.model.problem import NotThere, Problem, nearest

_FOLDER = Path(str(files("tollbook.rating"))) / "catalogue"


class ExampleTariff(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff to begin with: what it shows in a sentence, its title, its document and its price list, empty for none.

    `note` is what else stands at the top of the document.
    """

    name: str
    about: str
    note: str
    title: str
    document: str
    prices: str


def examples() -> list[ExampleTariff]:
    """Return all examples, the simplest first."""
    found = [_read(path.parent) for path in _FOLDER.glob("*/tariff.toml")]
    return sorted(found, key=lambda each: (bool(each.prices), each.document.count("[[band]]"), each.name))


def example(name: str) -> ExampleTariff:
    """Return one example; raises `NotThere`."""
    known = {each.name: each for each in examples()}
    if name not in known:
        raise NotThere(
            Problem(f"no example is called {name!r}", "examples come with Tollbook", help=nearest(name, known))
        )
    return known[name]


def _read(folder: Path) -> ExampleTariff:
    document, prices = folder / "tariff.toml", folder / "tariff.csv"
    text = document.read_text("utf-8")
    about, note = (line.removeprefix("# ") for line in text.split("\n", 2)[:2])
    title = next(line for line in text.split("\n") if line.startswith("title = "))
    return ExampleTariff(
        name=folder.name,
        about=about,
        note=note,
        title=title.partition('"')[2].rpartition('"')[0],
        document=text,
        prices=prices.read_text("utf-8") if prices.exists() else "",
    )
