"""The settings database of a site: which apps it has, what it is lent, and making or upgrading its tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DatabaseError, OperationalError
from django.dispatch import receiver

from tollbook.model.problem import Misconfigured, Problem

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


def databases(site: Path | None) -> dict[str, dict[str, Any]]:
    """Return Django's setting of that name for a site; without one a database in memory stands in."""
    return {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(site / "site.sqlite") if site else ":memory:",
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
        },
    }


def _casefold(text: str | None) -> str:
    return (text or "").casefold()


def _casefold_list(text: str | None) -> str:
    """Return the texts of a list that is kept as JSON, each on a line."""
    return "" if text in (None, "[]") else "\n".join(json.loads(text or "[]")).casefold()


_LENT: dict[str, Callable[[str | None], str]] = {"casefold": _casefold, "casefold_list": _casefold_list}
"""Functions that SQLite lacks: it tells large from small letters of English alone."""


@receiver(connection_created)
def _lend(connection: BaseDatabaseWrapper, **_: object) -> None:
    for name, function in _LENT.items():
        connection.connection.create_function(name, 1, function, deterministic=True)


def prepare_database() -> None:
    """Make or upgrade the tables; does nothing where they are as this program wants them.

    Raises `Misconfigured` for a file that is damaged, or of a newer program, and leaves it as it is.
    """
    try:
        applied = {f"{app} {name}" for app, name in MigrationRecorder(connection).applied_migrations()}
        _refuse_newer(applied)
        if _changes() - applied:  # to ask Django what there is to do takes longer than most commands
            call_command("migrate", verbosity=0, interactive=False, fake_initial=True)
        SessionStore.clear_expired()
    except OperationalError as fault:
        help_ = "let it be a file that Tollbook may write to, on a disk with room, and that no other program holds"
        raise Misconfigured(Problem("site.sqlite cannot be used", str(fault), _place(), help_)) from fault
    except DatabaseError as fault:
        help_ = "put site.sqlite back from a backup; `tollbook guide keeping-every-call` says how"
        raise Misconfigured(Problem("site.sqlite is damaged", str(fault), _place(), help_)) from fault


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
        raise Misconfigured(Problem("site.sqlite is of a newer Tollbook", reason, _place(), help_))


def _place() -> str:
    return str(connection.settings_dict["NAME"])
