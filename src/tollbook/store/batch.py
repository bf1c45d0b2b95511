"""What one transaction of the store takes: readings of pieces of bodies, and how far the journal has been read.

Calls are packed into an Arrow table where they are read, so that another process can do it and hand over bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import chain, repeat
from typing import Any

import msgspec
import numpy as np

from tollbook.model.call import CALL_COLUMNS, NUMBERS, join_calls
from tollbook.model.frame import Rejected
from tollbook.model.reading import Reading
from tollbook.store.arrow import BYTES, INTEGER, TEXT, Column, table

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


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """Rows for one table: the keys of their records' texts, their bodies in runs, and all columns but the keys.

    `runs` are (body, member, number of rows) in order. `earliest` and `latest` are the limits of `started_at`, seconds.
    """

    rows: int
    base: bytes
    runs: list[tuple[int, int, int]]
    earliest: int
    latest: int
    table: bytes

    def keys(self) -> list[bytes]:
        """Return the key of each row's text."""
        base = self.base
        return [base[start : start + KEY_BYTES] for start in range(0, len(base), KEY_BYTES)]

    def places(self) -> tuple[list[int], list[int]]:
        """Return the body and the member of each row."""
        bodies = chain.from_iterable(repeat(body, rows) for body, _, rows in self.runs)
        members = chain.from_iterable(repeat(member, rows) for _, member, rows in self.runs)
        return list(bodies), list(members)


class Tally(msgspec.Struct):
    """Frames of one body by what became of them."""

    pbx: str
    frames: int = 0
    calls: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces as they are stored: calls and rejects packed, and what was counted."""

    calls: Packed
    rejects: Packed
    tallies: dict[int, Tally]
    skips: dict[tuple[str, str], int]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Reads in journal order, the last journal entry they cover, and the open bodies with the bytes consumed."""

    reads: list[Read]
    entry: int
    unfinished: dict[int, int]


def pack(pieces: list[Piece]) -> Read:
    """Pack what was read of some pieces."""
    tallies: dict[int, Tally] = {}
    for piece in pieces:
        tally = tallies.setdefault(piece.body, Tally(piece.pbx))
        tally.frames += piece.reading.frames
        tally.skipped += len(piece.reading.skipped)
    skips = Counter((piece.pbx, skip.reason) for piece in pieces for skip in piece.reading.skipped)
    return Read(calls=_packed_calls(pieces), rejects=_packed_rejects(pieces), tallies=tallies, skips=dict(skips))


def _packed_calls(pieces: list[Piece]) -> Packed:
    calls = join_calls([piece.reading.calls for piece in pieces])
    columns: dict[str, Column] = {
        name: (INTEGER if name in NUMBERS else TEXT, getattr(calls, name))
        for name in CALL_COLUMNS
        if name not in ("raws", "offsets")
    }
    columns["position"] = (INTEGER, np.array(calls.offsets, np.int64))
    columns["length"] = (INTEGER, np.array(list(map(len, calls.raws)), np.int64))
    starts = calls.started_at if len(calls) else np.zeros(1, np.int64)
    limits = (int(starts.min()), int(starts.max()))
    return _packed(pieces, [piece.reading.calls.raws for piece in pieces], columns, limits)


def _packed_rejects(pieces: list[Piece]) -> Packed:
    groups: list[list[Rejected]] = [piece.reading.rejected for piece in pieces]
    flat = list(chain.from_iterable(groups))
    times = [np.full(len(group), piece.received_at) for piece, group in zip(pieces, groups, strict=True)]
    columns: dict[str, Column] = {
        "position": (INTEGER, [each.offset for each in flat]),
        "raw": (BYTES, [each.raw for each in flat]),
        "reason": (TEXT, [each.reason for each in flat]),
        "rule": (TEXT, [each.rule for each in flat]),
        "field": (TEXT, [each.column for each in flat]),
        "received_at": (INTEGER, np.concatenate(times) if times else np.empty(0, np.int64)),
    }
    return _packed(pieces, [[each.raw for each in group] for group in groups], columns, (0, 0))


def _packed(
    pieces: list[Piece],
    raws: list[list[bytes]],
    columns: dict[str, Column],
    limits: tuple[int, int],
) -> Packed:
    runs = [(piece.body, piece.member, len(group)) for piece, group in zip(pieces, raws, strict=True)]
    rows = sum(count for _, _, count in runs)
    columns["pbx"] = (TEXT, list(_per_row([piece.pbx for piece in pieces], raws)))
    columns["body"] = (INTEGER, np.repeat([body for body, _, _ in runs], [count for _, _, count in runs]))
    columns["member"] = (INTEGER, np.repeat([member for _, member, _ in runs], [count for _, _, count in runs]))
    base = b"".join(keys(piece.pbx, group) for piece, group in zip(pieces, raws, strict=True))
    packed = table(columns) if rows else b""
    return Packed(rows=rows, base=base, runs=runs, earliest=limits[0], latest=limits[1], table=packed)


def _per_row(values: list[Any], groups: list[Any]) -> chain[Any]:
    return chain.from_iterable(repeat(value, len(group)) for value, group in zip(values, groups, strict=True))


def keys(pbx: str, raws: list[bytes]) -> bytes:
    """Return the keys of records' texts, one after another: BLAKE2b of 16 bytes, keyed by the PBX's name."""
    fresh = hashlib.blake2b(digest_size=KEY_BYTES, key=pbx.encode()).copy
    found = []
    for raw in raws:
        digest = fresh()
        digest.update(raw)
        found.append(digest.digest())
    return b"".join(found)


def nth_key(base: bytes, occurrence: int) -> bytes:
    """Return the key of the n-th record with the same text in one body; the first has the text's own key."""
    if occurrence == 1:
        return base
    number = (int.from_bytes(base, "big") + occurrence - 1) % (1 << 8 * KEY_BYTES)
    return number.to_bytes(KEY_BYTES, "big")


def first_key(key: bytes, occurrence: int) -> bytes:
    """Return the text's own key from the key of its n-th record: the inverse of `nth_key`.

    >>> first_key(nth_key(bytes(16), 5), 5) == bytes(16)
    True
    """
    number = (int.from_bytes(key, "big") - occurrence + 1) % (1 << 8 * KEY_BYTES)
    return number.to_bytes(KEY_BYTES, "big")
