"""Checksums of the journal's rows, and what can still be had of one that does not fit its own.

The sum of an entry is the CRC-32 of its place and its bytes as they arrived, whether it lies compressed or not. Where a
row is damaged, its bytes are given out as far as they can be read, so that records after it stay where they were.
Nothing else of such a row is trusted: each of its numbers may be any number.
"""

from __future__ import annotations

import zlib

from tollbook.model.body import FILLING, QUIET, Ending, Entry
from tollbook.model.limits import LARGEST_ENTRY

Row = tuple[int, int, str, int, int, int, int, bytes, int | None]
"""Id, body, kind, at, start, length, packed, data and sum of an entry."""
COLUMNS = "id, body, kind, at, start, length, packed, data, sum"
_KINDS = frozenset(("data", QUIET, *Ending))
_LAST_AT = 4_102_444_800_000_000
"""The year 2100: no entry is younger."""


def entry_sum(place: tuple[int, str, int, int], data: bytes | memoryview) -> int:
    """Return the sum of an entry: of its body, kind, time and start, and of its bytes."""
    return zlib.crc32(data, zlib.crc32(" ".join(map(str, place)).encode()))


def body_sum(pbx: str, source: str, origin: str, opened_at: int) -> int:
    """Return the sum of what never changes of a body, but for its origin when an older journal is put back."""
    return zlib.crc32("\0".join((pbx, source, origin, str(opened_at))).encode())


def entry_of(row: Row) -> Entry:
    """Return an entry, with what is wrong with it where its sum does not fit."""
    number, body, kind, at, start, length, packed, data, kept = row
    raw = _unpacked(data) if packed == 1 else data
    if len(raw) == length and kept in (None, entry_sum((body, kind, at, start), raw)):
        return Entry(number, body, kind, at, raw, start)
    if packed == 1:
        raw = raw[:length].ljust(min(length, LARGEST_ENTRY), FILLING)
    damage = f"entry {number} of the journal does not fit its checksum"
    return Entry(number, body, kind if kind in _KINDS else "data", at if 0 <= at < _LAST_AT else 0, raw, start, damage)


def bytes_of(row: Row) -> int:
    """Return how many bytes an entry has unpacked; of a damaged one, how many it would be given."""
    _, _, _, _, _, length, packed, data, _ = row
    return max(0, min(length, LARGEST_ENTRY)) if packed == 1 else len(data)


def unreadable(number: int, body: int, start: int) -> Entry:
    """Return what is known of an entry whose row cannot be read at all: where it stood."""
    return Entry(number, body, "data", 0, b"", start, f"entry {number} of the journal cannot be read")


def _unpacked(data: bytes) -> bytes:
    """Return compressed bytes as they arrived, or those before the place where they are damaged."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return _unpacked_to_the_damage(data)


def _unpacked_to_the_damage(data: bytes) -> bytes:
    inflater, found = zlib.decompressobj(), bytearray()
    try:
        for byte in range(0, len(data), _STEP):
            found += inflater.decompress(data[byte : byte + _STEP])
    except zlib.error:
        return bytes(found)
    return bytes(found)


_STEP = 64
"""Compressed bytes read at once near damage: what comes out with the damaged ones is lost."""
