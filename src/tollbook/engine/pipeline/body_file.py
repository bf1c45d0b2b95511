"""A body of the journal as a file to read: an archive is read where it is kept, and never held in memory."""

from __future__ import annotations

import errno
import io
import sqlite3
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from tollbook.journal import Journal

_BUFFER = 1 << 20
"""Bytes read at once: about those of one entry, which is unpacked whole each time."""


def body_file(journal: Journal, body: int) -> BinaryIO:
    """Return the bytes that a body has now, as a file; reading raises OSError where the journal cannot be read."""
    found = journal.body(body)
    return io.BufferedReader(_BodyFile(journal, body, found.length if found else 0), _BUFFER)


class _BodyFile(io.RawIOBase):
    def __init__(self, journal: Journal, body: int, length: int) -> None:
        super().__init__()
        self._journal, self._body, self._length = journal, body, length
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        before = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._length}[whence]
        if before + place < 0:
            message = f"there is no place {before + place} in a file"
            raise OSError(errno.EINVAL, message)  # as a file on a disk does; readers of archives look for places
        self._place = before + place
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        try:
            data = self._journal.slice(self._body, self._place, min(len(view), max(self._length - self._place, 0)))
        except sqlite3.OperationalError as fault:
            message = f"the journal cannot be read: {fault}"
            raise OSError(message) from fault
        view[: len(data)] = data
        self._place += len(data)
        return len(data)
