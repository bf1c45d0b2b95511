"""Reaching a database by its URL: which driver, what happens as it connects, and what its faults mean."""

from __future__ import annotations

import re
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Engine, make_url

from tollbook import gate
from tollbook.installing import install_command
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.sinks.bounds import AnswerBounds
from tollbook.sinks.sql.arguments import CONNECT_S, arguments
from tollbook.sinks.sql.options import Options

_SHOWN = 500
_POSTGRES_PORT = 5432


class Driver(msgspec.Struct, frozen=True):
    """A database's driver: its name for SQLAlchemy, the module it is in, and the package that brings it."""

    name: str
    module: str
    package: str


DRIVERS = {
    "postgresql": Driver("postgresql+psycopg", "psycopg", "psycopg[binary]"),
    "mysql": Driver("mysql+pymysql", "pymysql", "pymysql"),
    "sqlite": Driver("sqlite", "sqlite3", ""),
    "mssql": Driver("mssql+mssqlpython", "mssql_python", "mssql-python"),
    "oracle": Driver("oracle+oracledb", "oracledb", "oracledb"),
}


class DatabaseReach(msgspec.Struct, frozen=True):
    """How a database is reached: as it was set up, within the fence, and within the bounds."""

    options: Options
    fence: Fence
    bounds: AnswerBounds


_FOR_A_PERSON = (exc.ProgrammingError, exc.DataError, exc.IntegrityError, exc.NotSupportedError)
_MYSQL_FOR_A_PERSON = frozenset((1044, 1045, 1049, 1054, 1142, 1146, 1364, 1366, 1406, 1698))
"""Faults that PyMySQL calls operational though nothing but a person mends them: rights, names, columns, values."""


_MYSQL_DENIED, _PRIVILEGE = frozenset((1044, 1142)), "42501"
"""What refuses a statement to a user: numbers of MariaDB and MySQL, the SQLSTATE of PostgreSQL."""
_NOT_LET_IN = re.compile(r'(role|database|user) "[^"]*" does not exist|authentication failed|no pg_hba\.conf entry')
"""What PostgreSQL calls operational, and gives no code, as it refuses a connection: a name or a password is wrong."""
_NO_TLS = re.compile(r"certificate|SSL (is|was) required|does not support SSL|WRONG_VERSION|handshake", re.IGNORECASE)
_TLS_HINT = "for an authority of your own set 'ca-file'; without TLS, tls=off lets everybody on the network read along"


def engine_of(way: DatabaseReach) -> Engine:
    """Return a way to connect, not connected yet; raises `Misconfigured` where the driver is not installed."""
    options = way.options
    driver = DRIVERS[options.backend]
    if find_spec(driver.module) is None:
        hint = f"install it, then start Tollbook again: {install_command(driver.package)}"
        reason = f"{options.backend} is reached by the Python package {driver.module}, which is not there"
        raise Misconfigured(Problem("the driver of this database is not installed", reason, help=hint))
    url = _url(way, driver)
    engine = sa.create_engine(url, connect_args=arguments(options, url), pool_size=1)
    for name, listener in _LISTENERS.get(options.backend, {}).items():
        event.listen(engine, name, listener(way))
    return engine


def _url(way: DatabaseReach, driver: Driver) -> URL:
    options = way.options
    url = make_url(options.url).set(drivername=driver.name)
    if options.backend == "sqlite":
        barred = gate.barred(way.fence, Reach.WRITE, url.database)
        if barred:
            raise Misconfigured(Problem("'url' is out of reach", barred.reason, help=barred.help))
        return url  # a file asks nobody for a password
    try:
        password = options.secret(way.fence)
    except OSError as fault:
        message = f"the file with the password cannot be read: {fault.strerror}"
        raise Unavailable(message, permanent=True) from fault
    return url.set(username=options.username or None, password=password or None)


Listener = Callable[..., Any]


def _reach_mysql(way: DatabaseReach) -> Listener:
    """Return what connects a socket of our own and hands it to the driver, so that its greeting is bounded, too."""

    def reach(dialect: Any, _record: object, _words: object, told: dict[str, Any]) -> Any:  # noqa: ANN401 - as SQLAlchemy hands it over
        if "unix_socket" in told:
            return None
        made = dialect.loaded_dbapi.connect(**told, defer_connect=True)
        there = _connected(way, made.host, made.port)
        way.bounds.watch(there.fileno())
        made.connect(there)
        return made

    return reach


def _connected(way: DatabaseReach, host: str, port: int) -> socket.socket:
    try:
        return gate.connected_now(way.fence, host, port, CONNECT_S)
    except OSError as fault:
        message = f"the database does not answer at {host}:{port}: {fault.strerror or fault}"
        raise Unavailable(message) from fault


def _reach_postgres(way: DatabaseReach) -> Listener:
    """Return what finds an address that answers and is within reach, and has libpq connect to that very one."""

    def reach(_dialect: object, _record: object, _words: object, told: dict[str, Any]) -> None:
        host = told.get("host", "")
        if host and not host.startswith("/"):
            with _connected(way, host, told.get("port", _POSTGRES_PORT)) as there:
                told["hostaddr"] = there.getpeername()[0]

    return reach


def _reach_by_name(way: DatabaseReach) -> Listener:
    """Return what looks at every address of a name whose driver looks it up itself, and asks for its certificate."""
    url = make_url(way.options.url)

    def reach(_dialect: object, _record: object, _words: object, told: dict[str, Any]) -> None:
        told.pop("dsn", None)  # Oracle's: host, port and service are told one by one
        try:
            gate.check_host(way.fence, (url.host or "localhost").partition("\\")[0], url.port or 0)
        except OSError as fault:
            raise Unavailable(f"the database's address is not known: {fault.strerror or fault}") from fault

    return reach


def _reach_sqlite(way: DatabaseReach) -> Listener:
    path = make_url(way.options.url).database or ""

    def reach(_dialect: object, _record: object, words: list[Any], _told: object) -> None:
        place = gate.place(way.fence, path, Reach.WRITE)
        if not place.exists() and place.parent.is_dir():
            place.touch()
            place.chmod(gate.readable_as(place.parent))
        words[0] = str(place)

    return reach


def _watched(descriptor: Callable[[Any], int]) -> Callable[[DatabaseReach], Listener]:
    def listener(way: DatabaseReach) -> Listener:
        def watch(connection: Any, *_more: object) -> None:  # noqa: ANN401 - the driver's own
            with suppress(Exception):  # a connection that is gone is met by the driver in a moment
                way.bounds.watch(descriptor(connection))

        return watch

    return listener


def _careful(_way: DatabaseReach) -> Listener:
    return lambda connection, _record: connection.execute("PRAGMA synchronous = FULL")


def _patient(way: DatabaseReach) -> Listener:
    return lambda connection, _record: setattr(connection, "timeout", int(way.options.timeout))


def _patient_oracle(way: DatabaseReach) -> Listener:
    return lambda connection, _record: setattr(connection, "call_timeout", int(way.options.timeout * 1000))


_WATCH_POSTGRES = _watched(lambda connection: connection.fileno())
_WATCH_MYSQL = _watched(lambda connection: connection._sock.fileno())  # noqa: SLF001 - PyMySQL has no other name for it
_LISTENERS: dict[str, dict[str, Callable[[DatabaseReach], Listener]]] = {
    "postgresql": {"do_connect": _reach_postgres, "connect": _WATCH_POSTGRES, "checkout": _WATCH_POSTGRES},
    "mysql": {"do_connect": _reach_mysql, "checkout": _WATCH_MYSQL},
    "sqlite": {"do_connect": _reach_sqlite, "connect": _careful},
    "mssql": {"do_connect": _reach_by_name, "connect": _patient},
    "oracle": {"do_connect": _reach_by_name, "connect": _patient_oracle},
}
"""What happens when a database is connected to, by SQLAlchemy's name of the moment."""


def explained(fault: exc.SQLAlchemyError) -> Unavailable:
    """Return what a fault of the database means to the person who has to mend it."""
    cause = fault.orig if isinstance(fault, exc.DBAPIError) else None
    text = _shown(cause or fault)
    number = cause.args[0] if cause is not None and cause.args else None
    if isinstance(fault, exc.OperationalError) and _NO_TLS.search(text):
        return Unavailable(f"no TLS with the database: {text}; {_TLS_HINT}", permanent=True)
    permanent = (
        isinstance(fault, _FOR_A_PERSON) or number in _MYSQL_FOR_A_PERSON or _NOT_LET_IN.search(text) is not None
    )
    word = "does not take the calls" if permanent else "does not answer as it should"
    return Unavailable(f"the database {word}: {text}", permanent=permanent)


def is_forbidden(fault: BaseException | None) -> bool:
    """Say whether a database refused a statement since its user may not give it."""
    cause = fault.orig if isinstance(fault, exc.DBAPIError) else None
    number = cause.args[0] if cause is not None and cause.args else None
    return getattr(cause, "sqlstate", None) == _PRIVILEGE or number in _MYSQL_DENIED


def misunderstood(fault: Exception, options: Options) -> Unavailable | None:
    """Return what it means that a driver itself stumbled over an answer; None where something else did."""
    frames = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(fault.__traceback__))
    driver = DRIVERS[options.backend].module
    if not any(str(name).partition(".")[0] == driver for name in frames):
        return None
    if "LOAD_LOCAL" in str(fault):
        message = "the database asks for a file of this machine and got none; find out who answers at its address"
        return Unavailable(message, permanent=True)
    return Unavailable(f"the database does not answer as its kind does ({type(fault).__name__}: {_shown(fault)})")


def _shown(fault: BaseException) -> str:
    """Return a fault's text in one line that a terminal can show, whoever wrote it."""
    text = " ".join(str(fault).split())[:_SHOWN]
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
