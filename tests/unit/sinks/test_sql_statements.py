"""The statements for databases that cannot be had here, as SQLAlchemy compiles them; no server has run them."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, oracle
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateTable

from tollbook.installing import install_command
from tollbook.model.problem import Misconfigured
from tollbook.model.sink import Field, FieldType
from tollbook.plugins import read_options
from tollbook.sinks.contract import Around
from tollbook.sinks.sql import drivers
from tollbook.sinks.sql.arguments import arguments
from tollbook.sinks.sql.columns import MADE
from tollbook.sinks.sql.options import Options
from tollbook.sinks.sql.table import connect
from tollbook.sinks.sql.writers import Into, _in_statements, inserting, updating

DIALECTS: dict[str, sa.Dialect] = {"mssql": mssql.dialect(), "oracle": oracle.dialect()}  # type: ignore[no-untyped-call] # SQLAlchemy has not typed their constructors
FIELDS = [Field("id", FieldType.ID), Field("Call time", FieldType.LOCAL), Field("caller", FieldType.TEXT)]
AROUND = Around(name="w", fields=FIELDS, key="id")


def into() -> Into:
    table = sa.Table("calls", sa.MetaData(), *(sa.Column(each.name, MADE[each.type]) for each in FIELDS))
    return Into.of(table, FIELDS, "id")


def compiled(statement: sa.ClauseElement, name: str) -> str:
    return " ".join(str(statement.compile(dialect=DIALECTS[name])).split())


@pytest.mark.parametrize("name", DIALECTS)
def test_a_row_is_updated_by_its_key_with_every_value_bound(name: str) -> None:
    text = compiled(updating(into()), name)

    assert text.startswith("UPDATE calls SET")
    assert "given_1" in text
    assert text.count("given_0") == 1
    assert text.index("WHERE") < text.index("given_0")


def test_sql_server_inserts_a_row_where_its_key_is_not_there() -> None:
    text = compiled(inserting(into()), "mssql")

    assert text.startswith("INSERT INTO calls (id, [Call time], caller) SELECT")
    assert "WHERE NOT (EXISTS (SELECT * FROM calls WHERE calls.id = :given_0))" in text


def test_oracle_inserts_a_row_where_its_key_is_not_there() -> None:
    text = compiled(inserting(into()), "oracle")

    assert text.startswith('INSERT INTO calls (id, "Call time", caller) SELECT')
    assert "FROM DUAL WHERE NOT (EXISTS" in text


@pytest.mark.parametrize(
    ("version", "is_mariadb", "hidden"),
    [((8, 0, 22), False, False), ((8, 0, 23), False, True), ((10, 2, 9), True, False), ((10, 11, 19), True, True)],
)
def test_rows_are_numbered_unseen_where_the_server_knows_such_columns(
    version: tuple[int, ...],
    is_mariadb: bool,  # noqa: FBT001 - a parameter of the test
    hidden: bool,  # noqa: FBT001 - the same
) -> None:
    dialect = mysql.dialect(is_mariadb=is_mariadb)
    dialect.server_version_info = version
    options = read_options(Options, {"url": "mysql://db.example/calls"}, "sink w")

    text = str(CreateTable(connect(options, AROUND).wanted(dialect)).compile(dialect=dialect))

    assert ("INVISIBLE" in text, "PRIMARY KEY (tollbook_row)" in text, "UNIQUE (id)" in text) == (hidden,) * 3
    assert ("PRIMARY KEY (id)" in text) is not hidden


@pytest.mark.parametrize(
    ("name", "types"),
    [("mssql", ("VARCHAR(36)", "DATETIME", "NVARCHAR")), ("oracle", ("VARCHAR2(36", "DATE", "VARCHAR2(2000"))],
)
def test_a_table_is_made_with_types_that_the_database_has(name: str, types: tuple[str, ...]) -> None:
    text = str(CreateTable(into().table).compile(dialect=DIALECTS[name]))

    assert [each for each in types if each not in text] == []


def test_a_driver_that_is_not_installed_is_named_with_the_command_that_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = drivers.Driver("oracle+oracledb", "no_such_driver", "oracledb")
    monkeypatch.setitem(drivers.DRIVERS, "oracle", missing)
    options = read_options(Options, {"url": "oracle://192.0.2.1/calls"}, "sink w")

    with pytest.raises(Misconfigured) as fault:
        connect(options, AROUND)

    assert fault.value.problems[0].help.endswith(install_command("oracledb"))


def test_the_drivers_of_the_databases_that_are_tried_come_with_the_program() -> None:
    lock = (Path(__file__).parents[3] / "requirements.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))

    assert {"psycopg", "psycopg-binary", "pymysql"} <= locked


def test_a_secret_in_the_query_of_a_url_is_refused_without_being_repeated() -> None:
    with pytest.raises(Misconfigured) as fault:
        read_options(Options, {"url": "postgresql://192.0.2.1/calls?user=u&sslpassword=hunter"}, "sink w")

    assert "without a secret" in str(fault.value)
    assert "hunter" not in str(fault.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://192.0.2.1/calls?local_infile=1",
        "mysql://192.0.2.1/calls?read_default_file=/etc/my.cnf",
        "mysql://192.0.2.1/calls?init_command=SELECT%201",
        "mysql://192.0.2.1/calls?unix_socket=run/x.sock",
        "mariadb+mysqldb://192.0.2.1/calls?ssl_ca=/etc/x.pem",
        "postgresql://192.0.2.1/calls?sslmode=disable",
        "postgresql://192.0.2.1/calls?passfile=/etc/passwd",
        "postgresql://192.0.2.1/calls?service=x",
        "postgresql://192.0.2.1/calls?host=192.0.2.2",
        "postgresql://192.0.2.1/calls?host=/run/a&host=/run/b",
        "postgresql://192.0.2.1,192.0.2.2/calls",
        "postgresql://192.0.2.1/calls#?sslmode=disable",
        "postgresql://192.0.2.1/dbname=x host=192.0.2.2",
        "postgresql://192.0.2.1/calls?options=-c%20search_path%3Dx",
        "sqlite:////srv/calls?uri=true&mode=ro",
        "sqlite:///file:/srv/calls",
        "sqlite:///calls.sqlite",
        "sqlite://",
        "mssql://192.0.2.1/calls?driver=FreeTDS",
        "mssql://192.0.2.1/calls;Encrypt=no",
        "mssql+pyodbc:///?odbc_connect=Driver",
        "oracle://192.0.2.1/calls?wallet_location=/srv",
        "oracle://192.0.2.1/calls?service_name=a)(SECURITY=(MY_WALLET_DIRECTORY=/srv))",
        "oracle://192.0.2.1)(PORT=22/calls",
    ],
)
def test_a_url_says_nothing_to_a_driver_but_where_the_database_is(url: str) -> None:
    with pytest.raises(Misconfigured, match="'url' must be an address"):
        read_options(Options, {"url": url}, "sink w")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///calls?host=/var/run/postgresql",
        "mysql+pymysql:///calls?unix_socket=/run/mysqld/mysqld.sock&charset=utf8mb4",
        "oracle://192.0.2.1:1522/?service_name=calls.example",
        "mssql://server\\EXPRESS/calls",
        "postgresql://[2001:db8::1]:5433/calls",
        "sqlite:////srv/my calls.sqlite",
    ],
)
def test_a_url_may_say_where_the_database_is(url: str) -> None:
    assert read_options(Options, {"url": url}, "sink w").url == url


def told(url: str, **settings: str) -> dict[str, object]:
    options = read_options(Options, {"url": url, **settings}, "sink w")
    return arguments(options, make_url(url))


ELSEWHERE: dict[str, dict[str, object]] = {
    "postgresql": {"sslmode": "verify-full"},
    "mssql": {"Encrypt": "yes", "TrustServerCertificate": "no"},
    "oracle": {"protocol": "tcps", "ssl_server_dn_match": True},
}


@pytest.mark.parametrize("backend", ELSEWHERE)
def test_a_database_elsewhere_has_to_prove_who_it_is_unless_a_person_says_otherwise(backend: str) -> None:
    assert ELSEWHERE[backend].items() <= told(f"{backend}://192.0.2.1/calls").items()
    assert not ELSEWHERE[backend].items() <= told(f"{backend}://192.0.2.1/calls", tls="off").items()
    assert not ELSEWHERE[backend].items() <= told(f"{backend}://127.0.0.1/calls").items()
    assert not ELSEWHERE[backend].items() <= told(f"{backend}://[::1]/calls").items()


def test_mysql_elsewhere_is_known_by_its_certificate_and_never_handed_a_file() -> None:
    given = told("mysql://192.0.2.1/calls")
    context = given["ssl"]

    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert "ssl" not in told("mysql://localhost/calls")
    assert told("mysql://192.0.2.1/calls", tls="off")["ssl_disabled"] is True
    assert given["local_infile"] is False


def test_a_file_of_authorities_that_the_driver_cannot_use_is_refused() -> None:
    with pytest.raises(Misconfigured, match="'ca-file' cannot be used here"):
        told("mssql://192.0.2.1/calls", **{"ca-file": "/etc/ca.pem"})


def test_a_statement_of_many_rows_stays_below_what_the_oldest_servers_take() -> None:
    rows = [{"id": "x" * 90_000, "n": 1}] * 5

    assert [len(some) for some in _in_statements(rows)] == [2, 2, 1]
    assert [len(some) for some in _in_statements([{"id": "x" * 900_000}] * 2)] == [1, 1]


@pytest.mark.parametrize(
    "text",
    [
        'role "tollbok" does not exist',
        'database "cals" does not exist',
        'password authentication failed for user "tollbook"',
    ],
)
def test_a_name_or_password_that_postgresql_refuses_needs_a_person(text: str) -> None:
    refused, starting = (
        drivers.explained(sa.exc.OperationalError("", {}, Exception(f"connection failed: FATAL:  {each}")))
        for each in (text, "the database system is starting up")
    )

    assert (refused.permanent, starting.permanent) == (True, False)
