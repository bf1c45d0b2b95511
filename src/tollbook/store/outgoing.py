"""What a sink is handed: the changes of calls after a number, under the sink's own columns and filter.

A window is read in one snapshot of the store into a table of its own connection, so that what is handed on as rows,
as CSV or as ids is one state, whatever is stored meanwhile.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import CallFile, Field, FieldType, FileForm
from tollbook.model.spreadsheets import E164, FORMULA_STARTS
from tollbook.store import changes
from tollbook.store.expressions import OutputColumn, read_columns
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger, Values
from tollbook.store.parts import cut_large
from tollbook.store.schema import AGG_VIEW, CALL_VIEW, FOLLOWING, FORMER, HANDED_WHOLE, NAMED, NUMBER, PRICED

KEY = "id"
AGG_KEY = "TOLLBOOK_ID"
_PRESETS = {
    "tollbook": {name: source for name, (source, _) in CALL_VIEW.items()},
    "agg": {AGG_KEY: KEY, **{name: source for name, (source, _) in AGG_VIEW.items()}},
    "ledger": HANDED_WHOLE,
}
"""Columns by a word. The second has our key beside the names that its users know; the third is what a centre reads."""
LATER = frozenset((*NUMBER, *NAMED, *PRICED, "currency"))
"""Columns that `tollbook` has not had from the beginning."""
_TYPES = {
    "UUID": FieldType.ID,
    "VARCHAR": FieldType.TEXT,
    "DATE": FieldType.DATE,
    "TIME": FieldType.TIME,
    "BOOLEAN": FieldType.BOOLEAN,
    "TIMESTAMP": FieldType.LOCAL,
    "BLOB": FieldType.TEXT,
    "DOUBLE": FieldType.NUMBER,
    "FLOAT": FieldType.NUMBER,
}
_WIDEST = 20_000
"""Changes that are looked through at once where a filter leaves most of them out."""
_ROWS_AT_ONCE = 1000
_AT_ONCE = "USE_TMP_FILE false"
_ROW_GROUP = 2048
"""Rows after which DuckDB looks how large a file has become: the fewest that it can."""
FORMS = {
    "csv": "FORMAT csv, HEADER true",
    "jsonl": "FORMAT json",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
UNITS = {"day": "%Y-%m-%d", "month": "%Y-%m"}


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """A sink's columns with their types, the one that holds the key, and which calls are meant."""

    columns: list[OutputColumn]
    fields: list[Field]
    key: str
    where: Where

    @property
    def follows(self) -> str:
        """The number by which changes of these columns are told: `change`, or `meaning` where one tells of a number."""
        read = " ".join([self.where.sql, *(each.sql for each in self.columns)])
        return "meaning" if any(name in read for name in FOLLOWING) else "change"

    def without(self, names: Collection[str]) -> Projection:
        """Return the same but for some columns."""
        kept = [place for place, field in enumerate(self.fields) if field.name not in names]
        columns, fields = [self.columns[place] for place in kept], [self.fields[place] for place in kept]
        return msgspec.structs.replace(self, columns=columns, fields=fields)

    @property
    def chosen(self) -> str:
        """The columns as SQL."""
        return ", ".join(f'{each.sql} AS "{each.name}"' for each in self.columns)

    @property
    def values(self) -> dict[str, Any]:
        """What is bound in the columns."""
        return {name: value for each in self.columns for name, value in each.values.items()}


class ChangeQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: changes after a number, at most so many calls; of those up to `until` only from a day on."""

    after: int
    most: int
    until: int = 0
    since: str = ""
    fresh: bool = False

    def all_fresh(self, upto: int) -> bool:
        """Say whether no call up to a number was handed on before: behind `until`, one may be altered since."""
        return self.fresh and not 0 < self.until < upto


def is_whole(columns: str) -> bool:
    """Say whether calls come whole under these columns, for a ledger elsewhere."""
    return columns.strip() == "ledger"


def form_of(ledger: Ledger, columns: str, where: Where) -> Projection:
    """Return columns as a person chose them, checked; raises `Misconfigured`."""
    preset = _PRESETS.get(columns.strip() or "tollbook")
    fields = {name: source for name, (source, _) in CALL_VIEW.items()}
    fields |= {former: fields[name] for former, name in FORMER.items()}
    chosen = (
        [OutputColumn(name, source) for name, source in preset.items()] if preset else read_columns(columns, fields)
    )
    keys = [each.name for each in chosen if each.sql == KEY]
    if not keys:
        reason = "each call is known by its id, so that it is never there twice"
        raise Misconfigured(Problem("the field 'id' is missing among the columns", reason, help="add: CALL_KEY = id"))
    with ledger.cursor() as cursor:
        types = [_type_of(cursor, each) for each in chosen]
    names = {source: name for name, source in fields.items() if name not in FORMER}
    return Projection(
        columns=chosen if preset else list(map(_tried, chosen)),
        fields=[Field(c.name, t, names.get(c.sql, "")) for c, t in zip(chosen, types, strict=True)],
        key=keys[0],
        where=where,
    )


def _tried(column: OutputColumn) -> OutputColumn:
    """Return a column that is empty for a call that its expression cannot be computed for; the call goes on."""
    plain = column.sql.isidentifier() or "(SELECT " in column.sql  # DuckDB has no TRY of a name looked up elsewhere
    return column if plain else msgspec.structs.replace(column, sql=f"TRY({column.sql})")


def _type_of(cursor: duckdb.DuckDBPyConnection, column: OutputColumn) -> FieldType:
    try:
        cursor.execute(f"SELECT {column.sql} AS it FROM call LIMIT 0", column.values)
        told = cursor.description
    except duckdb.Error as fault:
        reason = str(fault).split("\n", 1)[0]
        problem = Problem(f"the column {column.name!r} cannot be made", reason, help="text(…) makes a text of anything")
        raise Misconfigured(problem) from fault
    return _field_type(column.sql, str(told[0][1]) if told else "VARCHAR")


def _field_type(name: str, kind: str) -> FieldType:
    if kind == "TIMESTAMP" and name.endswith("_at"):
        return FieldType.INSTANT
    if kind.startswith("DECIMAL"):
        return FieldType.NUMBER
    return _TYPES.get(kind, FieldType.INTEGER)


def fields_of(cursor: duckdb.DuckDBPyConnection, query: str) -> list[Field]:
    """Return the columns of a query as fields."""
    return [Field(name, _field_type(name, kind)) for name, kind, *_ in cursor.execute(f"DESCRIBE {query}").fetchall()]


class Window:
    """Some changes in order. `upto` is the last number it covers, which may be of no call that is meant. Close it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, form: Projection, upto: int, *, fresh: bool) -> None:
        self._cursor = cursor
        self.fields, self.key = form.fields, form.key
        self.upto, self.fresh = upto, fresh
        self.count = int(cursor.execute("SELECT count(*) FROM handed").fetchall()[0][0])
        self.gone = [str(each) for (each,) in cursor.execute("SELECT id FROM retracted").fetchall()]
        self.file: Path | None = None

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the calls as values, ids as texts; a window may hold more of them than should be in memory."""
        key = f'CAST("{self.key}" AS VARCHAR) AS "{self.key}"'
        self._cursor.execute(f"SELECT * EXCLUDE (change) REPLACE ({key}) FROM handed ORDER BY change")
        while some := self._cursor.fetchmany(_ROWS_AT_ONCE):
            yield from some

    def numbers(self) -> list[int]:
        """Return the numbers of the changes, in the order of `rows`."""
        return [each for (each,) in self._cursor.execute("SELECT change FROM handed ORDER BY change").fetchall()]

    def write(self, path: Path, wanted: CallFile) -> None:
        """Write the calls to a file, or to files in a folder.

        They are in the order of their ids, which is that of a database's index of them: it fills page by page.
        """
        chosen, options = _parts_of(self.fields, wanted)
        place, key = str(path).replace("'", "''"), f'"{self.key}"'
        self.file = path
        path.mkdir(mode=0o700) if wanted.part_bytes else path.touch(mode=0o600)
        self._cursor.execute(f"COPY (SELECT {chosen} FROM handed ORDER BY {key}) TO '{place}' ({options})")
        if wanted.part_bytes:
            cut_large(self._cursor, path, wanted.part_bytes)

    def close(self) -> None:
        """Let what was read go."""
        self._cursor.close()
        if self.file and self.file.is_dir():
            shutil.rmtree(self.file)
        elif self.file:
            self.file.unlink(missing_ok=True)


def _parts_of(fields: list[Field], wanted: CallFile) -> tuple[str, str]:
    """Return what is chosen of the calls for a file, and how DuckDB writes it.

    A text cannot hold a NUL in most databases: in CSV it becomes a replacement character.
    """
    if wanted.form is FileForm.PARQUET:
        times = [each.name for each in fields if each.type is FieldType.TIME]
        replaced, options = [f'"{name}"::VARCHAR AS "{name}"' for name in times], parquet_options(wanted)
    else:
        texts = [each.name for each in fields if each.type is FieldType.TEXT]
        replaced = [f'replace("{name}", chr(0), \'�\') AS "{name}"' for name in texts]
        written = "DATEFORMAT '%Y-%m-%d', TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S'"
        options = f"FORMAT csv, HEADER false, NULLSTR '{wanted.null}', {written}, {_AT_ONCE}"
    return "* EXCLUDE (change)" + (f" REPLACE ({', '.join(replaced)})" if replaced else ""), options


def parquet_options(wanted: CallFile) -> str:
    """Return how DuckDB writes Parquet, to a file or to files of some size in a folder."""
    parts = f"ROW_GROUP_SIZE {_ROW_GROUP}, FILE_SIZE_BYTES {wanted.part_bytes}"
    return f"FORMAT parquet, COMPRESSION lz4_raw, {parts if wanted.part_bytes else _AT_ONCE}"


def window(ledger: Ledger, form: Projection, asked: ChangeQuery) -> tuple[changes.Position, Window | None]:
    """Return how far the feed goes, and the next changes; None where there are none, or none may be read yet."""
    cursor = ledger.cursor()
    try:
        cursor.execute("BEGIN")
        there = changes.position(cursor)
        upto = min(there.last, asked.after + max(asked.most, _WIDEST))
        if not there.settled or upto <= asked.after:
            cursor.close()
            return there, None
        upto = _WindowReading(ledger, cursor, form, asked).read(upto)
        cursor.execute("COMMIT")
        return there, Window(cursor, form, upto, fresh=asked.all_fresh(upto))
    except BaseException:
        cursor.close()
        raise


class _WindowReading(msgspec.Struct, frozen=True):
    """Puts changes into tables of a cursor's own."""

    ledger: Ledger
    cursor: duckdb.DuckDBPyConnection
    form: Projection
    asked: ChangeQuery

    def read(self, upto: int) -> int:
        """Read the changes up to a number; return the number up to which they go."""
        count, last = self._calls(upto)
        if count == self.asked.most:
            upto = last
        self._retracted(upto)
        return upto

    def _calls(self, upto: int) -> tuple[int, int]:
        form, asked = self.form, self.asked
        by = form.follows
        meant = form.where.and_(f"{by} > $after AND {by} <= $upto", after=asked.after, upto=upto)
        if asked.since:
            later = f"({by} > $until OR started_local >= $since)"
            meant = meant.and_(later, until=asked.until, since=asked.since)
        chosen = f"{by} AS change, {form.chosen}"
        query = f"SELECT {chosen} FROM call WHERE {meant.sql} ORDER BY {by} LIMIT {int(asked.most)}"
        self._make("handed", query, {**form.values, **meant.values})
        count, last = self.cursor.execute("SELECT count(*), max(change) FROM handed").fetchall()[0]
        return int(count), int(last or 0)

    def _retracted(self, upto: int) -> None:
        """Note which ids are no more, or no longer of a call that is meant."""
        by, bound = self.form.follows, {"after": self.asked.after, "upto": upto}
        gone = "SELECT id FROM gone WHERE change > $after AND change <= $upto"
        query = f"{gone} AND id NOT IN (SELECT id FROM call WHERE id IN ({gone}))"
        if not self.asked.all_fresh(upto):
            query += (
                f" UNION ALL SELECT id FROM call WHERE {by} > $after AND {by} <= $upto "
                f"AND ({self.form.where.sql}) IS NOT TRUE"
            )
            bound |= self.form.where.values
        self._make("retracted", query, bound)

    def _make(self, table: str, query: str, values: Values) -> None:
        made = f"CREATE TEMP TABLE {table} AS {self.ledger.scoped(query)}"
        self.cursor.execute(made, self.ledger.bound(values))


def periods(ledger: Ledger, form: Projection, unit: str) -> dict[str, str]:
    """Return the days or months, PBX time, that have calls, each with a digest of them that changes when they do."""
    query = (
        f"SELECT strftime(started_local, '{UNITS[unit]}') AS period, "
        f"count(*) || '-' || bit_xor(hash(id, {form.follows})) "
        f"FROM call WHERE {form.where.sql} GROUP BY period ORDER BY period"
    )
    return dict(ledger.rows(query, form.where.values))


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A day or month of calls, to be written to a place in a form."""

    unit: str
    name: str
    path: Path
    form: str


def write_period(ledger: Ledger, form: Projection, period: Period) -> None:
    """Write the calls of a day or month to a file, oldest first."""
    place = str(period.path).replace("'", "''")
    where = form.where.and_(f"strftime(started_local, '{UNITS[period.unit]}') = $period", period=period.name)
    inner = f"SELECT * FROM call WHERE {where.sql} ORDER BY started_local, id"
    query = ledger.scoped(f"SELECT {form.chosen} FROM ({inner})")
    with ledger.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE written AS {query}", ledger.bound({**form.values, **where.values}))
        chosen = _cells(form) if period.form == "csv" else "*"
        cursor.execute(f"COPY (SELECT {chosen} FROM written) TO '{place}' ({FORMS[period.form]})")


def _cells(form: Projection) -> str:
    """Return the columns as SQL, texts as `model.spreadsheets.cell` has them."""
    starts = ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
    texts = [f'"{each.name}"' for each in form.fields if each.type is FieldType.TEXT]
    cells = ", ".join(
        f"CASE WHEN {it}[1] IN ({starts}) AND NOT regexp_full_match({it}, '{E164}') "
        f"THEN chr(39) || {it} ELSE {it} END AS {it}"
        for it in texts
    )
    return f"* REPLACE ({cells})" if cells else "*"
