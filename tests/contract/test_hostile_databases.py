"""The sink `sql` against servers that are not what they seem: they get no file, password, thread or memory."""

from __future__ import annotations

import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes import hostile_databases as hostile
from tests.fakes.databases import a_database
from tests.fakes.hostile_databases import HostileServer, a_server
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, handed_on, import_file, sink_health, until
from tollbook.model.health import State
from tollbook.model.problem import Unavailable
from tollbook.model.sink import Field, FieldType, Sink
from tollbook.plugins import read_options
from tollbook.simulator.certificates import Certificate, WantedCertificate, make
from tollbook.sinks.contract import Around
from tollbook.sinks.sql.options import Options
from tollbook.sinks.sql.table import SqlTable, connect


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make(tmp_path_factory.mktemp("tls"), WantedCertificate(since=datetime.now(UTC) - timedelta(days=1)))


AROUND = Around(name="warehouse", fields=[Field("id", FieldType.ID)], key="id")


def a_sink(server: HostileServer, scheme: str = "mysql", **settings: str) -> Sink:
    kept = {"url": f"{scheme}://127.0.0.1:{server.port}/calls", "username": "u", "password": "s3cret", "timeout": "1s"}
    return Sink(name="warehouse", kind="sql", settings={**kept, **settings})


def a_table(sink: Sink) -> SqlTable:
    return connect(read_options(Options, sink.settings, "sink w"), AROUND)


def refused(sink: Sink) -> Unavailable:
    table = a_table(sink)
    try:
        with pytest.raises(Unavailable) as fault:
            table.problems()
    finally:
        table.close()
    return fault.value


def test_a_server_that_asks_for_a_file_gets_none_and_a_person_is_told(tmp_path: Path) -> None:
    token = tmp_path / "api-token"
    token.write_text("the token of the site")
    with a_server(hostile.asking_for(token)) as server:
        sinks = [a_sink(server)]
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=sinks) as engine:
            until(lambda: sink_health(engine, "warehouse").state is State.NEEDS_ATTENTION)
            told = sink_health(engine, "warehouse").message
            tested = engine.sinks.test("warehouse").message

        assert "asks for a file of this machine and got none" in told
        assert "asks for a file" in tested
        assert b"SET NAMES" in server.heard
        assert b"the token of the site" not in server.heard


@pytest.mark.parametrize(
    ("scheme", "treat"),
    [("mysql", hostile.letting_anybody_in), ("postgresql", hostile.postgres_without_tls)],
)
@pytest.mark.parametrize("choice", ["verified", "unverified"])
def test_a_server_without_tls_is_told_neither_name_nor_password(
    scheme: str,
    treat: Callable[[HostileServer, object], None],
    choice: str,
) -> None:
    with a_server(treat) as server:
        fault = refused(a_sink(server, scheme, tls=choice))

        assert fault.permanent
        assert "no TLS with the database" in str(fault)
        assert "tls=off" in str(fault)
        assert b"s3cret" not in server.heard
        assert b"calls" not in server.heard


def test_a_server_with_a_certificate_that_nobody_vouches_for_is_told_nothing(certificate: Certificate) -> None:
    with a_server(hostile.letting_anybody_in, certificate.context()) as server:
        fault = refused(a_sink(server, tls="verified"))

        assert fault.permanent
        assert "certificate" in str(fault)
        assert b"calls" not in server.heard


def test_a_server_whose_authority_is_trusted_is_logged_in_to_over_tls(certificate: Certificate) -> None:
    with a_server(hostile.letting_anybody_in, certificate.context()) as server:
        fault = refused(a_sink(server, tls="verified", **{"ca-file": str(certificate.authority)}))

        assert "does not answer" in str(fault)
        assert b"SET NAMES" in server.heard


@pytest.mark.parametrize("choice", ["verified", "unverified"])
def test_calls_come_over_tls_into_postgresql(choice: str, certificate: Certificate, tmp_path: Path) -> None:
    with (
        a_database("postgresql", tmp_path) as database,
        a_server(hostile.tls_before(database.port), certificate.context()) as server,
    ):
        settings = {**database.through(server.port), "tls": choice, "ca-file": str(certificate.authority)}
        sink = Sink(name="warehouse", kind="sql", settings=settings)
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
            import_file(engine, "hts", b"".join(some_lines(20)))
            handed_on(engine, "warehouse")

            assert len(database.table()) == 20
            assert b"tollbook_test" in server.heard


@pytest.mark.parametrize("scheme", ["mysql", "postgresql"])
def test_a_server_that_never_answers_is_given_up(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollbook.sinks.sql.arguments.CONNECT_S", 2)
    with a_server(hostile.silent) as server:
        fault = refused(a_sink(server, scheme))

        assert "does not answer" in str(fault)
        assert not fault.permanent


def test_a_server_that_answers_drop_by_drop_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollbook.sinks.sql.table.TIMES", 0.5)
    with a_server(hostile.dripping) as server:
        fault = refused(a_sink(server))

        assert "longer than 0.5 s in all" in str(fault)


def test_a_server_that_answers_for_ever_takes_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with a_server(hostile.answering_for_ever) as server:
        fault = refused(a_sink(server, timeout="60s"))

    assert "more than 16,777,216 bytes" in str(fault)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000
