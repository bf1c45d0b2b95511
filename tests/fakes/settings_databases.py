"""PostgreSQL databases for the settings of a test's sites; all tests of pages are run on them where asked for.

`TOLLBOOK_TEST_SETTINGS=postgresql` in the environment asks for it: every site of `tests/unit/web` then has its settings
in a database of its own, on the server of this machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.fakes.databases import Database, a_database
from tollbook.sinks.sql.options import Options

ASKED = os.environ.get("TOLLBOOK_TEST_SETTINGS") == "postgresql"


@contextmanager
def an_empty_database() -> Iterator[Database]:
    """Make a database as the guide has it made, which lasts as long as the block."""
    with a_database("postgresql", Path(), like="TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'") as made:
        yield made


@contextmanager
def a_copy(database: Database) -> Iterator[Database]:
    """Make a database with all that another one holds, to which nobody is connected."""
    database.end_connections()
    database.engine.dispose()
    with a_database("postgresql", Path(), like=f"TEMPLATE {name_of(database)}") as made:
        yield made


def name_of(database: Database) -> str:
    """Return the name of a database on its server."""
    return sa.make_url(database.settings["url"]).database or ""


def put_into_toml(database: Database, site: Path, port: int = 0) -> None:
    """Let a site have its settings there, reached by another port where one is given."""
    told = database.through(port) if port else database.settings
    lines = [f'{name} = "{told[name]}"' for name in ("url", "username", "timeout")]
    with (site / "tollbook.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["", "[settings]", *lines, ""]))


def point_django_at(told: dict[str, Any]) -> None:
    """Let this process have its settings in another database; the settings module was read once for all of it."""
    from django.db import connections

    connections["default"].close()
    connections.settings["default"] = connections.configure_settings({"default": told})["default"]
    del connections["default"]


def told_of(database: Database) -> dict[str, Any]:
    """Return Django's setting of a database."""
    from tollbook.site.postgres.reaching import settings_of

    return settings_of(Options(url=database.settings["url"], username=database.settings["username"], timeout=20.0))
