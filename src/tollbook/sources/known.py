"""The kinds of source there are: the folders beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from tollbook import plugins
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import Text, folders, load
from tollbook.sources.contract import Arrivals

PACKAGE = "tollbook.sources"


@cache
def kinds() -> list[str]:
    """Return the kinds of source by name."""
    return [name for name, folder in folders(PACKAGE).items() if folder.joinpath("__init__.py").is_file()]


def _part(kind: str, attribute: str) -> Any:  # noqa: ANN401 - whatever a source holds
    kind = kind.replace("-", "_")
    if kind not in kinds():
        reason = f"known are: {', '.join(kinds())}"
        raise Misconfigured(Problem(f"no source is called {kind!r}", reason, help="a source is a way records arrive"))
    return load(PACKAGE, kind, attribute)


def options_of(kind: str) -> type[msgspec.Struct]:
    """Return the options of a kind of source; raises `Misconfigured` for a kind there is not."""
    found: type[msgspec.Struct] = _part(kind, "Options")
    return found


def renamed(kind: str, settings: Mapping[str, Text]) -> dict[str, Text]:
    """Return settings as they are written today, or as they are for a kind there is not, as of a later version."""
    try:
        return plugins.renamed(options_of(kind), settings)
    except Misconfigured:
        return dict(settings)


def arrivals_of(kind: str) -> Arrivals:
    """Return the generator of a kind of source."""
    found: Arrivals = _part(kind, "arrivals")
    return found


def title_of(kind: str) -> str:
    """Return what a kind of source is called on pages."""
    title: str = _part(kind, "TITLE")
    return title


def goes_on(kind: str) -> bool:
    """Say whether a kind of source can go on with a body after a restart; others' open bodies are cut off by one."""
    answer: bool = _part(kind, "GOES_ON")
    return answer


@cache
def is_stream(kind: str) -> bool:
    """Say whether a kind of source hands on a stream, whose records are known by their place and not by their text."""
    return kind in kinds() and bool(_part(kind, "STREAM"))


def clears(kind: str) -> bool:
    """Say whether asking through a kind of source makes the PBX clear what it held."""
    answer: bool = _part(kind, "CLEARS")
    return answer
