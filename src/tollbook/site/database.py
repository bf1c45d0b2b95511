"""The settings database of a site: which apps it has, and making or upgrading its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError, OperationalError

from tollbook.model.problem import Misconfigured, Problem

APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "tollbook.site.audit",
    "tollbook.site.people",
    "tollbook.site.pbxs",
    "tollbook.site.sinks",
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


def prepare_database() -> None:
    """Make or upgrade the tables; does nothing where they are as this program wants them.

    Raises `Misconfigured` for a file that is damaged, or of a newer program, and leaves it as it is.
    """
    try:
        _refuse_newer()
        call_command("migrate", verbosity=0, interactive=False, fake_initial=True)
        SessionStore.clear_expired()
    except OperationalError as fault:
        help_ = "let it be a file that Tollbook may write to, on a disk with room, and that no other program holds"
        raise Misconfigured(Problem("site.sqlite cannot be used", str(fault), _place(), help_)) from fault
    except DatabaseError as fault:
        help_ = "put site.sqlite back from a backup; docs/guide/keeping-every-call.md says how"
        raise Misconfigured(Problem("site.sqlite is damaged", str(fault), _place(), help_)) from fault


def _refuse_newer() -> None:
    """Raise `Misconfigured` where a migration has been applied that this program does not have."""
    loader = MigrationExecutor(connection).loader
    unknown = sorted(
        f"{app} {name}" for app, name in loader.applied_migrations.keys() - loader.disk_migrations.keys()
        if app != _BEFORE
    )  # fmt: skip
    if unknown:
        reason = f"it has changes of its tables that this program does not know: {', '.join(unknown)}"
        help_ = "run the newer program again, or put back a backup from before it; this one changes nothing here"
        raise Misconfigured(Problem("site.sqlite is of a newer Tollbook", reason, _place(), help_))


def _place() -> str:
    return str(connection.settings_dict["NAME"])
