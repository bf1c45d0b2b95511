"""Sites, broker, loader, ClickHouse and the centre killed at random while sites send: it knows what the sites know."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tests.fakes.commands import PASSWORD, Commands, serving
from tests.fakes.loaders import a_loader
from tests.fakes.nats_server import NatsServer, a_nats_server
from tests.fakes.records import lines_of_yesterday
from tests.fakes.sites import ZONE, at_work, settle, until
from tollbook import clock
from tollbook.model.fence import FILE
from tollbook.model.report import ReportRow
from tollbook.reports.known import reports
from tollbook.reports.running import ReportRun, run
from tollbook.store.ledger import Ledger

LINES_AT_ONCE = 40
NEAR = (
    "SELECT started_local, caller, called, extension, outcome, talk_s, price, assignment IS NULL FROM call ORDER BY ALL"
)
REPORTS = ("by-extension", "by-trunk", "by-hour")
LONGEST_S = 1.0
"""The longest that anything is left at work, or down, by chance."""


class Killable(Protocol):
    """What can be killed and started again."""

    def kill(self) -> None: ...

    def start(self) -> None: ...


class Known(NamedTuple):
    """What is known of the calls of a place: rows, what is near of them, and what each of some reports says of them."""

    rows: list[tuple[Any, ...]]
    near: list[tuple[Any, ...]]
    reports: dict[str, list[ReportRow]]


def reported(ledger: Ledger, words: dict[str, str]) -> dict[str, list[ReportRow]]:
    made_at = clock.now()
    first = f"{made_at - timedelta(days=7):%Y-%m-%d}"
    wanted = ReportRun(words={"from": first, **words}, today=made_at.date(), zone=ZONE, made_at=made_at)
    return {slug: sorted(run(ledger, reports()[slug], wanted).rows, key=repr) for slug in REPORTS}


class Place:
    """A site that can be killed, with the folder that its PBX writes to."""

    def __init__(self, base: Path, name: str, broker: NatsServer) -> None:
        base.mkdir()
        self.name, self._parts = name, 0
        self.commands, self._watched = Commands(base / "site").made(), base / "watched"
        self.commands.run("pbx", "edit", "hts", "--set", "minimum-age=0.1s")
        settings = {**broker.settings, "place": name, "batch": "25"}
        sets = [word for option, text in settings.items() for word in ("--set", f"{option}={text}")]
        assert self.commands.run("sink", "add", "centre", "--kind", "nats", "--columns", "ledger", *sets).code == 0
        self._at_work = ExitStack()

    def start(self) -> None:
        """Serve."""
        self._server = self._at_work.enter_context(serving(self.commands.site))

    def kill(self) -> None:
        """End it in whatever it is doing."""
        self._server.process.kill()
        self._at_work.close()

    def write(self, lines: list[bytes]) -> None:
        """Have the PBX write lines."""
        (self._watched / f"part{self._parts}.csv").write_bytes(b"".join(lines))
        self._parts += 1

    def known(self) -> Known:
        """Return what it knows of its calls; it does not run."""
        with at_work(self.commands.site, sources=False) as engine:
            settle(engine)
            query = "SELECT id::VARCHAR, started_local::VARCHAR, caller, talk_s FROM call ORDER BY 1"
            store = engine.site.store
            return Known(store.rows(query), store.rows(NEAR), reported(engine.site.ledger(), {}))


class Centre:
    """A Tollbook that answers for all sites, and can be killed."""

    def __init__(self, folder: Path, clickhouse: ClickHouseServer) -> None:
        self.site, self._at_work = folder / "centre", ExitStack()
        password = folder / "password"
        password.write_text(PASSWORD)
        assert Commands(self.site).run("init", "--password-file", str(password)).code == 0
        (self.site / FILE).write_text(f'[store]\nurl = "{clickhouse.settings["url"]}"\n')

    def start(self) -> None:
        """Serve."""
        self._server = self._at_work.enter_context(serving(self.site))

    def kill(self) -> None:
        """End it in whatever it is doing."""
        self._server.process.kill()
        self._at_work.close()

    def known(self, clickhouse: ClickHouseServer, wanted: dict[str, int]) -> dict[str, Known]:
        """Return by its name what is known of each place, once what is near is as many calls as are wanted."""
        with at_work(self.site) as engine:
            store, ledger = engine.site.store, engine.site.ledger()
            until(lambda: store.rows("SELECT count(*) FROM call") == [(sum(wanted.values()),)], patience_s=60)
            return {
                place: Known(
                    _rows(clickhouse, place),
                    store.rows(NEAR.replace("FROM call", f"FROM call WHERE pbx = '{place}/hts'")),
                    reported(ledger, {"site": place}),
                )
                for place in wanted
            }


def _rows(clickhouse: ClickHouseServer, place: str) -> list[tuple[Any, ...]]:
    rows = clickhouse.table(where=f"place = '{place}'")
    return sorted((row["id"], row["started_local"][:19], row["caller"], row["talk_s"]) for row in rows)


def counts(clickhouse: ClickHouseServer) -> dict[str, int]:
    """Return how many calls each place has there, not asked for more often than leaves room for loaders."""
    threading.Event().wait(LONGEST_S)
    if not clickhouse.ask("SELECT name FROM system.tables WHERE name = 'calls'"):
        return {}
    rows = clickhouse.ask("SELECT place, count() AS calls FROM calls FINAL GROUP BY place")
    return {row["place"]: row["calls"] for row in rows}


def rehearse(folder: Path, *, places: int, kills: int, seed: int) -> None:
    chance, sent = random.Random(seed), dict[str, int]()
    with ExitStack() as stack:
        clickhouse = stack.enter_context(a_clickhouse(folder / "clickhouse"))
        broker = stack.enter_context(a_nats_server(folder / "nats"))
        loader = stack.enter_context(a_loader(broker.settings, clickhouse.settings, folder))
        centre = Centre(folder, clickhouse)
        centre.start()
        stack.callback(centre.kill)
        sites = [Place(folder / f"place{number}", f"Place {number}", broker) for number in range(places)]
        for number, each in enumerate(sites):
            each.start()
            stack.callback(each.kill)
            sent[each.name] = number * 7
        lines = lines_of_yesterday(kills * LINES_AT_ONCE + 7 * places)
        for _ in range(kills):
            for each in chance.sample(sites, min(3, places)):
                each.write(lines[sent[each.name] : sent[each.name] + LINES_AT_ONCE])
                sent[each.name] += LINES_AT_ONCE
            threading.Event().wait(chance.random() * LONGEST_S)
            killables: list[Killable] = [chance.choice(sites), broker, loader, clickhouse, centre]
            killed = chance.choice(killables)
            killed.kill()
            threading.Event().wait(chance.random() * LONGEST_S)
            killed.start()
        wanted = {each.name: sent[each.name] - number * 7 for number, each in enumerate(sites)}
        until(lambda: counts(clickhouse) == wanted, patience_s=240)
        loader.kill()
        centre.kill()
        there = centre.known(clickhouse, wanted)
        stack.pop_all().close()
    for each in sites:
        assert there[each.name] == each.known()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_centre_holds_what_its_sites_hold_however_often_anything_is_killed(tmp_path: Path) -> None:
    rehearse(tmp_path, places=3, kills=10, seed=11)
