"""What a bare loop costs: asyncio takes a stream, SQLite commits it every 50 ms: `DATABASE PORT BYTES KEPT`.

The journal's own pragmas and pauses. KEPT is `pieces`, a row for each piece as it came, or `lines`, one for each line.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.peers.protocol import Counted, done, ready
from tollbook.journal.opening import WAL_IS_SAFE_FROM

_APART_S = 0.05


class _Inflow(asyncio.Protocol):
    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.news = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        self.news.set()


class _Lines:
    """Cuts lines out of pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def __call__(self, pieces: list[bytes]) -> list[bytes]:
        *lines, self._rest = (self._rest + b"".join(pieces)).split(b"\n")
        return lines


def main(path: str, port: int, size: int, kept: str) -> None:
    """Take the stream until so many bytes are committed."""
    database = _open(path)
    rows: Callable[[list[bytes]], list[bytes]] = _Lines() if kept == "lines" else list
    asyncio.run(_take(database, port, size, rows))
    done(Counted(calls=_lines_in(database, kept)))


def _open(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    wal = sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM
    database.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
    database.execute(f"PRAGMA synchronous = {'FULL' if wal else 'EXTRA'}")
    database.execute("PRAGMA cache_size = -4096")
    database.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT")
    return database


async def _take(
    database: sqlite3.Connection,
    port: int,
    size: int,
    rows: Callable[[list[bytes]], list[bytes]],
) -> None:
    loop = asyncio.get_running_loop()
    transport, inflow = await loop.create_connection(_Inflow, "127.0.0.1", port)
    ready()
    taken, last = 0, loop.time()
    with ThreadPoolExecutor(1) as writer:
        while taken < size:
            await inflow.news.wait()
            await asyncio.sleep(max(last + _APART_S - loop.time(), 0))
            last = loop.time()
            pieces, inflow.pieces = inflow.pieces, []
            inflow.news.clear()
            await loop.run_in_executor(writer, _commit, database, rows(pieces))
            taken += sum(map(len, pieces))
    transport.close()


def _commit(database: sqlite3.Connection, rows: list[bytes]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO entry (data) VALUES (?)", [(row,) for row in rows])
    database.execute("COMMIT")


def _lines_in(database: sqlite3.Connection, kept: str) -> int:
    if kept == "lines":
        return int(database.execute("SELECT count(*) FROM entry").fetchone()[0])
    return sum(data.count(b"\n") for (data,) in database.execute("SELECT data FROM entry"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
