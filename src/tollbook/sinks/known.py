"""The kinds of sink there are: the folders beside this file."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import folders, load
from tollbook.sinks.contract import Opener

PACKAGE = "tollbook.sinks"


@cache
def kinds() -> list[str]:
    """Return the kinds of sink by name."""
    return [name for name, folder in folders(PACKAGE).items() if folder.joinpath("__init__.py").is_file()]


def _part(kind: str, attribute: str) -> Any:  # noqa: ANN401 - whatever a sink holds
    if kind not in kinds():
        reason = f"known are: {', '.join(kinds())}"
        raise Misconfigured(
            Problem(f"no sink is called {kind!r}", reason, help="a sink is a place calls are copied to"),
        )
    try:
        return load(PACKAGE, kind, attribute)
    except Exception as fault:  # a package of others that is missing or broken may raise anything as it is imported
        reason = f"{type(fault).__name__} as its package was loaded: {fault}"
        hint = "install Tollbook again, with what the sink needs; other sinks go on"
        raise Misconfigured(Problem(f"sinks of kind {kind!r} cannot be used here", reason, help=hint)) from fault


def options_of(kind: str) -> type[msgspec.Struct]:
    """Return the options of a kind of sink; raises `Misconfigured` for a kind there is not."""
    found: type[msgspec.Struct] = _part(kind, "Options")
    return found


def opener_of(kind: str) -> Opener:
    """Return what opens a kind of sink."""
    found: Opener = _part(kind, "connect")
    return found


def title_of(kind: str) -> str:
    """Return what a kind of sink is called on pages; one that cannot be used here by its name."""
    title: str = _said(kind, "TITLE", kind)
    return title


def mirrors(kind: str) -> bool:
    """Say whether a kind of sink keeps itself equal to all calls, rather than being handed changes."""
    answer: bool = _said(kind, "MIRRORS", otherwise=False)
    return answer


def overwrites(kind: str) -> bool:
    """Say whether the other side can be handed everything a second time without harm."""
    answer: bool = _said(kind, "OVERWRITES", otherwise=False)
    return answer


def _said(kind: str, attribute: str, otherwise: Any) -> Any:  # noqa: ANN401 - whatever a sink holds
    try:
        return _part(kind, attribute)
    except Misconfigured:  # the sink itself says so when it is opened; nobody else is to stumble over it
        return otherwise
