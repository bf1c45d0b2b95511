"""How many rows at once come into a table, by key, in each database.

Few rows come by an upsert. Of many, PostgreSQL copies CSV into the table, or where rows are there into a temporary one
and inserts from that; MariaDB and MySQL load it in the same ways where the server allows `LOAD DATA LOCAL`, else they
take statements of many rows. Whatever else there is updates, then inserts what was not there: standard statements, and
slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Self

import msgspec
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tollbook.model.sink import CallFile, Field
from tollbook.sinks.contract import Changes

FILES = {"postgresql": CallFile(least=200), "mysql": CallFile(least=500, null="NULL")}
"""From how many calls on a database is given them as CSV, and how nothing is spelt in it."""
_INCOMING = "tollbook_incoming"
_WORTH_TRYING = 1000
_PIECE = 1 << 18
_ROWS_A_STATEMENT = 1000
_KEYS_A_STATEMENT = 500
_NO_LOCAL_FILES = frozenset((1148, 3948, 4166, 1295))
_QUERY = 3
"""The command of MySQL's protocol that a statement comes with."""
_ROWS = "\0rows\0"
_STATEMENT, _OTHER_VALUE = 200_000, 20
"""Most characters in a statement: a quarter of what the oldest servers take, since one may be four bytes or escaped."""


class Into(msgspec.Struct, frozen=True, kw_only=True):
    """A table, and its columns that are ours in the order of the values, the key among them."""

    table: sa.Table
    columns: list[sa.Column[Any]]
    key: sa.Column[Any]

    @classmethod
    def of(cls, table: sa.Table, fields: list[Field], key: str) -> Self:
        """Return the columns that these fields go into, as the table spells them."""
        spelt = {name.casefold(): column for name, column in table.columns.items()}
        columns = [spelt[field.name.casefold()] for field in fields]
        return cls(table=table, columns=columns, key=spelt[key.casefold()])

    @property
    def others(self) -> list[sa.Column[Any]]:
        """Our columns but for the key."""
        return [column for column in self.columns if column is not self.key]


def _values(into: Into, changes: Changes) -> Iterator[list[dict[str, Any]]]:
    """Yield rows by column, some at a time; what goes into a column of text is text."""
    names = [column.name for column in into.columns]
    texts = [isinstance(column.type, sa.String) for column in into.columns]
    rows = changes.rows()
    while some := list(islice(rows, _ROWS_A_STATEMENT)):
        yield [
            {name: _text(value) if text else value for name, text, value in zip(names, texts, row, strict=True)}
            for row in some
        ]


def _text(value: Any) -> str | None:  # noqa: ANN401 - any field's value
    return None if value is None else str(value).replace("\0", "\N{REPLACEMENT CHARACTER}")


def _quoted(connection: sa.Connection, into: Into) -> tuple[str, list[str], str]:
    """Return the table, the columns and the key as this database quotes them, in statements that bind no values."""
    preparer = connection.dialect.identifier_preparer
    table, *columns, key = (
        name.replace("%%", "%")  # SQLAlchemy doubles the sign for statements that bind some
        for name in (
            preparer.format_table(into.table),
            *(preparer.quote_identifier(column.name) for column in into.columns),
            preparer.quote_identifier(into.key.name),
        )
    )
    return table, columns, key


def postgresql(connection: sa.Connection, into: Into, changes: Changes) -> None:
    """Copy into the table itself where its rows are surely new, else into one that lasts a moment, and on from there.

    Whether rows are new is found by trying: a key that is there undoes the copy, and from then on this connection goes
    the long way. It costs half as much again for every row, the vain try once.
    """
    if changes.file is None:
        _upserted(connection, into, changes, postgresql_insert(into.table))
        return
    cursor: Any = connection.connection.cursor()
    try:
        if changes.count < _WORTH_TRYING or connection.info.get("rows are there"):
            _copied_over(connection, cursor, into, changes)
        elif not _copied(connection, cursor, into, changes):
            connection.info["rows are there"] = True
            _copied_over(connection, cursor, into, changes)
    except connection.dialect.loaded_dbapi.Error as fault:
        raise _wrapped(connection, fault) from fault
    finally:
        cursor.close()


def _copied(connection: sa.Connection, cursor: Any, into: Into, changes: Changes) -> bool:  # noqa: ANN401 - the driver's
    table, columns, _ = _quoted(connection, into)
    cursor.execute("SAVEPOINT tollbook")
    try:
        _copy(cursor, f"{table} ({', '.join(columns)})", changes)
    except connection.dialect.loaded_dbapi.IntegrityError:
        cursor.execute("ROLLBACK TO SAVEPOINT tollbook")
        return False
    cursor.execute("RELEASE SAVEPOINT tollbook")
    return True


def _copied_over(connection: sa.Connection, cursor: Any, into: Into, changes: Changes) -> None:  # noqa: ANN401 - the driver's
    table, columns, key = _quoted(connection, into)
    names = ", ".join(columns)
    cursor.execute(f"CREATE TEMP TABLE {_INCOMING} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA")  # noqa: S608 - identifiers, quoted
    _copy(cursor, f"{_INCOMING} ({names})", changes)
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name != key)
    what = f"DO UPDATE SET {changed}" if changed else "DO NOTHING"
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM {_INCOMING} ON CONFLICT ({key}) {what}",  # noqa: S608 - as above
    )


def _copy(cursor: Any, target: str, changes: Changes) -> None:  # noqa: ANN401 - the driver's
    with cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)") as copy, _csv(changes).open("rb") as file:
        while data := file.read(_PIECE):
            copy.write(data)


def _csv(changes: Changes) -> Path:
    if changes.file is None:
        message = "the calls were not written as CSV beforehand"
        raise RuntimeError(message)
    return changes.file


def mysql(connection: sa.Connection, into: Into, changes: Changes) -> None:
    """Load a file through the connection where the server takes one, else insert many rows a statement.

    A file that is loaded has what does not fit cut off, with no more than a warning; then the rows go by statements,
    which say so.
    """
    if changes.file and not connection.info.get("no local files"):
        try:
            if _loaded(connection, into, changes):
                return
        except exc.DBAPIError as fault:
            if not fault.orig or fault.orig.args[0] not in _NO_LOCAL_FILES:
                raise
            connection.info["no local files"] = True
    _in_many_rows(connection, into, changes)


def _in_many_rows(connection: sa.Connection, into: Into, changes: Changes) -> None:
    statement = _mysql_upsert(connection, into).replace("%", "%%")
    row = f"({', '.join(['%s'] * len(into.columns))})"
    cursor: Any = connection.connection.cursor()
    try:
        for rows in _values(into, changes):
            for some in _in_statements(rows):
                values = [value for each in some for value in each.values()]
                cursor.execute(statement.replace(_ROWS, ", ".join([row] * len(some))), values)
    except connection.dialect.loaded_dbapi.Error as fault:
        raise _wrapped(connection, fault) from fault
    finally:
        cursor.close()


def _loaded(connection: sa.Connection, into: Into, changes: Changes) -> bool:
    """Load rows into the table itself where they are surely new, else by way of a temporary one; False: not cleanly."""
    table, columns, _ = _quoted(connection, into)
    names = ", ".join(columns)
    cursor: Any = connection.connection.cursor()
    try:
        if not connection.info.get("rows are there"):
            cursor.execute("SAVEPOINT tollbook")
            if _load(cursor, table, names, changes):
                return True
            cursor.execute("ROLLBACK TO SAVEPOINT tollbook")
            connection.info["rows are there"] = True
        cursor.execute(f"CREATE TEMPORARY TABLE {_INCOMING} AS SELECT {names} FROM {table} LIMIT 0")  # noqa: S608 - identifiers, quoted
        clean = _load(cursor, _INCOMING, names, changes)
        if clean:
            changed = ", ".join(f"{name} = VALUES({name})" for name in columns)
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {names} FROM {_INCOMING} ON DUPLICATE KEY UPDATE {changed}",  # noqa: S608 - as above
            )
        cursor.execute(f"DROP TEMPORARY TABLE {_INCOMING}")
    except connection.dialect.loaded_dbapi.Error as fault:
        raise _wrapped(connection, fault) from fault
    else:
        return clean
    finally:
        cursor.close()


def _load(cursor: Any, table: str, names: str, changes: Changes) -> bool:  # noqa: ANN401 - the driver's
    """Load the calls; return whether every row of them went in as it is.

    Of its own accord the driver would send whatever file the server names, so it is not let to (`local_infile`): here
    the server is sent our calls and nothing else, whatever it names.
    """
    statement = (
        f"LOAD DATA LOCAL INFILE 'calls' IGNORE INTO TABLE {table} CHARACTER SET utf8mb4 "
        "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n' "
        f"({names})"
    )
    connection = cursor.connection
    connection._execute_command(_QUERY, statement)  # noqa: SLF001 - see above
    if connection._read_packet().is_load_local_packet():  # noqa: SLF001 - as above
        with _csv(changes).open("rb") as file:
            while data := file.read(_PIECE):
                connection.write_packet(data)
        connection.write_packet(b"")
        connection._read_packet()  # noqa: SLF001 - as above; raises what the server has against it
    cursor.execute("SELECT row_count(), @@warning_count")
    return cursor.fetchone() == (changes.count, 0)  # type: ignore[no-any-return] # the driver's


def _mysql_upsert(connection: sa.Connection, into: Into) -> str:
    table, columns, _ = _quoted(connection, into)
    changed = ", ".join(f"{name} = VALUES({name})" for name in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {_ROWS} ON DUPLICATE KEY UPDATE {changed}"  # noqa: S608 - identifiers, quoted


def _in_statements(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield rows that together make a statement which every server takes."""
    start = size = 0
    for place, row in enumerate(rows):
        length = sum(len(value) if isinstance(value, str) else _OTHER_VALUE for value in row.values())
        if size + length > _STATEMENT and place > start:
            yield rows[start:place]
            start, size = place, 0
        size += length
    yield rows[start:]


def sqlite(connection: sa.Connection, into: Into, changes: Changes) -> None:
    """Insert or update, statement by statement of many rows."""
    _upserted(connection, into, changes, sqlite_insert(into.table))


def _upserted(connection: sa.Connection, into: Into, changes: Changes, insert: Any) -> None:  # noqa: ANN401 - two dialects' own, alike
    changed = {column.name: insert.excluded[column.name] for column in into.others}
    if changed:
        upsert = insert.on_conflict_do_update(index_elements=[into.key], set_=changed)
    else:
        upsert = insert.on_conflict_do_nothing(index_elements=[into.key])
    for rows in _values(into, changes):
        connection.execute(upsert, rows)


def standard(connection: sa.Connection, into: Into, changes: Changes) -> None:
    """Update the rows that are there, then insert those that are not."""
    for rows in _values(into, changes):
        given = [{f"given_{number}": value for number, value in enumerate(row.values())} for row in rows]
        connection.execute(updating(into), given)
        connection.execute(inserting(into), given)


def updating(into: Into) -> sa.Update:
    """Return the statement that updates a row by its key."""
    given = {
        column.name: sa.bindparam(f"given_{place}", type_=column.type) for place, column in enumerate(into.columns)
    }
    key = given.pop(into.key.name)
    return sa.update(into.table).where(into.key == key).values(given)


def inserting(into: Into) -> sa.Insert:
    """Return the statement that inserts a row where its key is not there."""
    given = [sa.bindparam(f"given_{place}", type_=column.type) for place, column in enumerate(into.columns)]
    key = given[into.columns.index(into.key)]
    there = sa.exists().where(into.key == key)
    return sa.insert(into.table).from_select([column.name for column in into.columns], sa.select(*given).where(~there))


def delete(connection: sa.Connection, into: Into, keys: list[str]) -> None:
    """Delete the rows of keys, those that are there."""
    for start in range(0, len(keys), _KEYS_A_STATEMENT):
        connection.execute(sa.delete(into.table).where(into.key.in_(keys[start : start + _KEYS_A_STATEMENT])))


def _wrapped(connection: sa.Connection, fault: Exception) -> exc.DBAPIError:
    """Return a driver's own fault as SQLAlchemy's, and have a dead connection thrown away."""
    dialect = connection.dialect
    dead = dialect.is_disconnect(fault, connection.connection, None)  # type: ignore[arg-type] # the driver's Error
    if dead:
        connection.invalidate(fault)
    made = exc.DBAPIError.instance(None, None, fault, dialect.loaded_dbapi.Error, connection_invalidated=dead)
    return made if isinstance(made, exc.DBAPIError) else exc.DBAPIError(None, None, fault)


Writer = Callable[[sa.Connection, Into, Changes], None]
WRITERS: dict[str, Writer] = {
    "postgresql": postgresql,
    "mysql": mysql,
    "sqlite": sqlite,
    "mssql": standard,
    "oracle": standard,
}
