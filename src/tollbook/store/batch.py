"""What one transaction of the store takes: readings of pieces of bodies, and how far the journal has been read.

Calls are packed into a table of Arrow buffers where they are read, so that another process can do it.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import msgspec
import numpy as np

from tollbook.assembly.legs import Legs, is_leg, join_legs, joined_of, keys_of
from tollbook.model.call import (
    NUMBERS,
    SOME_NUMBERS,
    SOME_TEXTS,
    TEXTS,
    Calls,
    Numbers,
    at_rows,
    join_calls,
    those_given,
)  # fmt: skip
from tollbook.model.frame import FORMAT_FAILED, Frames, Rejected
from tollbook.model.reading import Reading
from tollbook.model.rules import Rules
from tollbook.model.texts import texts_of
from tollbook.store.arrow import BYTES, INTEGER, KEY_BYTES, TEXT, Column, Table, table

_PLACE, _IN_STREAM = struct.Struct(">4sqq"), b"\n\0\r\n"
"""How a record's place is written to be hashed: what no record's text can begin with, the body, the byte in it."""

_DAY_US = 86_400_000_000


class Replayed(msgspec.Struct, frozen=True):
    """How many records a piece of a stream had that came before, and where in its body those end that are none."""

    records: int = 0
    fresh_from: int = 0


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Frames of one body (or one member of an archive) and what the dialect made of them.

    Records of a `stream` are known by their place, all others by their text. `received_at` is when the journal took the
    bytes, microseconds since 1970 UTC. `rules` say which records may be one call; None where each is one by itself.
    """

    pbx: str
    body: int
    stream: bool
    member: int
    received_at: int
    reading: Reading
    replay: Replayed = Replayed()
    rules: Rules | None = None


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """Rows for one table: the keys of their records' texts, their bodies in runs, and all columns but the keys.

    `runs` are (body, member, number of rows) in order; of the bodies in `streams` no two records have the same key.
    `earliest` and `latest` are the limits of `started_at`, seconds.
    """

    rows: int
    base: bytes
    runs: list[tuple[int, int, int]]
    earliest: int
    latest: int
    tables: list[Table]
    streams: frozenset[int] = frozenset()

    def keys(self) -> list[bytes]:
        """Return the key of each row's text."""
        base = self.base
        return [base[start : start + KEY_BYTES] for start in range(0, len(base), KEY_BYTES)]

    def places(self) -> tuple[Numbers, Numbers]:
        """Return the body and the member of each row."""
        bodies, members, rows = np.array(self.runs, np.int64).reshape(-1, 3).T
        return np.repeat(bodies, rows), np.repeat(members, rows)


def join_packed(parts: list[Packed]) -> Packed:
    """Return the rows of all parts, in order."""
    filled = [each for each in parts if each.rows]
    return Packed(
        rows=sum(each.rows for each in filled),
        base=b"".join(each.base for each in filled),
        runs=list(chain.from_iterable(each.runs for each in filled)),
        earliest=min((each.earliest for each in filled), default=0),
        latest=max((each.latest for each in filled), default=0),
        tables=list(chain.from_iterable(each.tables for each in filled)),
        streams=frozenset(chain.from_iterable(each.streams for each in filled)),
    )


class PackedLegs(msgspec.Struct, frozen=True, kw_only=True):
    """Records that may be one of several of a call: as rows, and row by row as what is assembled by `rules`."""

    rules: Rules
    packed: Packed
    legs: Legs
    lengths: Numbers


class BodyTally(msgspec.Struct):
    """Frames of one body by what became of them; `fresh_from` is where its records begin that are no replay.

    `day` is the last on which any of them came, whole days since 1970.
    """

    pbx: str
    frames: int = 0
    calls: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0
    replayed: int = 0
    fresh_from: int = 0
    day: int = 0


class PackedReading(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces as they are stored: calls, legs and rejects packed, and what was counted.

    `arrivals` are the frames by PBX and day, `skips` those skipped by PBX, day and reason.
    `failures` says by PBX why its format failed over some of them.
    """

    calls: Packed
    legs: list[PackedLegs] = []
    rejects: Packed
    tallies: dict[int, BodyTally]
    arrivals: dict[tuple[str, int], int]
    skips: dict[tuple[str, int, str], int]
    failures: dict[str, str] = {}


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Reads in journal order, the last journal entry they cover, and the open bodies with the bytes consumed.

    `behind` are the PBXs whose entries are covered less far, each with the last of them.
    """

    reads: list[PackedReading]
    entry: int
    unfinished: dict[int, int]
    behind: dict[str, int] = {}

    @property
    def noted(self) -> Noted:
        """What the store notes beside the last entry."""
        return Noted(unfinished=self.unfinished, behind=self.behind)


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """The open bodies and the PBXs that are behind, as the store has them."""

    unfinished: dict[int, int] = {}
    behind: dict[str, int] = {}


def day_of(piece: Piece) -> int:
    """Return the day, UTC, on which the journal took a piece: whole days since 1970."""
    return piece.received_at // _DAY_US


def pack(pieces: list[Piece]) -> PackedReading:
    """Pack what was read of some pieces."""
    tallies: dict[int, BodyTally] = {}
    for piece in pieces:
        tally = tallies.setdefault(piece.body, BodyTally(piece.pbx))
        tally.frames += piece.reading.frames + piece.replay.records
        tally.replayed += piece.replay.records
        tally.fresh_from = max(tally.fresh_from, piece.replay.fresh_from)
        tally.skipped += len(piece.reading.skipped)
        tally.day = max(tally.day, day_of(piece))
    skips = Counter((piece.pbx, day_of(piece), skip.reason) for piece in pieces for skip in piece.reading.skipped)
    arrivals: Counter[tuple[str, int]] = Counter()
    for piece in pieces:
        if piece.reading.frames:
            arrivals[piece.pbx, day_of(piece)] += piece.reading.frames
    whole, parts = _divided(pieces)
    return PackedReading(
        calls=_packed_calls(whole),
        legs=[_packed_legs(rules, some) for rules, some in parts.items()],
        rejects=_packed_rejects(pieces),
        tallies=tallies,
        arrivals=dict(arrivals),
        skips=dict(skips),
        failures={
            piece.pbx: each.reason for piece in pieces for each in piece.reading.rejected if each.rule == FORMAT_FAILED
        },
    )


def join_packed_legs(parts: list[PackedLegs]) -> list[PackedLegs]:
    """Return the legs of all parts, in order, those of the same rules together."""
    by_rules: dict[Rules, list[PackedLegs]] = {}
    for part in parts:
        by_rules.setdefault(part.rules, []).append(part)
    return [
        PackedLegs(
            rules=rules,
            packed=join_packed([each.packed for each in some]),
            legs=join_legs([each.legs for each in some]),
            lengths=np.concatenate([each.lengths for each in some]),
        )
        for rules, some in by_rules.items()
    ]


def _divided(pieces: list[Piece]) -> tuple[list[Piece], dict[Rules, list[Piece]]]:
    """Return what holds whole calls, and by its rules what holds records that may be one of several."""
    whole: list[Piece] = []
    parts: dict[Rules, list[Piece]] = {}
    for piece in pieces:
        calls = piece.reading.calls
        part = is_leg(calls, piece.rules) if piece.rules and len(calls) else None
        if piece.rules is None or part is None or not part.any():
            whole.append(piece)
            continue
        whole.append(_with(piece, at_rows(calls, ~part)))
        parts.setdefault(piece.rules, []).append(_with(piece, at_rows(calls, part)))
    return whole, parts


def _with(piece: Piece, calls: Calls) -> Piece:
    return msgspec.structs.replace(piece, reading=Reading(calls, [], []))


def call_columns(calls: Calls) -> dict[str, Column]:
    """Return the columns that calls have, and where in their bodies their records begin."""
    numbers, texts = those_given(calls, NUMBERS + SOME_NUMBERS), those_given(calls, TEXTS + SOME_TEXTS)
    columns: dict[str, Column] = {name: (INTEGER, getattr(calls, name)) for name in numbers}
    columns |= {name: (TEXT, getattr(calls, name)) for name in texts}
    columns["position"] = (INTEGER, np.array(calls.offsets, np.int64))
    return columns


def _packed_calls(pieces: list[Piece], rules: Rules | None = None) -> Packed:
    calls = join_calls([piece.reading.calls for piece in pieces])
    columns = call_columns(calls)
    columns["length"] = (INTEGER, _lengths(calls))
    if rules:
        columns |= {"key": (TEXT, keys_of(calls, rules)), "joined": (TEXT, joined_of(calls, rules))}
    starts = calls.started_at if len(calls) else np.zeros(1, np.int64)
    limits = (int(starts.min()), int(starts.max()))
    return _packed(pieces, [piece.reading.calls for piece in pieces], columns, limits)


def _packed_legs(rules: Rules, pieces: list[Piece]) -> PackedLegs:
    calls = join_calls([piece.reading.calls for piece in pieces])
    counts = [len(piece.reading.calls) for piece in pieces]
    legs = Legs(
        calls=msgspec.structs.replace(calls, raws=[b""] * len(calls)),  # they need not travel
        pbx=texts_of([piece.pbx for piece in pieces])[np.repeat(np.arange(len(pieces)), counts)],
        body=np.repeat(np.array([piece.body for piece in pieces], np.int64), counts),
        member=np.repeat(np.array([piece.member for piece in pieces], np.int64), counts),
    )
    return PackedLegs(rules=rules, packed=_packed_calls(pieces, rules), legs=legs, lengths=_lengths(calls))


def _lengths(calls: Calls) -> Numbers:
    return np.fromiter(map(len, calls.raws), np.int64, len(calls))


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
    frames = [Frames([each.raw for each in group], [each.offset for each in group]) for group in groups]
    return _packed(pieces, frames, columns, (0, 0))


def _packed(
    pieces: list[Piece],
    records: Sequence[Frames | Calls],
    columns: dict[str, Column],
    limits: tuple[int, int],
) -> Packed:
    counts = [len(group) for group in records]
    runs = [(piece.body, piece.member, count) for piece, count in zip(pieces, counts, strict=True)]
    rows = sum(counts)
    columns["pbx"] = (TEXT, texts_of([piece.pbx for piece in pieces])[np.repeat(np.arange(len(pieces)), counts)])
    columns["body"] = (INTEGER, np.repeat(np.array([piece.body for piece in pieces], np.int64), counts))
    columns["member"] = (INTEGER, np.repeat(np.array([piece.member for piece in pieces], np.int64), counts))
    base = b"".join(_keys_of(piece, group) for piece, group in zip(pieces, records, strict=True))
    tables = [table(columns)] if rows else []
    return Packed(
        rows=rows,
        base=base,
        runs=runs,
        earliest=limits[0],
        latest=limits[1],
        tables=tables,
        streams=frozenset(piece.body for piece in pieces if piece.stream),
    )


def _keys_of(piece: Piece, records: Frames | Calls) -> bytes:
    """Return the keys of records: of their texts, or in a stream of their places, since there equal texts are two."""
    if not piece.stream:
        return keys(piece.pbx, records.raws)
    return keys(piece.pbx, [_PLACE.pack(_IN_STREAM, piece.body, offset) for offset in records.offsets])


def keys(pbx: str, raws: list[bytes]) -> bytes:
    """Return the keys of texts, one after another: BLAKE2b of 16 bytes, keyed by the PBX's name."""
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
