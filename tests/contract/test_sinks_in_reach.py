"""Sinks go where the fence lets them, as it is when they go: a name is looked up and a link followed then."""

from __future__ import annotations

import sqlite3
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.fakes import hostile_databases as hostile
from tests.fakes.hostile_databases import a_server
from tests.fakes.sites import a_pbx, at_work
from tollbook.gate import OutOfReach
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured
from tollbook.model.sink import Field, FieldType, Sink
from tollbook.plugins import read_options
from tollbook.sinks import known
from tollbook.sinks.contract import Around, Open

NARROW = Fence(networks=(ip_network("192.0.2.0/24"),))


def opened(kind: str, fence: Fence, **settings: str) -> Open:
    around = Around(name="w", fields=[Field("id", FieldType.ID)], key="id", fence=fence)
    options = read_options(known.options_of(kind), {"timeout": "2s", **settings}, "sink w")
    return known.opener_of(kind)(options, around)


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("sql", "mysql://localhost:{}/calls"),
        ("sql", "postgresql://localhost:{}/calls"),
        ("webhook", "http://localhost:{}/hook"),
        ("clickhouse", "clickhouse://localhost:{}/calls"),
    ],
)
def test_an_address_behind_a_name_is_looked_at_before_anything_is_said_to_it(kind: str, url: str) -> None:
    with a_server(hostile.silent) as server:
        sink = opened(kind, NARROW, url=url.format(server.port))
        with pytest.raises(OutOfReach, match="outside the networks"):
            sink.problems()
        sink.close()

        assert server.heard == b""


def test_a_database_in_a_file_of_the_sites_own_is_refused_when_it_is_set(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="out of reach"):
        opened("sql", Fence(site=str(tmp_path)), url=f"sqlite:///{tmp_path}/site.sqlite")


def test_a_database_in_a_file_is_looked_at_again_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    sqlite3.connect(tmp_path / "site" / "own").close()
    sink = opened("sql", Fence(site=str(tmp_path / "site")), url=f"sqlite:///{tmp_path}/calls.sqlite")
    (tmp_path / "calls.sqlite").symlink_to(tmp_path / "site" / "own")

    with pytest.raises(OutOfReach, match="Tollbook's own files"):
        sink.problems()
    sink.close()


def test_a_file_of_a_password_is_not_taken_from_the_site(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        settings = {"url": "mysql://127.0.0.1/calls", "password-file": str(tmp_path / "site" / "api-token")}
        problems = engine.sinks.misfits(Sink(name="w", kind="sql", settings=settings))

        assert ["password-file" in each.what for each in problems] == [True]
