"""A place of a centre: a Tollbook that runs whole elsewhere, and what it tells the centre of how it is doing.

What a place tells comes over the network from a machine that somebody else may have taken: every text has a longest
length, every list a longest one, and instants are read as instants.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tollbook.model.page_limits import (
    PLACE_PBXS,
    PLACE_SINKS,
    PLACE_TROUBLES,
    RECORD_OF_A_PLACE,
    RECORDS_OF_A_PLACE,
)

Told = Annotated[str, Meta(max_length=500)]
ShortTold = Annotated[str, Meta(max_length=100)]
Counted = Annotated[int, Meta(ge=0, le=1 << 53)]
Moment = Annotated[datetime, Meta(tz=True)]
VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){1,3}((a|b|rc)[0-9]{1,4})?(\.(post|dev)[0-9]{1,6})?")
"""A version of Tollbook, which begins with a digit and so is never taken for an option."""
GROUP = "all"
"""The group of a place for which none was named."""


class PbxAtPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A PBX of a place; `state` is a word of `State`, or of a newer Tollbook."""

    name: ShortTold
    state: ShortTold
    message: Told = ""
    last_record_at: Moment | None = None


class SinkAtPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A sink of a place, and how far it is behind."""

    name: ShortTold
    kind: ShortTold
    state: ShortTold
    message: Told = ""
    behind: Counted = 0
    behind_s: Annotated[float, Meta(ge=0)] = 0.0


class PlaceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a place is doing. `at` is its own clock; `waiting` counts entries of its journal that are not stored yet.

    `troubles` are those of the site as a whole, such as a backup that failed, in sentences.
    `bundle` is the digest of the set-up that it has from the centre; `bundle_fault` why it did not take the newest.
    `update` says how it goes with the version that is wanted; nothing where it has that one, or nothing is done for it.
    """

    version: ShortTold
    at: Moment
    pbxs: Annotated[list[PbxAtPlace], Meta(max_length=PLACE_PBXS)] = []
    sinks: Annotated[list[SinkAtPlace], Meta(max_length=PLACE_SINKS)] = []
    troubles: Annotated[list[Told], Meta(max_length=PLACE_TROUBLES)] = []
    waiting: Counted = 0
    rejects: Counted = 0
    disk_free: Counted = 0
    disk_size: Counted = 0
    bundle: ShortTold = ""
    bundle_fault: Told = ""
    update: Told = ""
    update_failed: bool = False

    @property
    def last_record_at(self) -> datetime | None:
        """When the last record of any PBX came; None where none has."""
        return max((each.last_record_at for each in self.pbxs if each.last_record_at), default=None)

    @property
    def behind(self) -> int:
        """How many changes the sink that is furthest behind has not been handed."""
        return max((each.behind for each in self.sinks), default=0)


class JoinCode(msgspec.Struct, frozen=True):
    """What a place sends to join."""

    code: str


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """What a centre answers to a place that joins: what it is called there, and its token, which is told this once."""

    name: ShortTold
    token: Told


class PlacedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Where the record of a call lies in the journal of a place; `pbx` as the place calls it."""

    pbx: ShortTold
    body: Counted
    member: Counted
    position: Counted
    length: Counted


class WantedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that somebody at the centre wants to read, by a number that the answer has, too."""

    number: Counted
    record: PlacedRecord


class TakenRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as the PBX wrote it, its beginning where it is long; nothing where the place has no such record."""

    number: Counted
    raw: Annotated[bytes, Meta(max_length=RECORD_OF_A_PLACE)] = b""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a centre answers to a place that has said how it is: after how many seconds to say it again.

    `bundle` is the digest of the set-up that the place should have; empty where nothing is handed down.
    `version` is the version of Tollbook that it should have; empty where any will do. `records` are those that
    somebody wants to read.
    """

    every_s: Annotated[int, Meta(ge=5, le=3600)]
    bundle: ShortTold = ""
    version: ShortTold = ""
    records: Annotated[list[WantedRecord], Meta(max_length=RECORDS_OF_A_PLACE)] = []


class BundlePiece(msgspec.Struct, frozen=True, kw_only=True):
    """The piece `number` (from 0 on) of the `pieces` of a bundle, whose digest is given: some bytes of it, packed."""

    bundle: ShortTold
    number: Counted
    pieces: Counted
    data: bytes


class WantedPiece(msgspec.Struct, frozen=True, kw_only=True):
    """Which piece of its bundle a place asks for."""

    number: Counted


class PlaceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Places that belong together: parts of the set-up that are handed down to them, the version they should have."""

    name: str
    parts: tuple[str, ...] = ()
    version: str = ""


class BundleTexts(msgspec.Struct, frozen=True, kw_only=True):
    """A set-up as it is handed down: which parts of it, and their texts by file name."""

    parts: tuple[str, ...]
    files: dict[str, str]


PARTS = ("formats", "tariffs", "plans", "directory")
"""What of a set-up can be handed down."""
