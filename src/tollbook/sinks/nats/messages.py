r"""Messages that carry calls over NATS: some hundred calls each, as CSV packed by gzip, behind a line of JSON.

    {"version":1796063047006849,"key":"id","fields":[["id","id","id"],["caller","text","caller"]]}
    <gzip of CSV without a heading, \\N for nothing>

Whose calls they are is said by the subject alone, which a server can be told to keep each site to:
`tollbook.calls.<place>`. What was written into ClickHouse is said under `tollbook.stored.<place>`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

import msgspec

from tollbook.model.limits import CALL_MESSAGE
from tollbook.model.sink import Field, FieldType

CALLS, STORED = "tollbook.calls", "tollbook.stored"
NULL = "\\N"
ID_HEADER = "Nats-Msg-Id"
CALLS_AT_ONCE = 500
_PACKED = zlib.MAX_WBITS | 16
_LEVEL = 1


class CallMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of its calls: the version of their delivery, their columns, and whether they are no more."""

    version: int
    key: str
    fields: list[tuple[str, FieldType, str]]
    gone: bool = False

    @property
    def columns(self) -> list[Field]:
        """The columns."""
        return [Field(*each) for each in self.fields]


class LoaderWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a loader says of a message: that its calls are in ClickHouse, or why they cannot be."""

    id: str
    refused: str = ""


class Unreadable(Exception):
    """A message that holds no calls, with the reason."""


def subject(root: str, place: str) -> str:
    """Return the subject of a place.

    >>> subject(CALLS, "St. Pauli*")
    'tollbook.calls.St%2E%20Pauli%2A'
    """
    return f"{root}.{quote(place, safe='').replace('.', '%2E')}"


def place_of(subject: str) -> str:
    """Return the place of a subject.

    >>> place_of("tollbook.calls.St%2E%20Pauli%2A")
    'St. Pauli*'
    """
    return unquote(subject.rpartition(".")[2])


def written(message: CallMessage, records: bytes) -> bytes:
    """Return a message with its records."""
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _PACKED)
    return msgspec.json.encode(message) + b"\n" + packing.compress(records) + packing.flush()


def read(content: bytes) -> tuple[CallMessage, bytes]:
    """Return a message and its records; raises `Unreadable`."""
    head, _, packed = content.partition(b"\n")
    try:
        message = msgspec.json.decode(head, type=CallMessage)
        unpacking = zlib.decompressobj(_PACKED)
        records = unpacking.decompress(packed, CALL_MESSAGE)
    except (msgspec.MsgspecError, UnicodeDecodeError, zlib.error) as fault:
        raise Unreadable(str(fault)) from fault
    if unpacking.unconsumed_tail:
        raise Unreadable(f"it holds more than {CALL_MESSAGE:,} bytes")
    if not unpacking.eof:
        raise Unreadable("it ends too early")
    return message, records


def in_parts(lines: Iterable[bytes], most: int = CALLS_AT_ONCE) -> Iterator[bytes]:
    r"""Yield records of CSV, so many at once; a record may have line breaks within its quotes.

    >>> list(in_parts([b'1,"a\n', b'b"\n', b"2,c\n", b"3,d\n"], 2))
    [b'1,"a\nb"\n2,c\n', b'3,d\n']
    """
    part: list[bytes] = []
    count = 0
    for record in records_of(lines):
        part.append(record)
        count += 1
        if count == most:
            yield b"".join(part)
            part, count = [], 0
    if part:
        yield b"".join(part)


def records_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield records of CSV one by one, each with its line end."""
    begun = b""
    for line in lines:
        record = begun + line if begun else line
        if record.count(b'"') % 2:
            begun = record
        else:
            begun = b""
            yield record
    if begun:
        yield begun
