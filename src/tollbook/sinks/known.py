"""The kinds of sink there are: the folders beside this file."""

from __future__ import annotations

import msgspec

from tollbook.model.problem import Misconfigured
from tollbook.plugins import Kinds
from tollbook.sinks.contract import Opener, SinkKind

_KINDS = Kinds("tollbook.sinks", SinkKind, "sink", "a place calls are copied to")
kinds, find = _KINDS.names, _KINDS.find


def options_of(kind: str) -> type[msgspec.Struct]:
    """Return the options of a kind of sink; raises `Misconfigured` for a kind there is not."""
    return find(kind).options


def opener_of(kind: str) -> Opener:
    """Return what opens a kind of sink."""
    return find(kind).connect


def title_of(kind: str) -> str:
    """Return what a kind of sink is called on pages; one that cannot be used here by its name."""
    found = _usable(kind)
    return found.title if found else kind


def mirrors(kind: str) -> bool:
    """Say whether a kind of sink keeps itself equal to all calls, rather than being handed changes."""
    found = _usable(kind)
    return found is not None and found.mirrors


def overwrites(kind: str) -> bool:
    """Say whether the other side can be handed everything a second time without harm."""
    found = _usable(kind)
    return found is not None and found.overwrites


def _usable(kind: str) -> SinkKind | None:
    try:
        return find(kind)
    except Misconfigured:  # the sink itself says so when it is opened; nobody else is to stumble over it
        return None
