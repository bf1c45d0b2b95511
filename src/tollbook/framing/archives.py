"""Reads text out of zip, gz, tar and tar.gz bodies, and out of UTF-16, within limits on what goes in and comes out.

Nothing is ever written to a disk, so a member's name can name no place. Whatever an archive announces, no more of it
is in memory than a few pieces of a megabyte, and the work is in proportion to what is read. One that is larger than the
limits allow, encrypted or broken raises `BadArchive`; what came out before stays read.
"""

from __future__ import annotations

import codecs
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import IO

from tollbook.framing.tar import BLOCK, TarStream, is_tar, tar_members
from tollbook.model.archive import BadArchive, Limits, Piece
from tollbook.model.limits import LARGEST_PIECE
from tollbook.model.naming import shortly
from tollbook.model.shape import ENOUGH, PACKED, Shape, sniff

_BITE = 1 << 14
"""Bytes of a gzip body inflated at once. What is left of them is copied for each of its streams, so they are few."""
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ZIP_METHODS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
"""What zips are packed by. The others would unpack a megabyte to gigabytes before anybody could say stop."""


def unpack(file: IO[bytes], shape: Shape, limits: Limits) -> Iterator[Piece]:
    """Yield the text of every file in an archive, in order, in pieces of about a megabyte.

    Raises `BadArchive`, and OSError where the bytes of the archive cannot be had.
    """
    total = 0
    for member, piece in _read(_Bounded(file, limits.packed), shape, limits):
        total += len(piece)
        if member >= limits.members:
            message = f"more than {limits.members} files in the archive"
            raise BadArchive(message)
        if total > limits.unpacked:
            message = f"the archive unpacks to more than {limits.unpacked} bytes"
            raise BadArchive(message)
        yield member, piece


class _Bounded:
    """The bytes of an archive, as many as may be read of it in all and at once."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._left = most
        self._most = most
        self.fault: OSError | None = None
        """Why the bytes could not be had; the standard library takes it for a fault of the archive."""
        self.seekable, self.tell = file.seekable, file.tell

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, to the end for a size below 0."""
        try:
            data = self._file.read(LARGEST_PIECE + 1 if size < 0 else min(size, LARGEST_PIECE + 1))
        except OSError as fault:
            self.fault = fault
            raise
        if len(data) > LARGEST_PIECE:
            message = f"what it says of its files is larger than {LARGEST_PIECE} bytes"
            raise BadArchive(message)
        self._left -= len(data)
        if self._left < 0:
            message = f"more than {self._most} bytes of it would have to be read"
            raise BadArchive(message)
        return data

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        if whence == io.SEEK_SET and place < 0:
            message = "it names a place before its beginning"
            raise BadArchive(message)
        return self._file.seek(place, whence)


def _read(file: _Bounded, shape: Shape, limits: Limits) -> Iterator[Piece]:
    try:
        yield from _READERS[shape](file, limits)
    except Exception as fault:  # whatever the standard library raises on a hostile archive; it keeps no list
        if file.fault:
            raise file.fault from None
        message = f"the {shape} archive cannot be read: {str(fault) or type(fault).__name__}"
        raise BadArchive(message) from fault


def _zip(file: _Bounded, _limits: Limits) -> Iterator[Piece]:
    with zipfile.ZipFile(file) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        for member, info in enumerate(files):
            if info.compress_type not in _ZIP_METHODS:
                message = f"a file in it is packed by method {info.compress_type}; pack it again with deflate, as usual"
                raise BadArchive(message)
            with archive.open(info) as text:
                pieces = iter(partial(text.read, LARGEST_PIECE), b"")
                yield from ((member, piece) for piece in _text_of(os.fsencode(info.filename), pieces))


def _tar(file: _Bounded, limits: Limits) -> Iterator[Piece]:
    return tar_members(
        TarStream(iter(partial(file.read, LARGEST_PIECE), b""), limits.unpacked),
        limits.headers,
        _text_of,
    )


def _gzip(file: _Bounded, limits: Limits) -> Iterator[Piece]:
    stream = TarStream(_gathered(_inflate(file, limits.streams)), limits.unpacked)
    if is_tar(stream.head(BLOCK)):
        yield from tar_members(stream, limits.headers, _text_of)
        return
    yield 0, b""
    yield from ((0, piece) for piece in _text_of(b"what", iter(partial(stream.some, LARGEST_PIECE), b"")))


def _inflate(file: _Bounded, most: int) -> Iterator[bytes]:
    """Yield the text of every gzip stream of a body, one after another, in pieces of any size."""
    rest = file.read(_BITE)
    for _ in range(most):
        inflater = zlib.decompressobj(wbits=31)
        while not inflater.eof:
            taken = rest or file.read(_BITE)
            piece = inflater.decompress(taken, LARGEST_PIECE)
            rest = inflater.unconsumed_tail
            if not taken and not piece and not inflater.eof:
                message = "it ends in the middle"
                raise EOFError(message)
            yield piece
        rest = inflater.unused_data.lstrip(b"\0")
        while not rest:
            padding = file.read(_BITE)
            if not padding:
                return
            rest = padding.lstrip(b"\0")
    message = f"more than {most} gzip streams one after another"
    raise BadArchive(message)


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces of a useful size, and what there is of one before anything raises."""
    made, fault = bytearray(), None
    try:
        for piece in pieces:
            made += piece
            if len(made) >= LARGEST_PIECE:
                yield bytes(made)
                made.clear()
    except Exception as found:  # noqa: BLE001 - raised below, once what came before it is given out
        fault = found
    if made:
        yield bytes(made)
    if fault:
        raise fault


def _utf_16(file: _Bounded, _limits: Limits) -> Iterator[Piece]:
    yield from ((0, piece) for piece in _decoded(*_begun(iter(partial(file.read, LARGEST_PIECE), b""))))


def _text_of(name: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text of a file in an archive; raises `BadArchive` for one that is an archive, too."""
    head, rest = _begun(pieces)
    shape = sniff(head, ended=True)
    if shape in PACKED:
        message = f"{shortly(name)} in it is a {shape} archive itself: unpack it, and import what is in it"
        raise BadArchive(message)
    yield from _decoded(head, rest) if shape is Shape.UTF_16 else chain([head] if head else [], rest)


def _begun(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return enough first bytes to tell what they are, and the rest; a fault comes after what was read before it."""
    head = bytearray()
    try:
        while len(head) < ENOUGH and (piece := next(pieces, b"")):
            head += piece
    except Exception as fault:  # noqa: BLE001 - raised by whoever reads on
        return bytes(head), _failing(fault)
    return bytes(head), pieces


def _failing(fault: Exception) -> Iterator[bytes]:
    yield b""
    raise fault


def _decoded(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield text in UTF-16 as UTF-8, without its mark; what is no letter becomes the sign for an unknown one."""
    marked = _UTF_16.get(head[:2])
    decoder = codecs.getincrementaldecoder(marked or ("utf-16-be" if head[:1] == b"\0" else "utf-16-le"))("replace")
    for piece in chain([head[2:] if marked else head], pieces):
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()


_READERS: dict[Shape, Callable[[_Bounded, Limits], Iterator[Piece]]] = {
    Shape.ZIP: _zip,
    Shape.TAR: _tar,
    Shape.GZIP: _gzip,
    Shape.UTF_16: _utf_16,
}
