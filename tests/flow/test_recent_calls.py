"""A centre keeps the calls of the last days near: as they come, change and go at the sites, once each."""
# ruff: noqa: S608 - statements are of this test's own words and numbers

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tests.fakes.records import lines_of_yesterday, some_lines
from tests.fakes.sites import a_pbx, at_work, handed_on, import_file, until
from tollbook import clock
from tollbook.engine.engine import Engine
from tollbook.engine.site import Site
from tollbook.model.fence import FILE
from tollbook.model.missed import MissedSettings
from tollbook.model.problem import Misconfigured
from tollbook.model.sink import Sink
from tollbook.store.ledger import Ledger
from tollbook.store.questions import CallListing, calls
from tollbook.store.store import Store

LINES = b"".join(some_lines(300))
FACTS = "started_local, started_at, direction, outcome, caller, called, extension, talk_s, position"


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with a_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


pytestmark = pytest.mark.slow


class CentreAndSite:
    """A centre, and a site whose calls come to it: moved to yesterday, since old ones are not kept near."""

    def __init__(self, folder: Path, clickhouse: ClickHouseServer) -> None:
        self._folder, self._clickhouse = folder, clickhouse
        self._stack = ExitStack()
        for path in (folder / "site", folder / "centre"):
            path.mkdir(mode=0o700)
        table = f"calls_{folder.name.replace('-', '_')}"
        (folder / "centre/tollbook.toml").write_text(
            f'[store]\nurl = "{clickhouse.settings["url"]}"\ntable = "{table}"\n'
        )
        settings = {**clickhouse.settings, "place": "Hamburg", "table": table}
        self.sink = Sink(name="centre", kind="clickhouse", columns="ledger", settings=settings)
        self.site = self._stack.enter_context(at_work(folder / "site", a_pbx(path=str(folder)), sinks=[self.sink]))
        self.centre: Engine

    def begin(self) -> None:
        """Have the centre work."""
        self.centre = self._stack.enter_context(at_work(self._folder / "centre"))

    def alter(self, *statements: str) -> None:
        """Alter calls of the site, each of them with a new number, and wait until they are handed on."""
        last = self.site.site.store.position().last + 1
        for statement in statements:
            self.site.site.store._writer.execute(statement.format(last=last))  # noqa: SLF001 - what the pipeline does is tried by its own tests
        self.site.site.store._writer.execute(f"UPDATE changes SET last = {last}")  # noqa: SLF001 - the same
        self.site.sinks.news()
        handed_on(self.site, "centre")

    def near(self) -> list[tuple[object, ...]]:
        return facts(self.centre.site.store)

    def at_the_site(self) -> list[tuple[object, ...]]:
        return facts(self.site.site.store)

    def close(self) -> None:
        self._stack.close()


def facts(store: Store) -> list[tuple[object, ...]]:
    return store.rows(f"SELECT {FACTS} FROM call ORDER BY ALL")


@pytest.fixture
def both(tmp_path: Path, clickhouse: ClickHouseServer) -> Iterator[CentreAndSite]:
    made = CentreAndSite(tmp_path, clickhouse)
    import_file(made.site, "hts", LINES)
    ago = (clock.now().replace(tzinfo=None) - datetime(2024, 1, 8)).days - 1  # noqa: DTZ001 - a wall time
    moved = ", ".join(f"{name} = {name} + INTERVAL {ago} DAY" for name in ("started_at", "ended_at", "started_local"))
    made.alter(f"UPDATE call SET {moved}, change = {{last}}, meaning = {{last}}")
    made.begin()
    yield made
    made.close()


def test_calls_come_change_and_go_near_as_they_do_at_the_site(both: CentreAndSite) -> None:
    until(lambda: both.near() == both.at_the_site())
    assert {pbx for (pbx,) in both.centre.site.store.rows("SELECT pbx FROM call")} == {"Hamburg/hts"}

    before = both.centre.site.store.position()
    both.alter("UPDATE call SET caller = '5550177', change = {last}, meaning = {last} WHERE position < 900")
    until(lambda: both.near() == both.at_the_site())
    changed = both.centre.site.store.rows(f"SELECT caller FROM call WHERE change > {before.last}")
    assert {caller for (caller,) in changed} == {"5550177"}
    assert both.centre.site.store.position().epoch == before.epoch

    going = "SELECT id FROM call WHERE position > 20000"
    both.alter(f"INSERT INTO gone SELECT id, {{last}} FROM ({going})", f"DELETE FROM call WHERE id IN ({going})")
    until(lambda: both.near() == both.at_the_site())
    assert both.centre.site.store.rows("SELECT count(*) > 0 FROM gone") == [(True,)]


def test_calls_of_two_sites_whose_pbxs_and_numbers_are_alike_are_near_side_by_side(
    both: CentreAndSite, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    other = msgspec.structs.replace(both.sink, settings={**both.sink.settings, "place": "Bremen"})
    lines = b"".join(lines_of_yesterday(20))

    with at_work(tmp_path / "other", a_pbx(path=str(tmp_path)), sinks=[other]) as engine:
        import_file(engine, "hts", lines)
        handed_on(engine, "centre")
        counted = "SELECT pbx, count(*) FROM call GROUP BY ALL ORDER BY ALL"
        until(lambda: both.centre.site.store.rows(counted) == [("Bremen/hts", 20), ("Hamburg/hts", 300)])
        for limit in (0, 50, 200):
            listed = [call["started_at"] for call in calls(both.centre.site.ledger(), CallListing(limit=limit))]
            assert listed == sorted(listed, reverse=True)
        tallied = "SELECT pbx, calls FROM tally ORDER BY ALL"
        until(lambda: len(both.centre.site.store.rows(tallied)) == 2, patience_s=60)
    assert both.centre.lag().trouble == ""


def test_what_is_met_twice_is_no_change(both: CentreAndSite) -> None:
    until(lambda: both.near() == both.at_the_site())
    before = both.centre.site.store.position()
    looked = both.centre.site.store.rows("SELECT arrived FROM recent")

    until(lambda: both.centre.site.store.rows("SELECT arrived FROM recent") > looked)

    assert both.centre.site.store.position() == before


def test_a_call_that_comes_or_changes_at_a_site_is_told_to_whoever_listens_at_the_centre(both: CentreAndSite) -> None:
    until(lambda: both.near() == both.at_the_site())

    async def listen() -> list[dict[str, Any]]:
        batches = both.centre.feed.stream()
        waiting = asyncio.ensure_future(anext(batches))
        await asyncio.to_thread(until, lambda: both.centre.feed.listeners == 1)
        await asyncio.to_thread(
            both.alter, "UPDATE call SET caller = '5550177', change = {last}, meaning = {last} WHERE position < 900"
        )
        async with asyncio.timeout(30):
            return await waiting

    told = asyncio.run(listen())

    assert {(call["caller"], call["pbx"]) for call in told} == {("5550177", "Hamburg/hts")}
    at_the_centre = {str(key) for (key,) in both.centre.site.ledger().rows("SELECT id FROM call")}
    assert {call["id"] for call in told} <= at_the_centre


def test_missed_calls_are_followed_at_the_centre(both: CentreAndSite) -> None:
    until(lambda: both.near() == both.at_the_site())
    for engine in (both.site, both.centre):
        engine.missed_watch.settings = lambda: MissedSettings(span_days=10)
        engine.missed_watch.apply()
        engine.missed_watch.brought_up()

    query = "SELECT local, number, closed_how, is_again FROM missed.tries ORDER BY ALL"
    found = Ledger(both.centre.site.store).rows(query)
    assert found == Ledger(both.site.site.store).rows(query)
    assert found


def test_calls_that_become_old_are_let_go_and_stay_in_clickhouse(both: CentreAndSite) -> None:
    until(lambda: both.near() == both.at_the_site())
    count = len(both.near())
    later = timedelta(days=40)
    both.alter(
        f"UPDATE call SET started_at = started_at - INTERVAL {later.days} DAY, change = {{last}}, meaning = {{last}}, "
        f"started_local = started_local - INTERVAL {later.days} DAY WHERE position < 9000"
    )

    until(lambda: len(both.near()) < count)
    assert both.centre.site.ledger().rows("SELECT count(*) FROM call") == [(count,)]


def test_a_site_with_records_of_its_own_cannot_become_a_centre(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        import_file(engine, "hts", LINES)
    (tmp_path / "site" / FILE).write_text('store = "clickhouse://127.0.0.1:1/default"\n')

    with pytest.raises(Misconfigured, match="this site cannot be a centre") as refused:
        Site.open(tmp_path / "site", purpose="a test")
    assert "serve another folder as the centre" in refused.value.problems[0].help


def test_a_centre_says_that_it_cannot_read_the_newest_calls_and_goes_on_once_it_can(
    both: CentreAndSite, clickhouse: ClickHouseServer
) -> None:
    until(lambda: both.near() == both.at_the_site())
    clickhouse.kill()
    until(lambda: "the newest calls of the sites cannot be read" in both.centre.lag().trouble)

    clickhouse.start()

    until(lambda: both.centre.lag().trouble == "", patience_s=60)


def test_a_centre_without_the_package_that_it_needs_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text('store = "clickhouse://127.0.0.1:1/default"\n')
    monkeypatch.setattr("tollbook.engine.centre.opening.find_spec", lambda _name: None)

    with pytest.raises(Misconfigured, match="this site cannot be a centre") as refused:
        Site.open(tmp_path, purpose="a test")
    assert "sqlglot" in refused.value.problems[0].help
