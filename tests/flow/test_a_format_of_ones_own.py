"""A format that nobody knew this morning: one folder put into a running site, and a PBX that writes it over TCP."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.fakes.peers import free_port
from tests.fakes.sites import at_work, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured

LAYOUT = """
title = "Abacus"
vendor = "Example"
models = ["A-1"]
certainty = "made up for this test"
framing = "lines"
encodings = ["utf-8"]
evidence = []

[[record]]
name = "call"
form = "fixed"
shape = ["99.99.99 99:99:99 A"]
columns = [
  { name = "date", at = [0, 8], kind = "date", form = ["DD.MM.YY"], means = "day" },
  { name = "time", at = [9, 8], kind = "time", form = ["hh:mm:ss"], means = "start" },
  { name = "way", at = [18, 1], match = "^[IO]$", means = "in or out" },
  { name = "extension", at = [20, 4], means = "extension" },
  { name = "trunk", at = [25, 2], means = "line" },
  { name = "number", at = [28, 12], means = "the other side" },
  { name = "talk_s", at = [40, 8], kind = "seconds", means = "talk time" },
]

[[rule]]
when = { way = "I" }
gives = { direction = "incoming" }

[[skip]]
match = '^=+$'
reason = "rule"
"""
LINES = b"""\
==============================================
02.03.26 09:30:00 I 101  01 2125550142      62
02.03.26 09:31:00 O 102  02 2125550143       0
02.03.26 09:32:00 X 102  02 2125550143       9
"""


def abacus(port: int) -> Pbx:
    settings = {"listen": f"127.0.0.1:{port}"}
    return Pbx(name="abacus", dialect="abacus", source="tcp_server", timezone="UTC", settings=settings)


def put(site: Path, text: str = LAYOUT) -> None:
    folder = site / "dialects" / "abacus"
    folder.mkdir(parents=True)
    (folder / "dialect.toml").write_text(text)


def send(engine: Engine, port: int) -> None:
    until(lambda: all(each.state is not State.STARTING for each in engine.health()))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(LINES)
        until(lambda: engine.site.journal.last_entry() > 0)
    until(lambda: len(engine.site.store.rows("SELECT 1 FROM reject")) == 1)
    settle(engine)


def calls(engine: Engine) -> list[tuple[object, ...]]:
    return engine.site.store.rows(
        "SELECT direction, outcome, caller, called, trunk, talk_s FROM calls ORDER BY started_at",
    )


def test_a_folder_in_a_running_site_is_all_that_a_new_pbx_needs(tmp_path: Path) -> None:
    port = free_port()
    pbxs: list[Pbx] = []
    with at_work(tmp_path) as engine:
        engine._directory = lambda: pbxs  # noqa: SLF001 - what the site's database would give
        with pytest.raises(Misconfigured, match="no dialect is called 'abacus'"):
            engine.catalogue.layout_of("abacus")
        put(tmp_path)
        pbxs.append(abacus(port))
        engine.apply()
        send(engine, port)

        assert calls(engine) == [
            ("incoming", "answered", "2125550142", "101", "01", 62),
            ("outgoing", "unanswered", "102", "2125550143", "02", 0),
        ]
        assert engine.site.store.rows("SELECT reason FROM rejects") == [("way is not text that fits ^[IO]$: 'X'",)]
        assert engine.site.store.rows("SELECT reason, frames FROM skip") == [("rule", 1)]


def test_a_format_mended_later_turns_its_rejects_into_calls(tmp_path: Path) -> None:
    port = free_port()
    put(tmp_path)
    with at_work(tmp_path, abacus(port)) as engine:
        send(engine, port)
        (tmp_path / "dialects" / "abacus" / "dialect.toml").write_text(LAYOUT.replace("^[IO]$", "^[IOX]$"))

        assert engine.retry_rejects("abacus") == 1
        assert [row[5] for row in calls(engine)] == [62, 0, 9]


def test_history_is_read_by_other_processes_in_the_sites_own_format(tmp_path: Path) -> None:
    put(tmp_path)
    line = b"02.03.26 09:30:00 I 101  01 2125550142      62\n"
    many = b"".join(line.replace(b"      62", b"%8d" % number) for number in range(120_000))
    with at_work(tmp_path, abacus(free_port()), sources=False) as engine:
        body = engine.begin_import("abacus", "old.txt")
        engine.take(body, many)
        engine.finish_import(body)
        until(lambda: engine.import_state(body).done, 60)

        assert engine.site.store.rows("SELECT count(*), max(talk_s) FROM calls") == [(120_000, 119_999)]
