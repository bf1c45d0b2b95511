"""Layouts written in a few words, and what they make of lines."""

from __future__ import annotations

from typing import Any

from tollbook.dialects.authoring.cases import Outcome, in_order
from tollbook.dialects.layout.layout import Layout, read_layout
from tollbook.dialects.reading.reader import Reader
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx

ARRIVED = 1_772_452_800_000_000
"""2026-03-02 12:00 UTC, in microseconds."""


def column(name: str, kind: str = "text", **more: object) -> dict[str, Any]:
    """Return a column of a layout; `form` may be one text."""
    forms = more.get("form", [])
    return {"name": name, "kind": kind, "means": name, **more, "form": [forms] if isinstance(forms, str) else forms}


def layout(record: dict[str, Any] | list[dict[str, Any]], *, trusted: bool = True, **more: object) -> Layout:
    """Return a layout of one or several kinds of record."""
    records = record if isinstance(record, list) else [record]
    document = {
        "title": "Example",
        "vendor": "Example",
        "models": ["E-100"],
        "certainty": "made up",
        "framing": "lines",
        "encodings": ["utf-8", "latin-1"],
        "evidence": [],
        "record": [{"name": f"record-{number}", **each} for number, each in enumerate(records, 1)],
    }
    return read_layout("example", {**document, **more}, trusted=trusted)


def outcomes(made: Layout, *lines: bytes | str, zone: str = "UTC", **settings: str) -> list[Outcome]:
    """Return what a layout makes of lines, in order, without repeating them."""
    pbx = Pbx(
        name="example",
        dialect="example",
        source="",
        timezone=zone,
        settings={name.replace("_", "-"): text for name, text in settings.items()},
    )
    raws = [line.encode() if isinstance(line, str) else line for line in lines]
    reading = Reader(made, pbx).read(Frames(raws, list(range(len(raws))), ARRIVED))
    return [{name: value for name, value in each.items() if name != "line"} for each in in_order(reading)]


def outcome(made: Layout, line: bytes | str, zone: str = "UTC", **settings: str) -> Outcome:
    """Return what a layout makes of one line."""
    return outcomes(made, line, zone=zone, **settings)[0]
