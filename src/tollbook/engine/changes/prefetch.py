"""Reads the next changes for a sink while it is still busy with those before: store and database work side by side."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from tollbook.store import outgoing
from tollbook.store.changes import Position
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery, Projection, Window

_Read = tuple[Position, Window | None]


class Csv(msgspec.Struct, frozen=True):
    """Where calls are written as CSV, from how many on (0: never), and how nothing is spelt in it."""

    place: Path
    least: int
    null: str


class Prefetch:
    """One sink's reading. A read that nobody asks for after all is thrown away."""

    def __init__(self, ledger: Ledger, form: Projection, csv: Csv) -> None:
        self._ledger, self._form, self._csv = ledger, form, csv
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
        if window and self._csv.least and window.count >= self._csv.least:
            try:
                window.write_csv(self._csv.place.with_suffix(f".{asked.after}.csv"), self._csv.null)
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
