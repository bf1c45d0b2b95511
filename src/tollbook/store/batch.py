"""What one transaction of the store takes: readings of pieces of bodies, and how far the journal has been read."""

from __future__ import annotations

import hashlib
from itertools import chain, repeat
from typing import Any

import msgspec

from tollbook.model.call import CALL_COLUMNS
from tollbook.model.reading import Reading

KEY_BYTES = 16


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Frames of one body (or one member of an archive) and what the dialect made of them.

    `received_at` is when the journal took the bytes, microseconds since 1970 UTC.
    """

    pbx: str
    body: int
    member: int
    received_at: int
    reading: Reading


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces in journal order, the last journal entry they cover, and the open bodies with the bytes consumed."""

    pieces: list[Piece]
    entry: int
    unfinished: dict[int, int]


class Rows(msgspec.Struct, frozen=True):
    """Rows for one table: where each record stands, the key of its text, and the table's own columns."""

    pbx: list[str]
    body: list[int]
    member: list[int]
    position: list[int]
    base: list[bytes]
    columns: dict[str, list[Any]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.base)


def call_rows(pieces: list[Piece]) -> Rows:
    """Return the calls of all pieces as rows."""
    columns = {
        name: list(chain.from_iterable(getattr(piece.reading.calls, name) for piece in pieces))
        for name in CALL_COLUMNS
        if name not in ("raws", "offsets")
    }
    columns["length"] = [len(raw) for piece in pieces for raw in piece.reading.calls.raws]
    raws = [piece.reading.calls.raws for piece in pieces]
    offsets = [piece.reading.calls.offsets for piece in pieces]
    return _rows(pieces, raws, offsets, columns)


def reject_rows(pieces: list[Piece]) -> Rows:
    """Return the rejects of all pieces as rows."""
    rejects = [piece.reading.rejected for piece in pieces]
    flat = list(chain.from_iterable(rejects))
    columns: dict[str, list[Any]] = {
        "raw": [each.raw for each in flat],
        "reason": [each.reason for each in flat],
        "rule": [each.rule for each in flat],
        "field": [each.column for each in flat],
        "received_at": list(_per_row([piece.received_at for piece in pieces], rejects)),
    }
    raws = [[each.raw for each in group] for group in rejects]
    offsets = [[each.offset for each in group] for group in rejects]
    return _rows(pieces, raws, offsets, columns)


def _rows(
    pieces: list[Piece], raws: list[list[bytes]], offsets: list[list[int]], columns: dict[str, list[Any]]
) -> Rows:
    return Rows(
        list(_per_row([piece.pbx for piece in pieces], raws)),
        list(_per_row([piece.body for piece in pieces], raws)),
        list(_per_row([piece.member for piece in pieces], raws)),
        list(chain.from_iterable(offsets)),
        [key for piece, group in zip(pieces, raws, strict=True) for key in keys(piece.pbx, group)],
        columns,
    )


def _per_row(values: list[Any], groups: list[Any]) -> chain[Any]:
    return chain.from_iterable(repeat(value, len(group)) for value, group in zip(values, groups, strict=True))


def keys(pbx: str, raws: list[bytes]) -> list[bytes]:
    """Return the key of each record's text: its BLAKE2b hash of 16 bytes, keyed by the PBX's name."""
    fresh = hashlib.blake2b(digest_size=KEY_BYTES, key=pbx.encode()).copy
    found = []
    for raw in raws:
        digest = fresh()
        digest.update(raw)
        found.append(digest.digest())
    return found


def nth_key(base: bytes, occurrence: int) -> bytes:
    """Return the key of the n-th record with the same text in one body; the first has the text's own key."""
    if occurrence == 1:
        return base
    number = (int.from_bytes(base, "big") + occurrence - 1) % (1 << 8 * KEY_BYTES)
    return number.to_bytes(KEY_BYTES, "big")
