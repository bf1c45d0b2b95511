"""The server killed, and the database's connections broken, while calls are handed on: table and store are equal."""

from __future__ import annotations

import random
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.clickhouse_server import a_clickhouse
from tests.fakes.commands import Commands, serving
from tests.fakes.databases import SERVERS, a_database, a_wire
from tests.fakes.hooks import a_hook
from tests.fakes.records import some_lines
from tests.fakes.sites import at_work, settle, until

ROUNDS, LINES_A_ROUND = 8, 60
BYTES_A_ROUND = 8_000
"""Fewer than the calls of a round are on their way to a database, so that the way is always cut."""
LONGEST_S = 1.0
"""The longest that a server is left at work by chance, once calls are being handed on."""


def in_store(site: Path) -> list[tuple[str, str, int]]:
    with at_work(site, sources=False) as engine:
        settle(engine)
        return sorted(
            (str(key), caller, talk_s)
            for key, caller, talk_s in engine.site.store.rows("SELECT id, caller, talk_s FROM call")
        )


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", SERVERS)
def test_a_table_equals_the_store_however_often_the_server_and_the_database_go(kind: str, tmp_path: Path) -> None:
    chance = random.Random(3)
    lines = some_lines(ROUNDS * LINES_A_ROUND)
    commands, folder = Commands(tmp_path / "site").made(), tmp_path / "watched"
    commands.run("pbx", "edit", "hts", "--set", "minimum-age=0.1s")
    with ExitStack() as stack:
        database = stack.enter_context(a_database(kind, tmp_path))
        wire = stack.enter_context(a_wire(database.port))
        settings = {**database.through(wire.port), "batch": "25"}
        sets = [word for name, text in settings.items() for word in ("--set", f"{name}={text}")]
        assert commands.run("sink", "add", "warehouse", "--kind", "sql", *sets).code == 0
        for number in range(ROUNDS):
            with serving(commands.site) as server:
                part = lines[number * LINES_A_ROUND : (number + 1) * LINES_A_ROUND]
                wire.cut(after_bytes=chance.randint(1, BYTES_A_ROUND))
                (folder / f"part{number}.csv").write_bytes(b"".join(part))
                until(lambda: wire.is_cut, patience_s=60)
                threading.Event().wait(chance.random() * LONGEST_S)
                wire.mend()
                threading.Event().wait(chance.random() * LONGEST_S)
                server.process.kill()
        with serving(commands.site):
            until(lambda: len(database.table()) == len(lines), patience_s=60)

        table = sorted((str(row["id"]), row["caller"], row["talk_s"]) for row in database.table())
    assert table == in_store(commands.site)
    assert len(table) == len(lines)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_clickhouse_equals_the_store_however_often_both_are_killed(tmp_path: Path) -> None:
    chance = random.Random(5)
    lines = some_lines(ROUNDS * LINES_A_ROUND)
    commands, folder = Commands(tmp_path / "site").made(), tmp_path / "watched"
    commands.run("pbx", "edit", "hts", "--set", "minimum-age=0.1s")
    with a_clickhouse(tmp_path / "clickhouse") as far:
        settings = {**far.settings, "batch": "25", "place": "Hamburg"}
        sets = [word for name, text in settings.items() for word in ("--set", f"{name}={text}")]
        assert commands.run("sink", "add", "centre", "--kind", "clickhouse", *sets).code == 0
        for number in range(ROUNDS):
            with serving(commands.site) as server:
                part = lines[number * LINES_A_ROUND : (number + 1) * LINES_A_ROUND]
                (folder / f"part{number}.csv").write_bytes(b"".join(part))
                threading.Event().wait(chance.random() * 2 * LONGEST_S)
                far.kill()
                threading.Event().wait(chance.random() * LONGEST_S)
                far.start()
                threading.Event().wait(chance.random() * LONGEST_S)
                server.process.kill()
        with serving(commands.site):
            until(lambda: len(far.table()) == len(lines), patience_s=60)

        table = sorted((row["id"], row["caller"], row["talk_s"]) for row in far.table("calls", "place = 'Hamburg'"))
    assert table == in_store(commands.site)
    assert len(table) == len(lines)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_webhook_has_every_call_once_by_its_change_however_often_the_server_is_killed(tmp_path: Path) -> None:
    chance = random.Random(4)
    lines = some_lines(ROUNDS * LINES_A_ROUND)
    commands, folder = Commands(tmp_path / "site").made(), tmp_path / "watched"
    commands.run("pbx", "edit", "hts", "--set", "minimum-age=0.1s")
    with a_hook() as hook:
        hook.fails = 0.5
        sets = ["--set", f"url={hook.url}", "--set", "batch=10", "--set", "tries=50"]
        assert commands.run("sink", "add", "crm", "--kind", "webhook", *sets).code == 0
        for number in range(ROUNDS):
            with serving(commands.site) as server:
                part = lines[number * LINES_A_ROUND : (number + 1) * LINES_A_ROUND]
                (folder / f"part{number}.csv").write_bytes(b"".join(part))
                until(lambda asked=hook.asked: hook.asked > asked, patience_s=60)  # type: ignore[misc]
                threading.Event().wait(chance.random() * LONGEST_S)
                server.process.kill()
        with serving(commands.site):
            until(lambda: len({call["id"] for call in hook.calls}) == len(lines), patience_s=120)
        told = Counter((call["id"], call["change"]) for call in hook.calls)

    again = sum(told.values()) - len(told)
    assert sorted(key for key, _ in told) == [key for key, _, _ in in_store(commands.site)]
    # A kill between an answer and the note of it lets at most that one delivery come again, its numbers the same.
    assert again <= ROUNDS * 10
