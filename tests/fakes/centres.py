"""The site of cases, handed on to ClickHouse by its sink and asked for there, as a centre asks for its calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tollbook.engine.centre.asking import CentreTables
from tollbook.engine.centre.ledger import CentreLedger
from tollbook.model.fence import Fence
from tollbook.model.pbx import Pbx
from tollbook.plugins import read_options
from tollbook.reports.case_site import CaseSite, LaidOut, small_site
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.table import ClickHouseTable
from tollbook.sinks.contract import Around
from tollbook.store import outgoing
from tollbook.store.filters import ALL
from tollbook.store.ledger import EVERYTHING, Ledger, Scope
from tollbook.store.outgoing import ChangeQuery
from tollbook.store.site_tables import NAMES, SiteTables
from tollbook.store.store import Store

PBX = Pbx(name="desk", dialect="panasonic-kx-hts", source="folder", timezone=small_site().zone)


class HandedSite(CaseSite):
    """The site of cases and its sink; what is laid out is handed on, and what it takes the place of is gone."""

    def __init__(self, store: Store, server: ClickHouseServer, folder: Path, place: str) -> None:
        super().__init__(store)
        self.store, self._folder = store, folder
        options = read_options(Options, {**server.settings, "place": place}, "a test")
        self.places = CentreTables(options, Fence())
        self._form = outgoing.form_of(Ledger(store), "ledger", ALL)
        self._sink = ClickHouseTable(options, Around(name="centre", fields=self._form.fields, key=self._form.key))
        self._there: set[str] = set()
        self._tables: dict[str, str] = {}

    def ledger_of(self, wanted: LaidOut, scope: Scope = EVERYTHING) -> Ledger:
        is_new = wanted != self._laid
        super().ledger_of(wanted)
        if is_new:
            self.hand_on()
        return CentreLedger(self.store, self.places, scope)

    def hand_on(self) -> None:
        """Hand everything on that the store has."""
        with self.store.cursor() as cursor:
            cursor.execute(
                "UPDATE changes SET last = (SELECT coalesce(max(greatest(change, meaning)), 0) + 1 FROM call)"
            )
        tables = SiteTables(Ledger(self.store), [PBX])
        for name in NAMES:
            if (digest := tables.digest(name)) != self._tables.get(name):
                with tables.written(name, self._folder / "table", 0) as table:
                    self._sink.take_table(table)
                self._tables[name] = digest
        _, window = outgoing.window(Ledger(self.store), self._form, ChangeQuery(after=0, most=1_000_000))
        assert window
        with closing(window):
            window.write(self._folder / "calls.parquet", self._sink.file)
            ids = {str(row[0]) for row in window.rows()}
            window.gone = sorted(self._there - ids)
            self._sink.deliver(window)
        self._there = ids

    def close(self) -> None:
        """Close all connections."""
        self._sink.close()
        self.places.close()


@contextmanager
def handed_sites(folder: Path, *places: str) -> Iterator[list[HandedSite]]:
    """Give sites of cases, each for a place, whose calls are asked for in one ClickHouse."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        server = stack.enter_context(a_clickhouse(folder / "clickhouse"))
        stores = [stack.enter_context(closing(Store(Path(":memory:")))) for _ in places]
        yield [
            stack.enter_context(closing(HandedSite(store, server, folder, place)))
            for store, place in zip(stores, places, strict=True)
        ]
