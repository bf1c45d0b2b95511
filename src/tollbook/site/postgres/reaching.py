"""What Django is told of the PostgreSQL database that has a site's settings, and whether that one will do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from sqlalchemy.engine import make_url

from tollbook.model.problem import Misconfigured, Problem
from tollbook.sinks.sql.arguments import arguments
from tollbook.sinks.sql.options import Options
from tollbook.site.folding import COLLATION

_CONNECT_S = 5
"""Longest wait for a connection: a page that needs the settings says after it that they are not to be had."""
_TURN_MS = 20_000
"""Longest wait for the turn to write, as for a file of SQLite."""
_HOW = "createdb --template template0 --encoding UTF8 --locale C.UTF-8 NAME"


def settings_of(options: Options) -> dict[str, Any]:
    """Return Django's setting of a database; raises `Misconfigured` where the password's file cannot be read."""
    url = make_url(options.url)
    told = arguments(options, url)
    told |= {"connect_timeout": _CONNECT_S, "options": f"{told['options']} -c lock_timeout={_TURN_MS}"}
    return {
        "ENGINE": "tollbook.site.postgres",
        "HOST": url.host or url.query.get("host", ""),
        "PORT": url.port or "",
        "NAME": url.database or "",
        "USER": options.username,
        "PASSWORD": _password(options.password_file),
        "OPTIONS": told,
    }


def _password(file: str) -> str:
    try:
        return Path(file).read_text("utf-8").rstrip("\r\n") if file else ""
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or "it is not UTF-8"
        problem = Problem("the password of the settings' database cannot be read", reason, file)
        raise Misconfigured(problem) from None


def check_fit(alias: str) -> None:
    """Raise `Misconfigured` for a database that cannot keep every text, or cannot tell letters."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()")
        encoding = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_collation WHERE collname = %s", [COLLATION])
        has_letters = cursor.fetchone()[0]
    place = place_of(alias)
    if encoding != "UTF8":
        raise Misconfigured(
            Problem("the settings' database must be in UTF8", f"it is in {encoding}", place, f"make it anew: {_HOW}")
        )
    if not has_letters:
        reason = "it was built without ICU, which tells small letters from capitals"
        raise Misconfigured(Problem("this PostgreSQL server will not do", reason, place, "use a server that has ICU"))


def tables_there(options: Options) -> list[str]:
    """Return the names of the tables that a database holds; raises `Misconfigured` where it cannot be reached.

    Django need not know of the database.
    """
    told = settings_of(options)
    where = {"host": told["HOST"], "port": told["PORT"], "user": told["USER"], "password": told["PASSWORD"]}
    given = {name: value for name, value in where.items() if value}
    try:
        with psycopg.connect(dbname=told["NAME"], **given, **told["OPTIONS"]) as connection:
            found = connection.execute(
                "SELECT table_name FROM information_schema.tables "
                "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY table_name"
            )
            return [name for (name,) in found]
    except psycopg.Error as fault:
        help_ = "see that the server runs, and lets Tollbook's user into this database"
        raise Misconfigured(Problem("the settings' database cannot be used", str(fault), options.url, help_)) from fault


def place_of(alias: str) -> str:
    """Return how a database is called to people; its password is not said."""
    told = connections[alias].settings_dict
    port = f":{told['PORT']}" if told["PORT"] else ""
    return f"postgresql://{told['HOST']}{port}/{told['NAME']}"
