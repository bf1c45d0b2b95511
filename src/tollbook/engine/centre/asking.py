"""The tables of many places in one database of ClickHouse, and questions to them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from queue import Empty, Full, LifoQueue
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import structlog

from tollbook.clock import monotonic_s
from tollbook.engine.centre import tables
from tollbook.model.fence import Fence
from tollbook.model.page_limits import CENTRE_ANSWER, CENTRE_CLIENTS
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Unavailable
from tollbook.sinks.clickhouse.columns import VERSION
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.rows import TableForm, text
from tollbook.sinks.clickhouse.server import ClickHouse, escaped
from tollbook.sinks.clickhouse.site_rows import PARTS
from tollbook.store.clickhouse import SETTINGS, carried, text_of, value_reader
from tollbook.store.ledger import Ledger, Scope, Values
from tollbook.store.site_tables import OF_A_LEDGER, PBXS
from tollbook.store.store import Store

_KEY = "id"
_LOOK_S, _REMEMBERED = 10.0, 1000
_ALL = len(OF_A_LEDGER) + len(("calls", "parts", "PBXs"))
_THERE = (
    "SELECT name FROM system.tables WHERE database = {database:String} "
    "AND (name = {table:String} OR startsWith(name, concat({table:String}, '_')))"
)
_STATE = (
    "SELECT sum(cityHash64(name)) % 9007199254740992 FROM system.parts "
    "WHERE active AND database = {database:String} AND table = {table:String}"
)
"""As JSON has whole numbers, below 2^53."""
_ANSWERED = {
    **{name: str(value) for name, value in SETTINGS.items()},
    **tables.SETTINGS,
    "output_format_decimal_trailing_zeros": "1",
    "output_format_json_quote_64bit_integers": "0",
    "output_format_json_quote_decimals": "1",
    "max_query_size": str(32 << 20),
}
_WRITTEN = {**tables.SETTINGS, "prefer_column_name_to_alias": "1", "output_format_parquet_string_as_string": "1"}
_log = structlog.get_logger()


class CentreTables:
    """What the sinks of sites have written. For any thread; `close` it once."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options, self._fence = options, fence
        self._idle: LifoQueue[ClickHouse] = LifoQueue(CENTRE_CLIENTS)
        self._form = TableForm((options.database, options.table), "", [], _KEY)
        self._tables = tables.tables(self._form, ())
        self._there: frozenset[str] = frozenset()
        self._looked_s = self._asked_s = -math.inf
        self._pbxs: dict[str, Pbx] = {}
        self._questions: dict[object, str] = {}

    def answer(self, question: str, values: Values, notes: Callable[[], str]) -> Iterator[list[Any]]:
        """Yield the names of the columns that a question of a ledger has, and then its rows; raises `Unavailable`.

        `notes` returns what people noted on calls, a list in JSON, where that is asked for.
        """
        asked = self._asked(question, values, notes)
        with self._lent() as server:
            lines = map(
                _decoded,
                server.lines(f"{asked} FORMAT JSONCompactEachRowWithNamesAndTypes", _bound(values), _ANSWERED),
            )
            names, kinds = next(lines), next(lines)
            yield names
            readers = [value_reader(kind) for kind in kinds]
            for row in lines:
                yield [None if value is None else read(value) for read, value in zip(readers, row, strict=True)]

    def columns(self, question: str, values: Values, notes: Callable[[], str]) -> dict[str, Any]:
        """Return the columns of a question by name, an array of NumPy each; raises `Unavailable`."""
        asked = self._asked(question, values, notes)
        with TemporaryDirectory(prefix="tollbook-centre-") as folder, self._lent() as server:
            file = Path(folder) / "answer.parquet"
            server.write(f"{asked} FORMAT Parquet", _bound(values), {**_ANSWERED, **_WRITTEN}, file)
            with duckdb.connect() as connection:
                return connection.execute("SELECT * FROM read_parquet($file)", {"file": str(file)}).fetchnumpy()

    def _asked(self, question: str, values: Values, notes: Callable[[], str]) -> str:
        self._look()
        asked = self._carried(question, values)
        return asked.replace(tables.NOTES, text(notes())) if tables.NOTES in asked else asked

    def _carried(self, question: str, values: Values) -> str:
        """Return a question as ClickHouse is asked it; to carry one over takes longer than most answers."""
        key = question, tuple((name, type(value)) for name, value in values.items())
        found = self._questions.get(key)
        if found is None:
            if len(self._questions) >= _REMEMBERED:
                self._questions.clear()
            found = self._questions[key] = carried(question, values, self._tables)
        return found

    def ledger(self, store: Store, scope: Scope) -> Ledger:
        """Return the ledger of the calls of all places that a scope takes in, of a site with a store of its own."""
        from tollbook.engine.centre.ledger import CentreLedger

        return CentreLedger(store, self, scope)

    def pbxs(self) -> dict[str, Pbx]:
        """Return the PBXs of all places by name, those of a moment ago where ClickHouse cannot be asked now."""
        if monotonic_s() - self._asked_s > _LOOK_S:
            self._asked_s = monotonic_s()
            try:
                self._look()
                self._pbxs = {each.name: each for each in self._asked_pbxs()}
            except Unavailable as fault:
                _log.warning("the PBXs of the places are not known", reason=str(fault))
        return self._pbxs

    def moment(self) -> datetime | None:
        """Return the moment by the clock of ClickHouse (UTC); None while no site has sent calls."""
        self._look()
        if self._options.table not in self._there:
            return None
        with self._lent() as server:
            return datetime.fromisoformat(str(server.row("SELECT now64(6, 'UTC')", {}, 1)[0]))

    def state(self) -> int:
        """Return a number that is another once the files of the table are, as after each insert."""
        with self._lent() as server:
            which = {"database": self._options.database, "table": self._options.table}
            return int(server.row(_STATE, which, 1)[0])

    def versions(self) -> str:
        """Return a text that is another once any table of a site is."""
        self._look()
        if tables.heads(self._form) not in self._there:
            return ""
        with self._lent() as server:
            asked = f"SELECT max({VERSION}), count() FROM {self._form.beside(PARTS)}"
            return " ".join(map(str, server.row(asked, {}, 2)))

    def write_table(self, table: str, path: Path) -> Path:
        """Write a table of all sites to a file of Parquet; return the file."""
        with self._lent() as server:
            server.write(f"{self._tables[table]} FORMAT Parquet", {}, _WRITTEN, path)
        return path

    def write_arrived(self, files: Mapping[str, Path], since: datetime | None, first: datetime) -> None:
        """Write to files of Parquet what `tables.arrived` asks for; without a moment all, as `tables.recent` does."""
        values = {"first": first.isoformat(" ")} | ({"since": since.isoformat(" ")} if since else {})
        asking = tables.arrived(self._form) if since else tables.recent(self._form)
        with self._lent() as server:
            for name, asked in asking.items():
                server.write(f"{asked} FORMAT Parquet", values, _WRITTEN, files[name])

    def close(self) -> None:
        """Close what connections there are."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _asked_pbxs(self) -> Iterator[Pbx]:
        if not {f"{self._form.table}_{PBXS}", tables.heads(self._form)} <= self._there:
            return
        with self._lent() as server:
            asked = f"{tables.pbxs(self._form)} FORMAT JSONCompactEachRow"
            for name, zone, dialect, plan in map(_decoded, server.lines(asked, {}, tables.SETTINGS)):
                yield Pbx(name=name, dialect=dialect, source="", timezone=zone, plan=msgspec.json.decode(plan))

    def _look(self) -> None:
        """Look now and then which tables there are, until all are."""
        if len(self._there) == _ALL or monotonic_s() - self._looked_s < _LOOK_S:
            return
        with self._lent() as server:
            found = server.rows(_THERE, {"database": self._options.database, "table": self._options.table})
        self._looked_s, self._there = monotonic_s(), frozenset(name for (name,) in found)
        self._tables = tables.tables(self._form, self._there)
        self._questions.clear()

    @contextmanager
    def _lent(self) -> Iterator[ClickHouse]:
        try:
            server = self._idle.get_nowait()
        except Empty:
            server = ClickHouse(self._options, self._fence, CENTRE_ANSWER)
        try:
            yield server
        except BaseException:
            server.close()
            raise
        try:
            self._idle.put_nowait(server)
        except Full:
            server.close()


def _bound(values: Values) -> dict[str, str]:
    return {name: text_of(each) if isinstance(each, list) else escaped(text_of(each)) for name, each in values.items()}


def _decoded(line: bytes) -> list[Any]:
    try:
        return msgspec.json.decode(line, type=list[Any])
    except (msgspec.DecodeError, UnicodeDecodeError):  # bytes of a record that are no text
        return msgspec.json.decode(line.decode("utf-8", "replace"), type=list[Any])
