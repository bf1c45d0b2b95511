"""Moves the settings of a site from `site.sqlite` into an empty PostgreSQL database.

What always holds. A database that holds any table is refused and left as it is. Everything is there in one transaction,
counted again, or nothing is; the file is left as it was, but for its tables being brought up to date.
"""

from __future__ import annotations

from pathlib import Path

from django.db.utils import DatabaseError

from tollbook.model.problem import Misconfigured, Problem
from tollbook.sinks.sql.options import Options
from tollbook.site.copying import another, copy_all
from tollbook.site.database import of_file, upgrade
from tollbook.site.postgres.reaching import check_fit, place_of, tables_there

FILE = "site.sqlite"


def refuse_filled(options: Options) -> None:
    """Raise `Misconfigured` for a database that cannot be reached, or holds any table."""
    tables = tables_there(options)
    if tables:
        several = f"{', '.join(tables[:3])}{' and more' if tables[3:] else ''}"
        help_ = f"name an empty database in [settings]; if it has this site's settings already, remove {FILE}"
        raise Misconfigured(Problem("the database is not empty", f"it has the tables {several}", options.url, help_))


def move_into_postgresql(site: Path) -> int:
    """Copy a site's file of settings into the database that Django is told of; return how many rows there are.

    Raises `Misconfigured` where either cannot be used.
    """
    place = place_of("default")
    try:
        check_fit("default")
        with another(of_file(str(site / FILE))) as source:
            upgrade(source)
            return copy_all(source, "default")
    except DatabaseError as fault:
        help_ = "nothing has been moved: mend that, then try again"
        raise Misconfigured(Problem("the settings could not be moved", str(fault), place, help_)) from fault
