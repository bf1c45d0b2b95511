"""What can be said of an archive: its limits, a piece of what is in it, and why it cannot be read."""

from __future__ import annotations

import msgspec

from tollbook.model.limits import (
    ARCHIVE_HEADERS,
    ARCHIVE_MEMBERS,
    ARCHIVE_PACKED,
    ARCHIVE_STREAMS,
    ARCHIVE_UNPACKED,
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive may hold: files, bytes before and after unpacking, headers of a tar, streams of a gzip."""

    members: int = ARCHIVE_MEMBERS
    packed: int = ARCHIVE_PACKED
    unpacked: int = ARCHIVE_UNPACKED
    headers: int = ARCHIVE_HEADERS
    streams: int = ARCHIVE_STREAMS


class BadArchive(Exception):
    """An archive that cannot be read to its end; the text says why."""


Piece = tuple[int, bytes]
"""Number of a member, from 0, and the next bytes of its text."""
