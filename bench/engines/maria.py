"""MariaDB, where a server answers on this machine; in a database of the bench's own, dropped after."""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

_SERVER = "127.0.0.1:3306"
_USER = "root"


class NoMaria(Exception):
    """No server can be used; the text says why."""


class Maria:
    """A database of its own on a running server."""

    def __init__(self) -> None:
        self._engine = sa.create_engine(f"mysql+pymysql://{_USER}@{_SERVER}/", isolation_level="AUTOCOMMIT")
        self._name = f"tollbook_bench_{os.getpid()}"
        try:
            self._run(f"CREATE DATABASE {self._name}")
        except exc.DBAPIError as fault:
            raise NoMaria(str(fault.orig)) from fault

    @property
    def settings(self) -> dict[str, str]:
        """How a sink is told of it."""
        return {"url": f"mariadb://{_SERVER}/{self._name}", "username": _USER}

    @property
    def version(self) -> str:
        """The server's version, and the memory it has set aside."""
        version, pool = self._run("SELECT version(), @@innodb_buffer_pool_size")[0]
        return f"{version}, innodb_buffer_pool_size {int(pool) >> 20} MB"

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self._run(f"SELECT count(*) FROM {self._name}.{table}")[0][0])  # noqa: S608 - the bench's own names

    def drop(self) -> None:
        """Take the database away."""
        self._run(f"DROP DATABASE IF EXISTS {self._name}")
        self._engine.dispose()

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            found = connection.execute(sa.text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []
