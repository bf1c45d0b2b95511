"""Puts the calls of messages away in ClickHouse: many messages at once, those with the same columns by one insert.

Parts of the sites' tables are few, and put away one by one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from tollbook.model.limits import CALLS_OF_A_MESSAGE, COLUMNS_OF_A_TABLE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import Field, FieldType
from tollbook.sinks.clickhouse.columns import DERIVED, GONE, PLACE, TAKEN, VERSION, derived
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.rows import CallRows, TableForm
from tollbook.sinks.clickhouse.server import NOT_OF_THE_DATA, UNKNOWN_TABLE, ClickHouse, Faulty
from tollbook.sinks.clickhouse.site_rows import SiteRows, TablePart
from tollbook.sinks.nats.messages import CallMessage, LoaderWord
from tollbook.store.site_tables import NAMES

_PIECE, _SHOWN = 1 << 18, 60
_MEMORY = "512MB"
_TYPES = {
    FieldType.ID: "UUID",
    FieldType.INTEGER: "BIGINT",
    FieldType.NUMBER: "DOUBLE",
    FieldType.INSTANT: "TIMESTAMP",
    FieldType.LOCAL: "TIMESTAMP",
    FieldType.DATE: "DATE",
    FieldType.BOOLEAN: "BOOLEAN",
}
"""What a column of a site's table is read as; a text may hold bytes of a record that are none."""


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
        where = options.database, options.table
        self._form = TableForm(where, options.cluster, [], "")
        self._tables = SiteRows(server, self._form)
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
        taken = [each for number, each in enumerate(messages) if number not in told and not each.message.table]
        if taken:
            self._settling = self._settling or self._rows(taken[0])
            self._settling.settle(sorted({each.message.version for each in taken}))
        return told | self._put_tables(messages, told)

    def _forget(self) -> None:
        """Forget what is known of the tables: somebody may have altered them."""
        self._ready.clear()
        self._settling = None
        self._tables = SiteRows(self._server, self._form)

    def _put_tables(self, messages: list[LoadedMessage], told: Container[int]) -> dict[int, LoaderWord]:
        """Put parts of tables away; return what is to be said of each that was refused."""
        refused = {}
        for number, each in enumerate(messages):
            if each.message.table and number not in told:
                try:
                    self._write_part(each)
                except NotTaken as fault:
                    self._forget()
                    refused[number] = LoaderWord(refused=str(fault))
        return refused

    def _write_part(self, loaded: LoadedMessage) -> None:
        message, file = loaded.message, self._folder / "rows.parquet"
        if message.table not in NAMES:
            raise NotTaken(f"there is no table {message.table[:_SHOWN]!r}; update the loader if the site is newer")
        part = TablePart(
            place=loaded.place,
            version=message.version,
            name=message.table,
            fields=message.columns,
            part=message.part,
            parts=message.parts,
        )
        with _told_of_the_data():
            _copy_rows(loaded, file)
            self._tables.write(part, _pieces(file))

    def _behind(self, messages: list[LoadedMessage]) -> dict[int, LoaderWord]:
        """Return the messages of sites that have just started whose versions are below the highest of their place.

        Their clock has gone back: what they send would lose against what they sent before.
        """
        started = {each.place: each for each in messages if each.message.first}
        last = self._last(started) if started else {}
        return {
            number: LoaderWord(last=last[each.place])
            for number, each in enumerate(messages)
            if each.message.first and each.message.version < last[each.place]
        }

    def _last(self, started: dict[str, LoadedMessage]) -> dict[str, int]:
        """Return the highest version of each place that a message came of, of calls and tables alike.

        It is 0 where there is none, or the messages are to be refused anyway.
        """
        try:
            calls = self._rows(next(iter(started.values()))).highest(started)
        except Faulty as fault:
            if fault.code != UNKNOWN_TABLE and (not fault.code or fault.code in NOT_OF_THE_DATA):
                raise
            calls = dict.fromkeys(started, 0)
        tables = self._tables.highest(started)
        return {place: max(calls[place], tables[place]) for place in started}

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
            with _told_of_the_data():
                self._make_ready(rows, fields, first)
                count = _gathered(messages, [field.name for field in fields], file)
                rows.append(fields, _pieces(file))
        except (Faulty, NotTaken):
            self._forget()
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
            if not message.gone and bool(derived(fields)) != any(name in there for name in DERIVED):
                reason = "calls come whole (columns=ledger) into a table of their own, which is made for them"
                raise Misconfigured(Problem(f"the table {self._options.table!r} is made otherwise", reason))
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
    """Return the places of calls in the list, those with the same columns together; what is gone comes last."""
    found: dict[tuple[bool, tuple[str, ...], str], list[int]] = {}
    for number, each in enumerate(messages):
        if each.message.table:
            continue
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


def _copy_rows(loaded: LoadedMessage, file: Path) -> None:
    """Write the rows of a table's part anew, so that nothing but Parquet with its columns is handed on."""
    place = file.with_name("0.parquet")
    columns = ", ".join(f"{_cast(field)} AS {_quoted(field.name)}" for field in loaded.message.columns)
    try:
        place.write_bytes(loaded.calls)
        with duckdb.connect(config={"threads": 1, "memory_limit": _MEMORY}) as connection:
            _check_count(connection, place)
            query = (
                f"COPY (SELECT {columns} FROM read_parquet($it)) TO {_text(file)} (FORMAT parquet, COMPRESSION lz4_raw)"
            )
            connection.execute(query, {"it": str(place)})
    except duckdb.Error as fault:
        raise NotTaken(f"the rows of the message cannot be read: {' '.join(str(fault).split())[:300]}") from fault
    finally:
        place.unlink(missing_ok=True)


def _part(number: int, names: list[str], *, gone: bool) -> str:
    """Return the question for the calls of one message, by its number."""
    columns = ", ".join(map(_quoted, names))
    source = f"(SELECT unnest($gone_{number}::UUID[]) AS {columns})" if gone else f"read_parquet($file_{number})"
    own = f"$place_{number} AS {PLACE}, $version_{number}::UBIGINT AS {VERSION}, {gone:d}::UTINYINT AS {GONE}"
    return f"SELECT {own}, {columns} FROM {source}"


def _check_count(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Raise `NotTaken` for a file of more rows than there may be: some bytes can stand for any number of them."""
    query = "SELECT num_rows FROM parquet_file_metadata($it)"
    count = connection.execute(query, {"it": str(file)}).fetchall()[0][0]
    if count > CALLS_OF_A_MESSAGE:
        raise NotTaken(f"the message has {count:,} rows; {CALLS_OF_A_MESSAGE:,} there may be")


@contextmanager
def _told_of_the_data() -> Iterator[None]:
    """Raise `NotTaken` for what ClickHouse, or its table, has against what is written, whoever writes it again."""
    try:
        yield
    except Misconfigured as fault:
        raise NotTaken(" ".join(f"{each.what}: {each.reason}" for each in fault.problems)) from fault
    except Faulty as fault:
        if fault.code and fault.code not in NOT_OF_THE_DATA:
            raise NotTaken(str(fault)) from fault
        raise


def _cast(field: Field) -> str:
    """Return a column as the type that its message says: ClickHouse takes what does not fit for nothing."""
    kind = _TYPES.get(field.type)
    return f"{_quoted(field.name)}::{kind}" if kind else _quoted(field.name)


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
