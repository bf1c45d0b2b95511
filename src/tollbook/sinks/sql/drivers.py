"""Reaching a database by its URL: which driver, how it is told not to wait for ever, and what its faults mean."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Engine, make_url

from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.sinks.sql.options import Options

_CONNECT_S = 10


class Driver(msgspec.Struct, frozen=True):
    """A database's driver: its name for SQLAlchemy, the module it is in, and the extra that brings it."""

    name: str
    module: str
    extra: str


DRIVERS = {
    "postgresql": Driver("postgresql+psycopg", "psycopg", "postgres"),
    "mysql": Driver("mysql+pymysql", "pymysql", "mysql"),
    "sqlite": Driver("sqlite", "sqlite3", ""),
    "mssql": Driver("mssql+mssqlpython", "mssql_python", "sqlserver"),
    "oracle": Driver("oracle+oracledb", "oracledb", "oracle"),
}

_FOR_A_PERSON = (exc.ProgrammingError, exc.DataError, exc.IntegrityError, exc.NotSupportedError)
_MYSQL_FOR_A_PERSON = frozenset((1044, 1045, 1049, 1054, 1142, 1146, 1364, 1366, 1406))
"""Faults that PyMySQL calls operational though nothing but a person mends them: rights, names, columns, values."""


def engine_of(options: Options) -> Engine:
    """Return a way to connect, not connected yet; raises `Misconfigured` where the driver is not installed."""
    driver = DRIVERS[options.backend]
    if find_spec(driver.module) is None:
        hint = f"install it with: pip install 'tollbook[{driver.extra}]'"
        reason = f"{options.backend} is reached by the Python package {driver.module}, which is not there"
        raise Misconfigured(Problem("the driver of this database is not installed", reason, help=hint))
    try:
        arguments = _ARGUMENTS[options.backend](options)
        engine = sa.create_engine(_url(options, driver), connect_args=arguments, pool_size=1)
    except exc.ArgumentError as fault:
        hint = "for example postgresql://192.0.2.20/calls, or sqlite:////full/path/to/file"
        raise Misconfigured(Problem("'url' names no database", str(fault).split("\n", 1)[0], help=hint)) from fault
    if options.backend in _ON_CONNECT:
        event.listen(engine, "connect", _ON_CONNECT[options.backend])
    return engine


def _url(options: Options, driver: Driver) -> URL:
    url = make_url(options.url).set(drivername=driver.name)
    if options.backend == "sqlite":
        return url  # a file asks nobody for a password
    try:
        password = options.secret()
    except OSError as fault:
        message = f"the file with the password cannot be read: {fault.strerror}"
        raise Unavailable(message, permanent=True) from fault
    return url.set(username=options.username or None, password=password or None)


def _postgres(options: Options) -> dict[str, Any]:
    limit = int(options.timeout * 1000)
    return {
        "connect_timeout": _CONNECT_S,
        "options": f"-c statement_timeout={limit} -c TimeZone=UTC",
        "tcp_user_timeout": limit,
        "keepalives_idle": 10,
        "application_name": "tollbook",
    }


def _mysql(options: Options) -> dict[str, Any]:
    limit = int(options.timeout)
    return {
        "connect_timeout": _CONNECT_S,
        "read_timeout": limit,
        "write_timeout": limit,
        "charset": "utf8mb4",
        "local_infile": True,
        "init_command": "SET time_zone = '+00:00', sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
    }


_ARGUMENTS: dict[str, Any] = {
    "postgresql": _postgres,
    "mysql": _mysql,
    "sqlite": lambda options: {"timeout": options.timeout},
    "mssql": lambda _: {},
    "oracle": lambda _: {"tcp_connect_timeout": _CONNECT_S},
}


def _careful(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's own, as SQLAlchemy hands it over
    connection.execute("PRAGMA synchronous = FULL")


_ON_CONNECT = {"sqlite": _careful}


def explained(fault: exc.SQLAlchemyError) -> Unavailable:
    """Return what a fault of the database means to the person who has to mend it."""
    cause = fault.orig if isinstance(fault, exc.DBAPIError) else None
    text = " ".join(str(cause or fault).split())
    number = cause.args[0] if cause is not None and cause.args else None
    permanent = isinstance(fault, _FOR_A_PERSON) or number in _MYSQL_FOR_A_PERSON
    word = "does not take the calls" if permanent else "does not answer as it should"
    return Unavailable(f"the database {word}: {text[:500]}", permanent=permanent)
