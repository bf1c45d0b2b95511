"""Lays the schema of `dialect.toml` beside a site's own formats, where editors find it without a network."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tollbook.dialects.layout.schema import FILE, layout_schema
from tollbook.model.schemas import Schema
from tollbook.sources import known


def dialect_schema() -> Schema:
    """Return the schema of a `dialect.toml`."""
    return layout_schema(known.kinds())


def as_text(schema: Schema) -> str:
    """Return a schema as a person reads it."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def lay_schema(own: Path) -> None:
    """Write the schema into the folder of a site's own formats; one that says the same is left."""
    text, place = as_text(dialect_schema()), own / FILE
    if place.is_file() and place.read_text("utf-8") == text:
        return
    part = place.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(place)
