"""Texts without large and small letters told apart, within the database, as `str.casefold` has them.

SQLite knows English letters alone, and is lent Python's own functions. PostgreSQL knows all of them by ICU, whatever
the locale of the database: to capitals and back is how letters that have several small forms become one.
"""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Func, TextField
from django.db.models.sql.compiler import SQLCompiler
from django.dispatch import receiver

COLLATION = "und-x-icu"
_BEFORE = "'\N{LATIN SMALL LETTER DOTLESS I}', '\uf8ff'"
_AFTER = "'\N{GREEK SMALL LETTER FINAL SIGMA}\uf8ff', '\N{GREEK SMALL LETTER SIGMA}\N{LATIN SMALL LETTER DOTLESS I}'"
"""What is exchanged before and after: the Turkish letter would come back with a dot, so it stands aside meanwhile."""
_LOWER = f'lower(translate(%(expressions)s, {_BEFORE}) COLLATE "{COLLATION}")'
_UPPER = f'upper({_LOWER} COLLATE "{COLLATION}")'
_FOLDED = f'translate(lower({_UPPER} COLLATE "{COLLATION}"), {_AFTER})'
_JOINED = "(SELECT string_agg(each, E'\\n') FROM json_array_elements_text(%(expressions)s) AS item(each))"


class Casefold(Func):
    """A text without large and small letters told apart."""

    function = "casefold"
    output_field = TextField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:  # noqa: ANN401 - as Django declares it
        """Return it for PostgreSQL."""
        return self.as_sql(compiler, connection, template=_FOLDED, **more)


class CasefoldList(Casefold):
    """The texts of a list that is kept as JSON, each on a line, without large and small letters told apart."""

    function = "casefold_list"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:  # noqa: ANN401 - as Django declares it
        """Return it for PostgreSQL."""
        template = _FOLDED.replace("%(expressions)s", _JOINED)
        return self.as_sql(compiler, connection, template=template, **more)


def _casefold(text: str | None) -> str:
    return (text or "").casefold()


def _casefold_list(text: str | None) -> str:
    return "" if text in (None, "[]") else "\n".join(json.loads(text or "[]")).casefold()


@receiver(connection_created)
def _lend(connection: BaseDatabaseWrapper, **_: object) -> None:
    if connection.vendor == "sqlite":
        for name, function in (("casefold", _casefold), ("casefold_list", _casefold_list)):
            connection.connection.create_function(name, 1, function, deterministic=True)
