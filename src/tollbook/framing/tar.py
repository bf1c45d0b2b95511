"""Reads the files of a tar archive as a stream, which the standard library does not within bounds.

Its `tarfile` takes long names and extended headers into memory at the size that they announce, fills the holes of
sparse files, and keeps every header it has met. Of all that a tar can hold only the text of plain files is wanted, so
this reads headers of 512 bytes, passes over what is no plain file's text, and keeps nothing (POSIX.1-1988 `ustar`;
names and extended headers belong to none of the texts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tollbook.model.archive import BadArchive, Piece
from tollbook.model.limits import LARGEST_PIECE

BLOCK = 512
TextOf = Callable[[bytes, Iterator[bytes]], Iterator[bytes]]
"""What makes text of a file's name and bytes."""
_MAGIC, _NAME = slice(257, 262), slice(100)
_SIZE, _SUM, _KIND = slice(124, 136), slice(148, 156), slice(156, 157)
_IN_BINARY = 0x80
"""First byte of a size written as a number, not as octal digits."""
_PLAIN = frozenset((b"0", b"\0", b"7"))
_WITHOUT_TEXT = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
"""Links, devices, folders and pipes: a size in their headers counts nothing that follows."""
_SPARSE = b"S"


class TarStream:
    """Bytes that come in pieces, taken as they are needed; `most` of them may be passed over."""

    def __init__(self, pieces: Iterator[bytes], most: int) -> None:
        self._pieces = pieces
        self._held, self._place = b"", 0
        self._most, self._passed = most, 0

    def some(self, most: int) -> bytes:
        """Return the next bytes, none at the end."""
        if self._place == len(self._held):
            self._held, self._place = next(self._pieces, b""), 0
        piece = self._held[self._place : self._place + most]
        self._place += len(piece)
        return piece

    def take(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end only."""
        found = self.some(size)
        while len(found) < size and (piece := self.some(size - len(found))):
            found += piece
        return found

    def head(self, size: int) -> bytes:
        """Return the next bytes and leave them there; should there be a fault behind them, it is raised there."""
        found = b""
        try:
            while len(found) < size and (piece := self.some(size - len(found))):
                found += piece
        except Exception as fault:  # noqa: BLE001 - raised where it belongs
            self._pieces = map(_raise, (fault,))
        self._held, self._place = found + self._held[self._place :], 0
        return found

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield so many bytes; raises `BadArchive` where the stream ends before."""
        while size:
            piece = self.some(min(size, LARGEST_PIECE))
            if not piece:
                message = "it ends in the middle"
                raise BadArchive(message)
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        for piece in self.pieces(size):
            self._pass(piece)

    def end(self) -> None:
        """Pass over the padding that comes last; raises `BadArchive` for anything else."""
        while piece := self.some(LARGEST_PIECE):
            self._pass(piece)
            if piece.strip(b"\0"):
                message = "there is more behind its end"
                raise BadArchive(message)

    def _pass(self, piece: bytes) -> None:
        self._passed += len(piece)
        if self._passed > self._most:
            message = f"more than {self._most} bytes of it are no text of files"
            raise BadArchive(message)


def _raise(fault: Exception) -> bytes:
    raise fault


def is_tar(head: bytes) -> bool:
    """Say whether bytes are the first header of a tar archive."""
    return head[_MAGIC] == b"ustar"


def tar_members(stream: TarStream, most_headers: int, text_of: TextOf) -> Iterator[Piece]:
    """Yield the text of every plain file, in order, as `text_of` makes it; raises `BadArchive`."""
    member = 0
    for _ in range(most_headers):
        header = stream.take(BLOCK)
        if len(header) < BLOCK:
            message = "it ends in the middle"
            raise BadArchive(message)
        if not header.strip(b"\0"):
            stream.end()
            return
        kind, size = header[_KIND], _size_in(header)
        if kind in _PLAIN:
            yield from ((member, piece) for piece in text_of(header[_NAME].rstrip(b"\0"), stream.pieces(size)))
            stream.skip(-size % BLOCK)
            member += 1
        elif kind not in _WITHOUT_TEXT:
            stream.skip(size + -size % BLOCK)
    message = f"more than {most_headers} headers in the archive"
    raise BadArchive(message)


def _size_in(header: bytes) -> int:
    """Return the size that a header announces; raises `BadArchive` for one that is none."""
    field = header[_SIZE]
    try:
        right = int(header[_SUM].strip(b"\0 "), 8) == sum(header) - sum(header[_SUM]) + 8 * ord(" ")
        size = int.from_bytes(field[1:], "big") if field[0] == _IN_BINARY else int(field.strip(b"\0 ") or b"0", 8)
    except ValueError:
        right, size = False, 0
    if not right or size < 0:
        message = "a header in it is damaged"
        raise BadArchive(message)
    if header[_KIND] == _SPARSE:
        message = "it holds a file with holes, which no text has"
        raise BadArchive(message)
    return size
