"""Puts the calls of messages away in ClickHouse: many messages at once, those with the same columns by one insert."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import msgspec

from tollbook.model.limits import CALLS_OF_A_MESSAGE, COLUMNS_OF_A_TABLE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import Field
from tollbook.sinks.clickhouse.columns import GONE, PLACE, TAKEN, VERSION
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.rows import CallRows, TableForm
from tollbook.sinks.clickhouse.server import NOT_OF_THE_DATA, UNKNOWN_TABLE, ClickHouse, Faulty
from tollbook.sinks.nats.messages import CallMessage, LoaderWord

_PIECE = 1 << 18
_MEMORY = "512MB"


class LoadedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was taken: `calls` is Parquet."""

    place: str
    message: CallMessage
    calls: bytes


class NotTaken(Exception):
    """Calls that ClickHouse does not take, whoever sends them again, with the reason."""


class CallLoader:
    """Puts messages away, by way of files in a folder of its own. For one thread at a time."""

    def __init__(self, options: Options, server: ClickHouse, folder: Path) -> None:
        self._options, self._server, self._folder = options, server, folder
        self._ready: set[tuple[tuple[str, ...], str]] = set()
        self._settling: CallRows | None = None
        self.calls = 0

    def put(self, messages: list[LoadedMessage]) -> dict[int, LoaderWord]:
        """Put messages away; return by its place in the list what is to be said of each that was not.

        Raises `Unavailable` where ClickHouse cannot be used now.
        """
        told = self._behind(messages)
        for alike in _alike(messages):
            left = [number for number in alike if number not in told]
            try:
                self._write([messages[number] for number in left])
            except NotTaken:
                told |= self._one_by_one(messages, left)
        taken = [each for number, each in enumerate(messages) if number not in told]
        if taken:
            self._settling = self._settling or self._rows(taken[0])
            self._settling.settle(sorted({each.message.version for each in taken}))
        return told

    def _behind(self, messages: list[LoadedMessage]) -> dict[int, LoaderWord]:
        """Return the messages of sites that have just started whose versions are below the highest of their place.

        Their clock has gone back: what they send would lose against what they sent before.
        """
        last = {each.place: 0 for each in messages if each.message.first}
        for each in messages:
            if last.get(each.place) == 0:
                last[each.place] = self._last(each)
        return {
            number: LoaderWord(last=last[each.place])
            for number, each in enumerate(messages)
            if each.message.first and each.message.version < last[each.place]
        }

    def _last(self, of: LoadedMessage) -> int:
        """Return the highest version of a message's place, 0 where the table has none, or is to be refused anyway."""
        try:
            return self._rows(of).highest(of.place)
        except Faulty as fault:
            if fault.code == UNKNOWN_TABLE or (fault.code and fault.code not in NOT_OF_THE_DATA):
                return 0
            raise

    def _one_by_one(self, messages: list[LoadedMessage], alike: list[int]) -> dict[int, LoaderWord]:
        refused = {}
        for number in alike:
            try:
                self._write([messages[number]])
            except NotTaken as fault:
                refused[number] = LoaderWord(refused=str(fault))
        return refused

    def _write(self, messages: list[LoadedMessage]) -> None:
        if not messages:
            return
        first = messages[0].message
        fields, rows = first.columns, self._rows(messages[0])
        file = self._folder / "calls.parquet"
        try:
            self._make_ready(rows, fields, first)
            count = _gathered(messages, [field.name for field in fields], file)
            rows.append(fields, _pieces(file))
        except Misconfigured as fault:
            raise NotTaken(" ".join(f"{each.what}: {each.reason}" for each in fault.problems)) from fault
        except Faulty as fault:
            self._ready.clear()  # somebody may have altered the table
            self._settling = None
            if fault.code and fault.code not in NOT_OF_THE_DATA:
                raise NotTaken(str(fault)) from fault
            raise
        self.calls += count

    def _rows(self, of: LoadedMessage) -> CallRows:
        where = self._options.database, self._options.table
        return CallRows(self._server, TableForm(where, self._options.cluster, of.message.columns, of.message.key))

    def _make_ready(self, rows: CallRows, fields: list[Field], message: CallMessage) -> None:
        """Have a table with these columns; raises `Misconfigured` where it does not fit."""
        known = tuple(field.name for field in fields), message.key
        if known in self._ready:
            return
        taken = [name for name in known[0] if name in TAKEN]
        if taken:
            raise Misconfigured(Problem(f"a column cannot be called {taken[0]!r}", "the table has one of its own"))
        there = rows.columns()
        makes = self._options.create == "yes"
        if there is None and makes and not message.gone:
            rows.make()
        elif there is not None:
            lacking = [field for field in fields if field.name not in there]
            if len(there) + len(lacking) > COLUMNS_OF_A_TABLE:
                raise Misconfigured(Problem(f"the table has {len(there)} columns", "no more are added to it"))
            faults = rows.problems(there, [field for field in fields if not makes or field not in lacking])
            if faults:
                raise Misconfigured(*faults)
            if makes:
                rows.add(lacking)
        self._ready.add(known)


def _alike(messages: list[LoadedMessage]) -> list[list[int]]:
    """Return the places of messages in the list, those with the same columns together; calls before what is gone."""
    found: dict[tuple[bool, tuple[str, ...], str], list[int]] = {}
    for number, each in enumerate(messages):
        names = tuple(name for name, *_ in each.message.fields)
        found.setdefault((bool(each.message.gone), names, each.message.key), []).append(number)
    return [found[key] for key in sorted(found)]


def _gathered(messages: list[LoadedMessage], names: list[str], file: Path) -> int:
    """Write the calls of messages to one file, each with whose it is and its version; return how many there are."""
    parts, values = [], dict[str, object]()
    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": _MEMORY}) as connection:
            for number, each in enumerate(messages):
                place = file.with_name(f"{number}.parquet")
                if not each.message.gone:
                    place.write_bytes(each.calls)
                    _check_count(connection, place)
                own = {"place": each.place, "version": each.message.version}
                own |= {"gone": each.message.gone} if each.message.gone else {"file": str(place)}
                values |= {f"{name}_{number}": value for name, value in own.items()}
                parts.append(_part(number, names, gone=bool(each.message.gone)))
            query = f"COPY ({' UNION ALL '.join(parts)}) TO {_text(file)} (FORMAT parquet, COMPRESSION lz4_raw)"
            return int(connection.execute(query, values).fetchall()[0][0])
    except duckdb.Error as fault:
        raise NotTaken(f"the calls of the message cannot be read: {' '.join(str(fault).split())[:300]}") from fault
    finally:
        for left in file.parent.glob("[0-9]*.parquet"):
            left.unlink()


def _part(number: int, names: list[str], *, gone: bool) -> str:
    """Return the question for the calls of one message, by its number."""
    columns = ", ".join(map(_quoted, names))
    source = f"(SELECT unnest($gone_{number}::UUID[]) AS {columns})" if gone else f"read_parquet($file_{number})"
    own = f"$place_{number} AS {PLACE}, $version_{number}::UBIGINT AS {VERSION}, {gone:d}::UTINYINT AS {GONE}"
    return f"SELECT {own}, {columns} FROM {source}"


def _check_count(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Raise `NotTaken` for a file of more calls than there may be: some bytes can stand for any number of them."""
    query = "SELECT num_rows FROM parquet_file_metadata($it)"
    count = connection.execute(query, {"it": str(file)}).fetchall()[0][0]
    if count > CALLS_OF_A_MESSAGE:
        raise NotTaken(f"the message has {count:,} calls; {CALLS_OF_A_MESSAGE:,} there may be")


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _text(file: Path) -> str:
    escaped = str(file).replace("'", "''")
    return f"'{escaped}'"


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(_PIECE):
            yield piece
