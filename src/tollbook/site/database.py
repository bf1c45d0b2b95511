"""The settings database of a site: which apps it has, what it is lent, and making or upgrading its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DatabaseError, OperationalError

from tollbook.model.problem import Misconfigured, Problem
from tollbook.site import folding  # noqa: F401 - lends SQLite what it lacks, from the first connection on

if TYPE_CHECKING:
    from tollbook.sinks.sql.options import Options

APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "tollbook.site.alerts",
    "tollbook.site.audit",
    "tollbook.site.backups",
    "tollbook.site.budgets",
    "tollbook.site.dashboards",
    "tollbook.site.destinations",
    "tollbook.site.people",
    "tollbook.site.places",
    "tollbook.site.pbxs",
    "tollbook.site.phone_bills",
    "tollbook.site.directory",
    "tollbook.site.lists",
    "tollbook.site.missed",
    "tollbook.site.monthly_charges",
    "tollbook.site.notes",
    "tollbook.site.outbox",
    "tollbook.site.rejects",
    "tollbook.site.retention",
    "tollbook.site.schedules",
    "tollbook.site.sinks",
    "tollbook.site.tariffs",
]
_BEFORE = "web"
"""The app that had all tables in sites of before; `migrate` takes them over as they are."""


_UPGRADING = 0x746F_6C6D
"""PostgreSQL's lock of who makes or upgrades the tables."""


def databases(site: Path | None, elsewhere: Options | None = None) -> dict[str, dict[str, Any]]:
    """Return Django's setting of that name for a site; without one a database in memory stands in.

    `elsewhere` is the PostgreSQL database that has the settings, where no file has them.
    """
    if elsewhere:
        from tollbook.site.postgres.reaching import settings_of

        return {"default": settings_of(elsewhere)}
    return {"default": of_file(str(site / "site.sqlite") if site else ":memory:")}


def of_file(path: str) -> dict[str, Any]:
    """Return Django's setting of a database in a file."""
    options = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}


def prepare_database() -> None:
    """Make or upgrade the tables; does nothing where they are as this program wants them.

    Raises `Misconfigured` for a database that is damaged, or of a newer program, and leaves it as it is.
    """
    if connection.vendor == "postgresql":
        _prepare_elsewhere()
        return
    try:
        upgrade()
    except OperationalError as fault:
        help_ = "let it be a file that Tollbook may write to, on a disk with room, and that no other program holds"
        raise Misconfigured(Problem("site.sqlite cannot be used", str(fault), _place(), help_)) from fault
    except DatabaseError as fault:
        help_ = "put site.sqlite back from a backup; `tollbook guide keeping-every-call` says how"
        raise Misconfigured(Problem("site.sqlite is damaged", str(fault), _place(), help_)) from fault


def _prepare_elsewhere() -> None:
    """Make or upgrade the tables in PostgreSQL; of two processes that begin at once the second finds them ready."""
    from tollbook.site.postgres.reaching import check_fit, place_of

    try:
        check_fit("default")
        with _alone():
            upgrade()
    except DatabaseError as fault:
        help_ = "see that the server runs and lets Tollbook's user make tables in this database"
        place = place_of("default")
        raise Misconfigured(Problem("the settings in PostgreSQL cannot be used", str(fault), place, help_)) from fault


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_UPGRADING])
    try:
        yield
    finally:
        connection.close()  # which gives the lock free, whatever has happened to the connection


def upgrade(alias: str = "default") -> None:
    """Make or upgrade the tables of a database; raises `Misconfigured` for one of a newer program."""
    applied = {f"{app} {name}" for app, name in MigrationRecorder(connections[alias]).applied_migrations()}
    _refuse_newer(applied)
    if _changes() - applied:  # to ask Django what there is to do takes longer than most commands
        call_command("migrate", verbosity=0, interactive=False, fake_initial=True, database=alias)
    if alias == "default":
        SessionStore.clear_expired()


def unknown_changes(applied: Iterable[str]) -> list[str]:
    """Return those changes of tables, each an app and a name, that this program does not have."""
    return sorted(each for each in set(applied) - _changes() if each.partition(" ")[0] != _BEFORE)


def _changes() -> set[str]:
    """Return every change of tables that this program has, each an app and a name."""
    return {f"{app.rpartition('.')[2]} {name}" for app in APPS for name in _changes_of(app)}


def _changes_of(app: str) -> list[str]:
    """Return the names of an app's changes of its tables; asks Django nothing, which may know no site yet."""
    found = find_spec(f"{app}.migrations")
    return [module.name for module in iter_modules(found.submodule_search_locations)] if found else []


def _refuse_newer(applied: set[str]) -> None:
    """Raise `Misconfigured` where a migration has been applied that this program does not have."""
    if unknown := unknown_changes(applied):
        reason = f"it has changes of its tables that this program does not know: {', '.join(unknown)}"
        help_ = "run the newer program again, or put back a backup from before it; this one changes nothing here"
        what = "site.sqlite is" if connection.vendor == "sqlite" else "the settings in PostgreSQL are"
        raise Misconfigured(Problem(f"{what} of a newer Tollbook", reason, _place(), help_))


def _place() -> str:
    return str(connection.settings_dict["NAME"])
