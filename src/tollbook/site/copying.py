"""Copies all settings from one database to another: from the file into PostgreSQL, and into a file for a backup.

What always holds. What is read is of one moment. What is written is there as a whole or not at all, in a database that
held nothing before: rows keep their numbers, and new ones go on after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, JSONField, Model
from django.db.utils import DatabaseError

from tollbook.model.problem import Unavailable
from tollbook.site.database import of_file

_AT_ONCE = 500
"""Rows that are written by one statement."""


@contextmanager
def another(told: dict[str, Any]) -> Iterator[str]:
    """Let Django know another database for the length of the block; yields its alias."""
    alias = f"another-{uuid4().hex[:8]}"
    connections.settings[alias] = connections.configure_settings({"default": told})["default"]
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


def of_one_moment(told: dict[str, Any]) -> dict[str, Any]:
    """Return Django's setting of a PostgreSQL database by which a transaction reads what is there as it begins."""
    from psycopg import IsolationLevel

    return {**told, "OPTIONS": {**told["OPTIONS"], "isolation_level": IsolationLevel.REPEATABLE_READ}}


def copy_into_file(path: Path) -> None:
    """Copy this site's settings into a new file, as they are at one moment; raises `Unavailable`."""
    try:
        with (
            another(of_one_moment(connections["default"].settings_dict)) as source,
            another(of_file(str(path))) as target,
        ):
            copy_all(source, target)
    except DatabaseError as fault:
        raise Unavailable(f"the settings in PostgreSQL cannot be read: {fault}") from fault


def copy_all(source: str, target: str) -> int:
    """Copy every row between two databases that Django knows by alias; return how many there are.

    The source has the tables of this program. Raises `DatabaseError`; then the target is as it was.
    """
    rows = 0
    if connections[target].vendor == "sqlite":
        _make_tables(target)  # which is a file of ours, and cannot be done within a transaction
    with transaction.atomic(using=source), transaction.atomic(using=target):
        if connections[target].vendor != "sqlite":
            _make_tables(target)
        models = apps.get_models(include_auto_created=True)
        for model in models:
            model._base_manager.using(target).all()._raw_delete(target)  # noqa: SLF001 - what making the tables put there
        for model in models:
            rows += _copy(model, source, connections[target])
        _go_on_after(models, connections[target])
    return rows


def _make_tables(alias: str) -> None:
    call_command("migrate", verbosity=0, interactive=False, database=alias)


def _copy(model: type[Model], source: str, target: BaseDatabaseWrapper) -> int:
    told = model._meta  # noqa: SLF001 - Django's own word for it
    fields = told.local_concrete_fields
    names = [field.attname for field in fields]
    found = model._base_manager.using(source).order_by("pk").values_list(*names).iterator()  # noqa: SLF001 - as above
    columns = ", ".join(target.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {target.ops.quote_name(told.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - names of our own tables
    rows = 0
    with target.cursor() as cursor:
        while some := list(islice(found, _AT_ONCE)):
            kept = [[_kept(field, value, target) for field, value in zip(fields, row, strict=True)] for row in some]
            cursor.executemany(statement, kept)
            rows += len(some)
        cursor.execute(f"SELECT count(*) FROM {target.ops.quote_name(told.db_table)}")  # noqa: S608 - as above
        if cursor.fetchone()[0] != rows:
            message = f"{told.db_table} has not as many rows as were copied"
            raise DatabaseError(message)
    return rows


def _kept(field: Field[Any, Any], value: object, target: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - the driver's own
    """Return what a value is in the target; a document that says nothing is one, where there has to be one."""
    if value is None and isinstance(field, JSONField) and not field.null:
        return target.ops.adapt_json_value(None, field.encoder)
    return field.get_db_prep_save(value, target)


def _go_on_after(models: list[type[Model]], target: BaseDatabaseWrapper) -> None:
    with target.cursor() as cursor:
        for statement in target.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
