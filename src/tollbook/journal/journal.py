"""The journal: an append-only SQLite file of entries, one total order over all bodies.

What always holds: `append` returns only after its bytes are on the disk; an entry is never changed except by being
compressed; readers see entries in the order they were committed. A body that was open when the process died is
closed as cut when the journal is opened again, or gone on with where its source can (`reopen`).
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tollbook.journal import copying, high_water
from tollbook.journal.checked import COLUMNS, Row, body_sum, bytes_of, entry_of, entry_sum, unreadable
from tollbook.journal.opening import WAL, connected, set_up
from tollbook.journal.reserve import Reserve
from tollbook.journal.schema import RESTORE
from tollbook.journal.whose import EVERYBODY, Whose
from tollbook.journal.writes import Write, add, begin, end, reopen
from tollbook.model.body import Body, Ending, Entry, Opening
from tollbook.model.high_water import HighWater
from tollbook.model.limits import LARGEST_ENTRY
from tollbook.model.problem import Unavailable

_EFFORT = 4
"""Of zlib: half the time of the usual 6, for a tenth more bytes."""

Result = TypeVar("Result")
_BODY = "id, pbx, source, origin, opened_at, ended_at, state, reason, length, mark, dropped_at, sum"
_AT_ONCE = 8 << 20
"""Bytes of entries that are read at once."""


class NotWritten(Unavailable):
    """The journal cannot be written now; what was being written is not in it, and must be given to it again."""


class JournalFull(NotWritten):
    """The disk under the journal has no room."""


class Damaged(Unavailable):
    """SQLite cannot make sense of the file, or of a part of it."""

    def __init__(self, fault: sqlite3.DatabaseError) -> None:
        super().__init__(f"journal.sqlite is damaged ({fault}): {RESTORE}", permanent=True)


class Journal:
    """One site's journal. Safe to use from several threads; one process at a time writes.

    Making one raises `Misconfigured` for a file that is no journal, is too new, is damaged or cannot be written.
    """

    def __init__(self, path: Path, *, reserve_bytes: int = 16 << 20) -> None:
        self.path = path
        self._lock = threading.RLock()
        self.reserve = Reserve(path.with_suffix(".reserve"), reserve_bytes)
        self._connection = connected(path)
        try:
            self.mode = set_up(self._connection, path)
            self._reading, self._reader = self._for_readers()
        except BaseException:
            self._connection.close()
            raise
        self.reserve.restore()

    def _for_readers(self) -> tuple[threading.RLock, sqlite3.Connection]:
        """Return a connection for questions, and its lock: one of their own where that holds up no commit.

        Without WAL a reader of its own would keep writers out for as long as it reads, and they it.
        """
        return (threading.RLock(), connected(self.path)) if self.mode == WAL else (self._lock, self._connection)

    def close(self) -> None:
        """Close the file; nothing is pending, since every append has been committed."""
        with self._reading, self._lock:
            self._reader.close()
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
        statement = f"SELECT {_BODY} FROM body WHERE {condition}"  # noqa: S608 - conditions are this program's own
        return list(map(_body_of, self.rows(statement, *values)))

    def entries(self, after: int, most_bytes: int = _AT_ONCE, whose: Whose = EVERYBODY, most: int = -1) -> list[Entry]:
        """Return so many entries after one (-1: all), in order, up to about `most_bytes` of data and at least one.

        Of an entry that is damaged, what can be read is returned, whosever it is; raises `Damaged` where not even that
        is known.
        """
        condition, names = whose.condition()
        try:
            return self._entries(f"id > ? {condition} ORDER BY id LIMIT {most}", after, *names, most_bytes=most_bytes)
        except Damaged:
            return self._one_by_one(after)

    def entries_of(self, body: int, up_to: int, start: int = 0) -> Iterator[Entry]:
        """Yield the entries of one body in order from the one with position `start` on, none after the entry `up_to`.

        Entries without bytes, such as its end, come only from after that position.
        """
        first = "body = ? AND start > ? AND start + length > ? AND id <= ? ORDER BY start, id"
        found = self._entries(first, body, start - LARGEST_ENTRY - 1, start or -1, up_to)
        further = "body = ? AND (start, id) > (?, ?) AND id <= ? ORDER BY start, id"
        while found:
            yield from found
            found = self._entries(further, body, found[-1].start, found[-1].id, up_to)

    def bytes_from(self, body: int, start: int, up_to: int = 1 << 62) -> Iterator[bytes]:
        """Yield a body's bytes from position `start` on, no further than the entry `up_to`, a few at a time."""
        for entry in self.entries_of(body, up_to, start):
            if entry.data:
                yield entry.data[max(start - entry.start, 0) :]

    def tail(self, body: int, before: int, most_bytes: int) -> tuple[int, bytes]:
        """Return where the last bytes of a body begin, about `most_bytes` before an entry, and those bytes."""
        condition = "body = ? AND id < ? AND kind = 'data' ORDER BY start DESC"
        found = self._entries(condition, body, before, most_bytes=most_bytes)
        return (found[-1].start if found else 0), b"".join(entry.data for entry in reversed(found))

    def slice(self, body: int, start: int, length: int) -> bytes:
        """Return bytes of a body by position, such as one record's raw text."""
        condition = "body = ? AND kind = 'data' AND start > ? AND start < ? AND start + length > ? ORDER BY start"
        found = self._entries(
            condition,
            body,
            start - LARGEST_ENTRY,
            start + length,
            start,
            most_bytes=length + LARGEST_ENTRY,
        )
        return b"".join(entry.data[max(start - entry.start, 0) : start + length - entry.start] for entry in found)

    def bytes_after(self, entry: int, enough: int) -> int:
        """Return how many bytes the entries after one hold; of a backlog of more than `enough`, a part of them."""
        total = 0
        statement = "SELECT length FROM entry WHERE id > ? ORDER BY id"
        with self._reading, _sound(), closing(self._reader.execute(statement, (entry,))) as lengths:
            for (length,) in lengths:
                total += length
                if total >= enough:
                    break
        return total

    def last_entry_of(self, body: int) -> int:
        """Return the id of a body's newest entry, 0 when it has none."""
        return self._number("SELECT max(id) FROM entry WHERE body = ?", body)

    def first_entry_of(self, body: int) -> int:
        """Return the id of a body's first entry, 0 when it has none."""
        return self._number("SELECT id FROM entry WHERE body = ? ORDER BY start, id LIMIT 1", body)

    def last_body_before(self, entry: int) -> int:
        """Return the highest number of a body that any of the entries just before one is of."""
        return self._number(
            "SELECT max(body) FROM (SELECT body FROM entry WHERE id < ? ORDER BY id DESC LIMIT 1000)",
            entry,
        )

    def start_of(self, entry: int) -> int:
        """Return where in its body an entry begins."""
        return self._number("SELECT start FROM entry WHERE id = ?", entry)

    def last_entry(self) -> int:
        """Return the id of the newest entry, 0 in an empty journal."""
        return self._number("SELECT max(id) FROM entry")

    def waiting_after(self, entry: int) -> tuple[int, int | None]:
        """Return how many entries came after one, a million at most (ids can have a gap), and when the first did."""
        return self.rows("SELECT count(*), min(at) FROM (SELECT at FROM entry WHERE id > ? LIMIT 1000000)", entry)[0]

    def last_body(self) -> int:
        """Return the id of the newest body, 0 in an empty journal."""
        return self._number("SELECT max(id) FROM body")

    def high_water(self) -> HighWater:
        """Say how far this file has come."""
        life = self.rows("SELECT life FROM journal")[0][0]
        last = self.last_entry()
        return HighWater(file="journal.sqlite", life=life, number=last, digest=self.digest(last))

    def digest(self, entry: int) -> str:
        """Return what tells an entry from the one of that number in another journal; nothing where there is none."""
        found = self.rows("SELECT at, body, length FROM entry WHERE id = ?", entry)
        return "".join(f"{at}:{body}:{length}" for at, body, length in found)

    def high_waters(self) -> list[HighWater]:
        """Return what this file remembers of the others."""
        with self._lock:
            return high_water.read(self._connection)

    def note_high_waters(self, noted: list[HighWater]) -> None:
        """Remember how far the others are; raises `NotWritten`."""
        self._write(lambda connection: high_water.write(connection, noted))

    def copy_to(self, path: Path, alive: copying.Alive) -> None:
        """Copy the file as it is at one moment; who writes meanwhile waits a few milliseconds now and then."""
        copying.copy_shared(self._connection, self._lock, path, alive)

    def pack(self, up_to: int, most_bytes: int = 2 << 20) -> int:
        """Compress entries with id <= `up_to`, some at a time; return how many were looked at."""
        try:
            with self._lock:
                rows = self._to_pack(up_to, most_bytes)
        except sqlite3.DatabaseError:
            return 0  # what is damaged is told where it is read; the rest takes more room than it could
        if not rows:
            return 0
        packed = [(zlib.compress(data, _EFFORT), entry) for entry, data in rows]
        smaller = [(data, entry) for (data, entry), (_, raw) in zip(packed, rows, strict=True) if len(data) < len(raw)]
        kept = {entry for _, entry in smaller}
        as_it_was = [(entry,) for entry, _ in rows if entry not in kept]

        def store(connection: sqlite3.Connection) -> None:
            connection.executemany("UPDATE entry SET packed = 1, data = ? WHERE id = ?", smaller)
            connection.executemany("UPDATE entry SET packed = 2 WHERE id = ?", as_it_was)

        return len(rows) if self._in_passing(store) else 0

    def _to_pack(self, up_to: int, most_bytes: int) -> list[tuple[int, bytes]]:
        waiting = self._connection.execute(
            "SELECT id, length FROM entry WHERE packed = 0 AND kind = 'data' AND id <= ? ORDER BY id LIMIT 64",
            (up_to,),
        ).fetchall()
        before = accumulate([length for _, length in waiting], initial=0)
        chosen = [entry for (entry, _), sum_before in zip(waiting, before, strict=False) if sum_before < most_bytes]
        marks = ", ".join("?" * len(chosen))
        statement = f"SELECT id, data FROM entry WHERE id IN ({marks}) ORDER BY id"  # noqa: S608 - only marks
        return self._connection.execute(statement, chosen).fetchall()

    def add_sums(self, most_bytes: int = _AT_ONCE) -> int:
        """Give entries of an earlier version their checksums, some at a time; return how many were looked at."""
        try:
            found = self._entries("sum IS NULL ORDER BY id", most_bytes=most_bytes)
        except Damaged:
            return 0
        sums = [
            (entry_sum((each.body, each.kind, each.at, each.start), each.data), each.id)
            for each in found
            if not each.damage
        ]
        statement = "UPDATE entry SET sum = ? WHERE id = ?"
        done = self._in_passing(lambda connection: connection.executemany(statement, sums))
        return len(sums) if done else 0

    def check(self) -> str:
        """Return what SQLite finds wrong with the file, or nothing."""
        try:
            found = str(self.rows("PRAGMA quick_check(1)")[0][0])
        except Damaged as fault:
            return str(fault)
        return "" if found == "ok" else found

    def has_room(self) -> bool:
        """Say whether the reserve is in place, so that one more answer can be stored even if the disk fills up."""
        return self.reserve.restore()

    def rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        """Return all rows of a query written by this program; raises `Damaged`."""
        with self._reading, _sound():
            return self._reader.execute(query, values).fetchall()

    def _number(self, query: str, *values: str | int) -> int:
        """Return the one number that a query finds, 0 where it finds none."""
        return next((int(found or 0) for (found,) in self.rows(query, *values)), 0)

    def _entries(self, condition: str, *values: str | int, most_bytes: int = _AT_ONCE) -> list[Entry]:
        """Return entries that meet a condition, at least one and about `most_bytes` of data; raises `Damaged`."""
        found: list[Row] = []
        size = 0
        statement = f"SELECT {COLUMNS} FROM entry WHERE {condition}"  # noqa: S608 - conditions are this program's own
        with self._reading, _sound(), closing(self._reader.execute(statement, values)) as cursor:
            for row in cursor:
                found.append(row)
                size += bytes_of(row)
                if size >= most_bytes:
                    break
        return list(map(entry_of, found))  # unpacked outside the lock

    def _one_by_one(self, after: int) -> list[Entry]:
        """Return some entries after one where SQLite trips over a damaged page: an index tells which there are."""
        places = self.rows(
            "SELECT id, body, start FROM entry INDEXED BY entry_by_place WHERE id > ? ORDER BY id LIMIT 64",
            after,
        )
        found: list[Entry] = []
        for number, body, start in places:
            try:
                found += self._entries("id = ?", number)
            except Damaged:
                found.append(unreadable(number, body, start))
        return found

    def _in_passing(self, action: Callable[[sqlite3.Connection], object]) -> bool:
        """Run a transaction that can as well wait; say whether it was done."""
        try:
            self._transaction(action)
        except sqlite3.DatabaseError:
            return False  # it waits for room, for another reader to be done, or for the file to be put back
        return True

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


@contextmanager
def _sound() -> Iterator[None]:
    """Raise `Damaged` where SQLite finds that the file is."""
    try:
        yield
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as fault:
        raise Damaged(fault) from fault


def _body_of(row: tuple[Any, ...]) -> Body:
    *fields, kept = row
    body = Body(**dict(zip(Body.__struct_fields__, fields, strict=False)))
    if kept in (None, body_sum(body.pbx, body.source, body.origin, body.opened_at)):
        return body
    return msgspec.structs.replace(body, damage=f"what the journal says of body {body.id} does not fit its checksum")
