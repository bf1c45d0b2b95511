"""The form of a `dialect.toml`: what a layout may say, checked when it is loaded.

The whole file becomes frozen values; a fault in it is reported by place and reason before any record is read.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tollbook.dialects.kinds import KINDS
from tollbook.model.problem import Misconfigured, Problem


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of a record: its name among ours, its kind, and what the PBX's maker says it means."""

    name: str
    kind: str
    means: str


class Surplus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to read a row with too many fields, because one field's text holds unquoted separators.

    The first `first` and the last `last` fields stand; of those between, the one that spills takes all that is over.
    """

    first: int
    last: int


class Moved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns that some PBXs write one place too far left, so that the first holds what belongs into the second.

    They have been moved where the first holds a text that is none of `unless` and the last holds nothing of its own.
    """

    columns: list[str]
    unless: list[str]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of record: how its text is divided, and its columns in order."""

    name: str
    form: str
    columns: list[Column]
    surplus: Surplus | None = None
    moved: Moved | None = None


class Skip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shape of line that is no record: a pattern, and what such a line is."""

    match: str
    reason: str


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shape of channel text, the role of what is behind it, and which group of the pattern names it."""

    match: str
    role: str
    name: str = r"\1"


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the layout was read, and how sure that is."""

    title: str
    says: str
    certainty: str
    address: str = ""


class OptionText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A setting of the dialect that a person may give per PBX."""

    help: str
    form: str
    example: str


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole `dialect.toml`."""

    title: str
    vendor: str
    models: list[str]
    certainty: str
    framing: str
    encodings: list[str]
    derive: str
    record: list[Record]
    outcomes: dict[str, str]
    evidence: list[Evidence]
    skip: list[Skip] = []
    channel: list[Channel] = []
    option: dict[str, OptionText] = {}


def read_layout(slug: str, document: dict[str, Any]) -> Layout:
    """Check a parsed `dialect.toml` and return it as values; raises `Misconfigured` with every fault found."""
    where = f"dialect {slug}"
    try:
        layout = msgspec.convert(document, Layout)
    except msgspec.ValidationError as fault:
        raise Misconfigured(Problem("the layout cannot be used", str(fault), where)) from fault
    unknown = [
        Problem(
            f"unknown field kind {column.kind!r}", f"known are: {', '.join(KINDS)}", f"{where}, column {column.name}"
        )
        for record in layout.record
        for column in record.columns
        if column.kind not in KINDS
    ]
    if unknown:
        raise Misconfigured(*unknown)
    return layout
