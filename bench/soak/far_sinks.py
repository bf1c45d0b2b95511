"""A database that calls are copied to, and that can be out of reach."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import msgspec
import sqlalchemy as sa

from bench.engines.postgres import NoServer, Postgres
from bench.soak.account import Row
from tests.fakes.databases import a_wire


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """What it is, how the sink and we are told of it, and the block while which it is out of reach."""

    name: str
    settings: dict[str, str]
    url: str
    away: Callable[[], AbstractContextManager[None]]

    def rows(self) -> list[Row]:
        """Return the rows of the table."""
        engine = sa.create_engine(self.url)
        with closing(engine.connect()) as connection:
            there = sa.Table("calls", sa.MetaData(), autoload_with=connection)
            rows = [dict(row) for row in connection.execute(sa.select(there)).mappings()]
        engine.dispose()
        return rows


@contextmanager
def a_database(folder: Path) -> Iterator[Database]:
    """Make a database of our own: PostgreSQL where a server answers, otherwise SQLite."""
    try:
        postgres = Postgres()
    except NoServer as fault:
        yield _sqlite(folder / "user.sqlite", str(fault))
        return
    there = postgres.address
    with a_wire(int(there["port"])) as wire:

        @contextmanager
        def away() -> Iterator[None]:
            wire.cut()
            yield
            wire.mend()

        place = f"{there['host']}:{{}}/{there['database']}"
        settings = {"url": "postgresql://" + place.format(wire.port), "username": there["user"]}
        url = f"postgresql+psycopg://{there['user']}@{place.format(there['port'])}"
        try:
            yield Database(name=postgres.version.partition(",")[0], settings=settings, url=url, away=away)
        finally:
            postgres.drop()


def _sqlite(path: Path, why: str) -> Database:
    @contextmanager
    def away() -> Iterator[None]:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as holding:
            holding.execute("BEGIN EXCLUSIVE")
            yield
            holding.execute("ROLLBACK")

    name, url = f"SQLite, since PostgreSQL cannot be used: {why}", f"sqlite:///{path}"
    return Database(name=name, settings={"url": url, "timeout": "2s"}, url=url, away=away)
