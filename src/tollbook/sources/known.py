"""The kinds of source there are: the folders beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from tollbook import plugins
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import Kinds, Text
from tollbook.sources.contract import Arrivals, Group, SourceKind

_KINDS = Kinds("tollbook.sources", SourceKind, "source", "a way records arrive")
kinds, find = _KINDS.names, _KINDS.find


def options_of(kind: str) -> type[msgspec.Struct]:
    """Return the options of a kind of source; raises `Misconfigured` for a kind there is not."""
    return find(kind).options


def renamed(kind: str, settings: Mapping[str, Text]) -> dict[str, Text]:
    """Return settings as they are written today, or as they are for a kind there is not, as of a later version."""
    try:
        return plugins.renamed(options_of(kind), settings)
    except Misconfigured:
        return dict(settings)


def problems_of_site(kind: str, options: msgspec.Struct, fence: Fence) -> list[Problem]:
    """Return what a site says against options of a kind of source."""
    return find(kind).problems(options, fence)


def arrivals_of(kind: str) -> Arrivals:
    """Return the generator of a kind of source."""
    return find(kind).arrivals


def title_of(kind: str) -> str:
    """Return what a kind of source is called on pages."""
    return find(kind).title


def goes_on(kind: str) -> bool:
    """Say whether a kind of source can go on with a body after a restart; others' open bodies are cut off by one."""
    return find(kind).goes_on


@cache
def is_stream(kind: str) -> bool:
    """Say whether a kind of source hands on a stream, whose records are known by their place and not by their text."""
    return kind in kinds() and find(kind).stream


def is_by_hand(kind: str) -> bool:
    """Say whether nothing comes through a kind of source, so that a person imports files."""
    return kind in kinds() and find(kind).group is Group.BY_HAND


def clears(kind: str) -> bool:
    """Say whether asking through a kind of source makes the PBX clear what it held."""
    return find(kind).clears
