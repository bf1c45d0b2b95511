"""The journal: an append-only SQLite file of entries, one total order over all bodies.

What always holds: `append` returns only after its bytes are on the disk; an entry is never changed except by being
compressed; readers see entries in the order they were committed. A body that was open when the process died is
closed as cut when the journal is opened again, or gone on with where its source can (`reopen`).

WAL is used only where the SQLite library is 3.51.3 or newer: older ones can lose a committed write in WAL mode
(https://sqlite.org/wal.html#walresetbug). With a rollback journal `synchronous=EXTRA` also syncs the directory, so
that a power cut right after a commit cannot bring the rolled-back state back.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

from tollbook.journal.reserve import Reserve
from tollbook.journal.writes import SCHEMA, Write, add, begin, end, reopen
from tollbook.model.body import Body, Ending, Entry, Opening
from tollbook.model.limits import LARGEST_ENTRY
from tollbook.model.problem import Unavailable

_EFFORT = 4
"""Of zlib: half the time of the usual 6, for a tenth more bytes."""
WAL_IS_SAFE_FROM = (3, 51, 3)

Result = TypeVar("Result")
_BODY = "id, pbx, source, origin, opened_at, ended_at, state, reason, length, mark"


class NotWritten(Unavailable):
    """The journal cannot be written now; what was being written is not in it, and must be given to it again."""


class JournalFull(NotWritten):
    """The disk under the journal has no room."""


class Journal:
    """One site's journal. Safe to use from several threads; one process at a time writes."""

    def __init__(self, path: Path, *, reserve_bytes: int = 16 << 20) -> None:
        self.path = path
        self._lock = threading.RLock()
        self.reserve = Reserve(path.with_suffix(".reserve"), reserve_bytes)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self.mode = _set_up(self._connection)
        self.reserve.restore()

    def close(self) -> None:
        """Close the file; nothing is pending, since every append has been committed."""
        with self._lock:
            self._connection.close()

    def write(self, *writes: Write) -> list[int]:
        """Do several writes in one commit, on the disk when this returns; raises `NotWritten` when none was done."""
        return self._write(lambda connection: [write(connection) for write in writes])

    def open_body(self, opening: Opening, at: int) -> int:
        """Begin a body and return its id."""
        return self.write(begin(opening, at))[0]

    def append(self, body: int, data: bytes, at: int) -> None:
        """Store bytes of an open body; on the disk when this returns. Raises `JournalFull`."""
        self.write(add(body, data, at))

    def end(self, body: int, ending: Ending, at: int, *, reason: str = "", mark: str = "") -> None:  # noqa: PLR0913 - all there is to say of an ending, in one place
        """End a body. `mark` is the source's own note by which it knows the body again (a file's time and size)."""
        self.write(end(body, ending, at, reason=reason, mark=mark))

    def reopen(self, body: int) -> None:
        """Let a body that ended take more bytes, for a file that went on growing."""
        self.write(reopen(body))

    def close_abandoned(self, at: int, reason: str, keep: frozenset[str] = frozenset()) -> int:
        """End every body still open as cut, but those of the kinds of source in `keep`; return how many there were."""
        left = [body for body in self.bodies("state = 'open'") if body.source not in keep]
        for body in left:
            self.end(body.id, Ending.CUT, at, reason=reason)
        return len(left)

    def body(self, body: int) -> Body | None:
        """Return one body."""
        return next(iter(self.bodies("id = ?", body)), None)

    def latest(self, pbx: str, origin: str) -> Body | None:
        """Return the last body of a PBX from one file or address."""
        return next(iter(self.bodies("pbx = ? AND origin = ? ORDER BY id DESC LIMIT 1", pbx, origin)), None)

    def bodies(self, condition: str = "1 ORDER BY id", *values: str | int) -> list[Body]:
        """Return the bodies that meet a condition written by this program, its values bound."""
        with self._lock:
            statement = f"SELECT {_BODY} FROM body WHERE {condition}"  # noqa: S608 - conditions are this program's own
            rows = self._connection.execute(statement, values)
            return [Body(**dict(zip(Body.__struct_fields__, row, strict=True))) for row in rows]

    def entries(self, after: int, most_bytes: int = 8 << 20) -> list[Entry]:
        """Return the entries after one, in order, up to about `most_bytes` of data and at least one."""
        found: list[Entry] = []
        size = 0
        with self._lock:
            cursor = self._connection.execute(
                "SELECT id, body, kind, at, packed, data FROM entry WHERE id > ? ORDER BY id",
                (after,),
            )
            for entry, body, kind, at, packed, data in cursor:
                raw = _unpack(data, packed)
                found.append(Entry(entry, body, kind, at, raw))
                size += len(raw)
                if size >= most_bytes:
                    break
            cursor.close()
        return found

    def bytes_from(self, body: int, start: int, up_to: int = 1 << 62) -> Iterator[bytes]:
        """Yield a body's bytes from position `start` on, no further than the entry `up_to`, a few at a time."""
        while True:
            with self._lock:
                rows = self._connection.execute(
                    "SELECT start, length, packed, data FROM entry WHERE body = ? AND start > ? AND start + length > ? "
                    "AND id <= ? AND kind = 'data' ORDER BY start LIMIT 8",
                    (body, start - LARGEST_ENTRY, start, up_to),
                ).fetchall()
            if not rows:
                return
            yield from (_unpack(data, packed)[max(start - first, 0) :] for first, _, packed, data in rows)
            start = rows[-1][0] + rows[-1][1]

    def entries_of(self, body: int, up_to: int) -> Iterator[Entry]:
        """Yield the entries of one body in order, no further than the entry `up_to`, a few at a time."""
        start, after = 0, 0
        while True:
            with self._lock:
                rows = self._connection.execute(
                    "SELECT id, body, kind, at, packed, data, start FROM entry WHERE body = ? AND (start, id) > (?, ?) "
                    "AND id <= ? ORDER BY start, id LIMIT 64",
                    (body, start, after, up_to),
                ).fetchall()
            if not rows:
                return
            for entry, of, kind, at, packed, data, _ in rows:
                yield Entry(entry, of, kind, at, _unpack(data, packed))
            after, start = rows[-1][0], rows[-1][-1]

    def tail(self, body: int, before: int, most_bytes: int) -> tuple[int, bytes]:
        """Return where the last bytes of a body begin, about `most_bytes` before an entry, and those bytes."""
        found: list[bytes] = []
        size, first = 0, 0
        with self._lock:
            cursor = self._connection.execute(
                "SELECT start, packed, data FROM entry WHERE body = ? AND id < ? AND kind = 'data' ORDER BY start DESC",
                (body, before),
            )
            for start, packed, data in cursor:
                found.append(_unpack(data, packed))
                first, size = start, size + len(found[-1])
                if size >= most_bytes:
                    break
            cursor.close()
        return first, b"".join(reversed(found))

    def slice(self, body: int, start: int, length: int) -> bytes:
        """Return bytes of a body by position, such as one record's raw text."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT start, packed, data FROM entry WHERE body = ? AND kind = 'data' AND start > ? AND start < ? "
                "AND start + length > ? ORDER BY start",
                (body, start - LARGEST_ENTRY, start + length, start),
            ).fetchall()
        pieces = [(first, _unpack(data, packed)) for first, packed, data in rows]
        return b"".join(data[max(start - first, 0) : start + length - first] for first, data in pieces)

    def bytes_after(self, entry: int) -> int:
        """Return how many bytes the entries after one hold."""
        with self._lock:
            found = self._connection.execute(
                "SELECT coalesce(sum(length), 0) FROM entry WHERE id > ?",
                (entry,),
            ).fetchone()
        return int(found[0])

    def last_entry_of(self, body: int) -> int:
        """Return the id of a body's newest entry, 0 when it has none."""
        with self._lock:
            found = self._connection.execute(
                "SELECT coalesce(max(id), 0) FROM entry WHERE body = ?",
                (body,),
            ).fetchone()
        return int(found[0])

    def first_entry_of(self, body: int) -> int:
        """Return the id of a body's first entry, 0 when it has none."""
        with self._lock:
            found = self._connection.execute(
                "SELECT id FROM entry WHERE body = ? ORDER BY start, id LIMIT 1",
                (body,),
            ).fetchone()
        return int(found[0]) if found else 0

    def start_of(self, entry: int) -> int:
        """Return where in its body an entry begins."""
        with self._lock:
            found = self._connection.execute("SELECT start FROM entry WHERE id = ?", (entry,)).fetchone()
        return int(found[0]) if found else 0

    def last_entry(self) -> int:
        """Return the id of the newest entry, 0 in an empty journal."""
        with self._lock:
            return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM entry").fetchone()[0])

    def pack(self, up_to: int, most_bytes: int = 2 << 20) -> int:
        """Compress entries with id <= `up_to`, some at a time; return how many were looked at."""
        with self._lock:
            waiting = self._connection.execute(
                "SELECT id, length FROM entry WHERE packed = 0 AND kind = 'data' AND id <= ? ORDER BY id LIMIT 64",
                (up_to,),
            ).fetchall()
            before = accumulate([length for _, length in waiting], initial=0)
            chosen = [entry for (entry, _), sum_before in zip(waiting, before, strict=False) if sum_before < most_bytes]
            marks = ", ".join("?" * len(chosen))
            statement = f"SELECT id, data FROM entry WHERE id IN ({marks}) ORDER BY id"  # noqa: S608 - only marks
            rows = self._connection.execute(statement, chosen).fetchall()
        if not rows:
            return 0
        packed = [(zlib.compress(data, _EFFORT), entry) for entry, data in rows]
        smaller = [(data, entry) for (data, entry), (_, raw) in zip(packed, rows, strict=True) if len(data) < len(raw)]
        kept = {entry for _, entry in smaller}
        as_it_was = [(entry,) for entry, _ in rows if entry not in kept]

        def store(connection: sqlite3.Connection) -> None:
            connection.executemany("UPDATE entry SET packed = 1, data = ? WHERE id = ?", smaller)
            connection.executemany("UPDATE entry SET packed = 2 WHERE id = ?", as_it_was)

        try:
            self._transaction(store)
        except sqlite3.OperationalError:
            return 0  # compressing can wait for room, or for another reader to be done
        return len(rows)

    def check(self) -> str:
        """Return what SQLite finds wrong with the file, or nothing."""
        with self._lock:
            found = str(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        return "" if found == "ok" else found

    def has_room(self) -> bool:
        """Say whether the reserve is in place, so that one more answer can be stored even if the disk fills up."""
        return self.reserve.restore()

    def _write(self, action: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run one transaction; on a full disk give up the reserve and run it once more before giving up."""
        try:
            return self._transaction(action)
        except sqlite3.OperationalError as fault:
            if not (self._is_full(fault) and self.reserve.give_up()):
                raise self._not_written(fault) from fault
        try:
            return self._transaction(action)
        except sqlite3.OperationalError as fault:
            raise self._not_written(fault) from fault

    def _transaction(self, action: Callable[[sqlite3.Connection], Result]) -> Result:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = action(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return result

    def _not_written(self, fault: sqlite3.OperationalError) -> NotWritten:
        if self._is_full(fault):
            return JournalFull(f"no room on the disk under {self.path.name}: {fault}")
        return NotWritten(f"{self.path.name} cannot be written: {fault}")

    def _is_full(self, fault: sqlite3.OperationalError) -> bool:
        """SQLite says so in several ways: a full disk also keeps it from making or growing its rollback journal."""
        if fault.sqlite_errorcode == sqlite3.SQLITE_FULL:
            return True
        trouble = fault.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
        return trouble and shutil.disk_usage(self.path.parent).free < LARGEST_ENTRY


def _set_up(connection: sqlite3.Connection) -> str:
    wal = sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM
    connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
    connection.execute(f"PRAGMA synchronous = {'FULL' if wal else 'EXTRA'}")
    connection.execute("PRAGMA cache_size = -4096")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(SCHEMA)
    return "WAL" if wal else "rollback journal"


def _unpack(data: bytes, packed: int) -> bytes:
    return zlib.decompress(data) if packed == 1 else data
