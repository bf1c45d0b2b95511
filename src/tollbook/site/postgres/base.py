"""Django's way to PostgreSQL, with what the settings rely on since SQLite gives it.

What always holds. Texts of any length and whole numbers of 64 bits are kept, documents as they were written. One
transaction at a time: each takes its turn before it reads, so what it finds is still so when it writes, whichever
process or thread began it; reading outside of one waits for nobody. A connection that the server has ended is noticed
before it is used, so that a thread goes on by itself once the server is back.

Django looks for this module by its name, and for the class by its.
"""

from __future__ import annotations

import json
import re
import select
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import finalize

from django.db.backends.postgresql import base, operations
from psycopg import IsolationLevel
from psycopg.types import numeric
from psycopg.types.json import Json, JsonDumper
from psycopg.types.string import StrDumper, TextLoader

_TURN = 0x746F_6C6C
"""The lock of whose turn it is to write; any number that everybody who opens the database takes."""
_WIDE = (-(2**63), 2**63 - 1)
_NUL_WRITTEN = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_NUL, _INSTEAD = "\0", "\N{REPLACEMENT CHARACTER}"
_TEXTS = ("CharField", "FileField", "FilePathField", "SlugField")
_NUMBERS = ("IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "SmallIntegerField")


class TextWithoutNul(StrDumper):
    """Writes a text; the one character that PostgreSQL cannot keep is shown to be missing."""

    def dump(self, obj: str) -> Any:  # noqa: ANN401 - as the driver declares it
        """Return the text as the driver sends it."""
        return super().dump(obj.replace(_NUL, _INSTEAD))


class Document(Json):
    """A document as JSON, which is kept as it is written here, the order of its keys included."""


class DocumentDumper(JsonDumper):
    """Writes a document as a bare text, so that it is compared with what it is compared with."""

    oid = 0


def _written(encoder: Any, value: object) -> str:  # noqa: ANN401 - as Django declares it
    """Return a document as text, without the character that PostgreSQL cannot look for."""
    return _NUL_WRITTEN.sub(r"\1\\ufffd", json.dumps(value, cls=encoder))


class Operations(operations.DatabaseOperations):
    """What values become on their way to PostgreSQL."""

    integerfield_type_map = dict.fromkeys(operations.DatabaseOperations.integerfield_type_map, numeric.Int8)
    integer_field_ranges = {  # noqa: RUF012 - as Django declares it
        **operations.DatabaseOperations.integer_field_ranges,
        **dict.fromkeys(("IntegerField", "SmallIntegerField"), _WIDE),
        **dict.fromkeys(("PositiveIntegerField", "PositiveSmallIntegerField"), (0, _WIDE[1])),
    }

    def adapt_json_value(self, value: object, encoder: Any) -> Any:  # noqa: ANN401 - as Django declares it
        """Return a document as it is written."""
        return Document(value, partial(_written, encoder))

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        """Return how a column is compared: documents by what they say."""
        cast = super().lookup_cast(lookup_type, internal_type)
        return f"({cast})::jsonb" if internal_type == "JSONField" and lookup_type == "exact" else cast


class DatabaseWrapper(base.DatabaseWrapper):
    """A thread's connection."""

    ops_class = Operations
    data_types = {  # noqa: RUF012 - as Django declares it
        **base.DatabaseWrapper.data_types,
        **dict.fromkeys(_TEXTS, "text"),
        **dict.fromkeys(_NUMBERS, "bigint"),
        "JSONField": "json",
    }

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:  # noqa: ANN401 - the driver's own
        """Connect, and say how texts and documents travel."""
        connection = super().get_new_connection(conn_params)
        self._left_open = finalize(self, connection.close)  # by a thread that has ended
        self._left_open.atexit = False
        connection.adapters.register_dumper(str, TextWithoutNul)
        connection.adapters.register_dumper(Document, DocumentDumper)
        connection.adapters.register_loader("json", TextLoader)  # Django reads them
        return connection

    def _close(self) -> None:
        """Close the connection."""
        self._left_open.detach()
        super()._close()  # type: ignore[misc] # the stubs leave it out

    def ensure_connection(self) -> None:
        """Connect where there is no connection, or none any more."""
        if self.connection is not None and not self.in_atomic_block and self._is_over():
            self.close()
        super().ensure_connection()

    def _is_over(self) -> bool:
        """Say whether the server ended the connection: then there is something to read where nothing was asked."""
        if self.connection.closed:
            return True
        ready = select.poll()
        ready.register(self.connection.fileno(), select.POLLIN)
        return (bool(ready.poll(0)) or self.errors_occurred) and not self.is_usable()

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 - Django's signature
        """Begin a transaction with its turn; one that only reads what was there as it begins waits for nobody."""
        super()._set_autocommit(autocommit)  # type: ignore[misc] # the stubs leave it out
        if autocommit or self.connection.isolation_level == IsolationLevel.REPEATABLE_READ:
            return
        try:
            self._run(lambda cursor: cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN]))
        except BaseException:
            self.close()
            raise

    def _run(self, action: Callable[[Any], object]) -> None:
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            action(cursor)
