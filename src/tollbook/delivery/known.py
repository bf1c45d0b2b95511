"""The kinds of delivery there are: the folders beside this file."""

from __future__ import annotations

import msgspec

from tollbook.delivery.contract import DeliveryKind
from tollbook.model.problem import Misconfigured
from tollbook.plugins import Kinds

_KINDS = Kinds("tollbook.delivery", DeliveryKind, "delivery", "a way in which messages leave")
kinds, find = _KINDS.names, _KINDS.find


def options_of(kind: str) -> type[msgspec.Struct]:
    """Return the options of a kind of delivery; raises `Misconfigured` for a kind there is not."""
    return find(kind).options


def title_of(kind: str) -> str:
    """Return what a kind is called on pages; one that cannot be used here by its name."""
    try:
        return find(kind).title
    except Misconfigured:  # the destination itself says so when it is used
        return kind
