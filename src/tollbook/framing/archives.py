"""Reads text out of zip, gz, tar and tar.gz bodies, in memory and within limits.

Nothing is ever written to a disk, so a member's name can name no place. A body that unpacks to more than the limits
allow, is encrypted or broken raises `BadArchive`; what came out before stays read.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

import msgspec

from tollbook.model.limits import ARCHIVE_MEMBERS, ARCHIVE_UNPACKED
from tollbook.model.shape import Shape

_PIECE = 1 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive may hold: members, and bytes once unpacked."""

    members: int = ARCHIVE_MEMBERS
    unpacked: int = ARCHIVE_UNPACKED


class BadArchive(Exception):
    """An archive that cannot be read to its end; the text says why."""


Piece = tuple[int, bytes]
"""Number of a member, from 0, and the next bytes of its text."""


def unpack(body: bytes, shape: Shape, limits: Limits) -> Iterator[Piece]:
    """Yield the text of every file in an archive, in order, in pieces of about a megabyte."""
    total = 0
    for member, piece in _read(body, shape):
        total += len(piece)
        if member >= limits.members:
            message = f"more than {limits.members} files in the archive"
            raise BadArchive(message)
        if total > limits.unpacked:
            message = f"the archive unpacks to more than {limits.unpacked} bytes"
            raise BadArchive(message)
        yield member, piece


def _read(body: bytes, shape: Shape) -> Iterator[Piece]:
    try:
        yield from _READERS[shape](body)
    except Exception as fault:  # whatever the standard library raises on a hostile archive; it keeps no list
        message = f"the {shape} archive cannot be read: {str(fault) or type(fault).__name__}"
        raise BadArchive(message) from fault


def _zip(body: bytes) -> Iterator[Piece]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        for member, info in enumerate(files):
            with archive.open(info) as file:
                yield from ((member, piece) for piece in _pieces(file))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _tar(body: bytes) -> Iterator[Piece]:
    with tarfile.open(fileobj=io.BytesIO(body), mode="r|") as archive:
        yield from _tar_members(archive)


def _tar_members(archive: tarfile.TarFile) -> Iterator[Piece]:
    member = 0
    for info in archive:
        file = archive.extractfile(info) if info.isfile() else None
        if file is None:
            continue
        yield from ((member, piece) for piece in _pieces(file))
        member += 1


def _gzip(body: bytes) -> Iterator[Piece]:
    pieces = _inflate(body)
    head = next(pieces, b"")
    if head[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(body), mode="r|gz") as archive:
            yield from _tar_members(archive)
        return
    yield 0, head
    yield from ((0, piece) for piece in pieces)


def _inflate(body: bytes) -> Iterator[bytes]:
    """Yield the text of every gzip member of a body, one after another."""
    rest = body
    while rest:
        inflater = zlib.decompressobj(wbits=31)
        while not inflater.eof:
            piece = inflater.decompress(rest, _PIECE)
            rest = inflater.unconsumed_tail
            if not piece and not rest and not inflater.eof:
                message = "it ends in the middle"
                raise EOFError(message)
            if piece:
                yield piece
        rest = inflater.unused_data.lstrip(b"\0")


_READERS = {Shape.ZIP: _zip, Shape.TAR: _tar, Shape.GZIP: _gzip}
