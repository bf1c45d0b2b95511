"""Divides records of XML into cells, and says why a record is none."""

from __future__ import annotations

from collections.abc import Callable

from tollbook.dialects.layout.layout import Record
from tollbook.dialects.layout.patterns import compiled, plain
from tollbook.dialects.reading.url_encoded import plain_value, twice_plain, with_plain_tags
from tollbook.dialects.reading.xml_cells import BadXml, cell_of, read_element

CellsOf = Callable[[bytes], list[str]]
_BEHIND = "\0 \t\n\r\f\v"
"""What may stand behind an element."""


def xml_cells(record: Record, decode: Callable[[bytes], str], *, trusted: bool) -> CellsOf:
    """Return what gives the cells of a record, one for each column; it raises `BadXml`, which says what is wrong."""
    ways = [(column.key or column.name, column) for column in record.columns]
    begins = compiled(plain(record.match), trusted=trusted)
    encoded = record.encoded == "url"

    def cells_of(raw: bytes) -> list[str]:
        text, read = decode(raw), plain_value
        found = begins.search(text)
        if found is None and encoded:
            text, read = with_plain_tags(text), twice_plain
            found = begins.search(text)
        if found is None:
            raise BadXml(f"no element begins with {record.match!r}")
        element = read_element(text[found.span()[0] :].rstrip(_BEHIND))
        values = [cell_of(element, way) for way, _ in ways]
        for value, (way, column) in zip(values, ways, strict=True):
            if value is None and column.is_needed:
                raise BadXml(f"nothing stands at {way!r}, where {column.name} belongs")
        return [read(value or "") for value in values] if encoded else [value or "" for value in values]

    return cells_of


def those_claimed(cells_of: CellsOf) -> CellsOf:
    """Return what gives the cells of a record, and nothing for what is none."""

    def fields_of(raw: bytes) -> list[str]:
        try:
            return cells_of(raw)
        except BadXml:
            return []

    return fields_of


def why_none(cells_of: CellsOf, raw: bytes) -> str:
    """Return what is wrong with a record that was not claimed."""
    try:
        cells_of(raw)
    except BadXml as fault:
        return str(fault)
    return ""
