"""Databases of a test's own on the servers of this machine, and a way between them and us that can be broken."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import sqlalchemy as sa

from tests.fakes.sites import until

_HOST = "127.0.0.1"
_PORTS = {"postgresql": 5432, "mysql": 3306}
_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "sqlite": "sqlite"}
_ADMINS = {"postgresql": ("root", "postgres"), "mysql": ("root",)}
_HOME = {"postgresql": "postgres", "mysql": ""}
SERVERS = ("postgresql", "mysql")
KINDS = (*SERVERS, "sqlite")


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """A database: how the sink is told of it, and a way of the test's own to look into it."""

    kind: str
    settings: dict[str, str]
    engine: Any
    port: int = 0

    def ask(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Run one statement, and return its rows."""
        with self.engine.begin() as connection:
            found = connection.execute(sa.text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def table(self, name: str = "calls") -> list[dict[str, Any]]:
        """Return the rows of a table."""
        with self.engine.begin() as connection:
            there = sa.Table(name, sa.MetaData(), autoload_with=connection)
            return [dict(row) for row in connection.execute(sa.select(there)).mappings()]

    def through(self, port: int) -> dict[str, str]:
        """Return the sink's settings for going by way of another port."""
        return {**self.settings, "url": self.settings["url"].replace(f":{self.port}/", f":{port}/")}

    def end_connections(self) -> None:
        """Return once the server has ended every connection but this one."""

        def ended() -> bool:
            self.break_connections()
            return not self._connections()

        until(ended)

    def break_connections(self) -> None:
        """Have the server end every connection but this one, in whatever it is doing."""
        for number in self._connections():
            with suppress(sa.exc.DBAPIError):  # it has ended by itself
                self.ask(_KILL[self.kind].format(number))

    def _connections(self) -> list[int]:
        return [number for (number,) in self.ask(_OTHERS[self.kind])]


_OTHERS = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
}
_KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}


@contextmanager
def a_database(kind: str, folder: Path, *, like: str = "") -> Iterator[Database]:
    """Make a database that lasts as long as the block; skips the test, saying why, where there is no server.

    `like` says what it is to be like, in the server's own words.
    """
    if kind == "sqlite":
        path = folder / "user.sqlite"
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
        yield Database(kind=kind, settings={"url": f"sqlite:///{path}"}, engine=engine)
        engine.dispose()
        return
    admin, user = _admin(kind)
    name = f"tollbook_test_{os.getpid()}_{uuid4().hex[:8]}"
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} {like}"))
    engine = sa.create_engine(_url(kind, user, name))
    try:
        url = f"{kind}://{_HOST}:{_PORTS[kind]}/{name}"
        settings = {"url": url, "username": user, "timeout": "20s"}
        yield Database(kind=kind, settings=settings, engine=engine, port=_PORTS[kind])
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name}{' WITH (FORCE)' if kind == 'postgresql' else ''}"))
        admin.dispose()


def _admin(kind: str) -> tuple[sa.Engine, str]:
    why = ""
    for user in _ADMINS[kind]:
        engine = sa.create_engine(_url(kind, user, _HOME[kind]), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect():
                return engine, user
        except sa.exc.DBAPIError as fault:
            why = str(fault.orig)
    pytest.skip(f"no {kind} server can be used on {_HOST}:{_PORTS[kind]}: {why}")


def _url(kind: str, user: str, name: str) -> str:
    return f"{_DRIVERS[kind]}://{user}@{_HOST}:{_PORTS[kind]}/{name}"


@contextmanager
def a_writer(database: Database) -> Iterator[str]:
    """Make a user, whose password is its name, who may write rows of all tables that are there and alter none."""
    name = f"tollbook_writer_{os.getpid()}"
    whom = f"'{name}'@'{_HOST}'" if database.kind == "mysql" else name
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES ON *"
    granted = rights if database.kind == "mysql" else "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
    by = "IDENTIFIED BY" if database.kind == "mysql" else "PASSWORD"
    database.ask(f"CREATE USER {whom} {by} '{name}'")
    database.ask(f"GRANT {granted} TO {whom}")
    try:
        yield name
    finally:
        if database.kind == "postgresql":
            database.ask(f"DROP OWNED BY {name}")
        database.ask(f"DROP USER {whom}")


class Wire:
    """A way to a server that can be cut: connections break, and none is let through until it is mended."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server((_HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._cut = False
        self._left: int | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, after_bytes: int = 0) -> None:
        """Break every connection, once so many more bytes have gone to the server, and let none through."""
        with self._lock:
            self._left = after_bytes
        if not after_bytes:
            self._break()

    def mend(self) -> None:
        """Let connections through again."""
        with self._lock:
            self._cut, self._left = False, None

    @property
    def is_cut(self) -> bool:
        """Whether it has been cut."""
        return self._cut

    def close(self) -> None:
        """Break everything, for good."""
        self._break()
        self._listener.close()

    def _break(self) -> None:
        with self._lock:
            self._cut = True
            ends, self._open = self._open, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._cut:
                    near.close()
                    continue
                far = socket.create_connection((_HOST, self._target))
                with self._lock:
                    self._open += [near, far]
                threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:  # noqa: FBT001 - given by this class alone
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
                if counted and self._spent(len(data)):
                    self._break()
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _spent(self, size: int) -> bool:
        with self._lock:
            if self._left is None or self._cut:
                return False
            self._left -= size
            return self._left <= 0


@contextmanager
def a_wire(port: int) -> Iterator[Wire]:
    """Make a way to a port that lasts as long as the block."""
    wire = Wire(port)
    try:
        yield wire
    finally:
        wire.close()
