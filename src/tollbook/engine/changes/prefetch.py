"""Reads the next changes for a sink while it is still busy with those before: store and database work side by side."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from tollbook.model.sink import CallFile
from tollbook.store import outgoing
from tollbook.store.changes import Position
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery, Projection, Window

_Read = tuple[Position, Window | None]


class HandedFile(msgspec.Struct, frozen=True):
    """The file that calls are written to: where, and as what."""

    place: Path
    form: CallFile


class Prefetch:
    """One sink's reading. A read that nobody asks for after all is thrown away."""

    def __init__(self, ledger: Ledger, form: Projection, file: HandedFile) -> None:
        self._ledger, self._form, self._file = ledger, form, file
        self._thread = ThreadPoolExecutor(1, "read ahead")
        self._expected: tuple[ChangeQuery, Future[_Read]] | None = None

    def expect(self, asked: ChangeQuery) -> None:
        """Begin to read what will be asked for next."""
        self._drop()
        self._expected = (asked, self._thread.submit(self._read, asked))

    def read(self, asked: ChangeQuery) -> _Read:
        """Return what is asked for, read already or read now."""
        expected, self._expected = self._expected, None
        if expected and expected[0] == asked:
            return expected[1].result()
        self._expected = expected
        self._drop()
        return self._read(asked)

    def close(self) -> None:
        """Let everything go."""
        self._drop()
        self._thread.shutdown()

    def _read(self, asked: ChangeQuery) -> _Read:
        there, window = outgoing.window(self._ledger, self._form, asked)
        wanted = self._file.form
        if window and wanted.least and window.count >= wanted.least:
            try:
                window.write(self._file.place.with_suffix(f".{asked.after}.{wanted.form}"), wanted)
            except BaseException:
                window.close()
                raise
        return there, window

    def _drop(self) -> None:
        expected, self._expected = self._expected, None
        if expected is None or expected[1].cancel():
            return
        if expected[1].exception() is None:
            window = expected[1].result()[1]
            if window:
                window.close()
