"""The types of columns: those of a table that is made, and whether those of a table that is there will do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from tollbook.model.problem import Problem
from tollbook.model.sink import Field, FieldType

ID_LENGTH = 36
Type = TypeEngine[Any]

_LONG = 2000


class _ClockText(sa.TypeDecorator[str]):
    """A time of day as text, for the one database that has no type for it."""

    impl = sa.String(8)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ANN401 - as SQLAlchemy has it
        """Return a time as 09:30:00."""
        del dialect
        return None if value is None else str(value)[:8]


_TEXT = sa.Text().with_variant(sa.String(_LONG), "oracle").with_variant(mssql.NVARCHAR(None), "mssql")
_ID = sa.String(ID_LENGTH).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


class _Unseen(sa.BigInteger):
    """A number that `SELECT *` leaves out."""


@compiles(_Unseen, "mysql", "mariadb")
def _unseen(_kind: _Unseen, _compiler: object, **_words: object) -> str:
    return "BIGINT UNSIGNED INVISIBLE"


ROW = "tollbook_row"
_CAN_HIDE = {"mariadb": (10, 3), "mysql": (8, 0, 23)}
"""The first versions that know columns which are invisible."""

MADE: dict[FieldType, Type] = {
    FieldType.ID: _ID.with_variant(mysql.CHAR(ID_LENGTH, charset="ascii"), "mysql", "mariadb"),
    FieldType.TEXT: _TEXT,
    FieldType.INTEGER: sa.BigInteger(),
    FieldType.NUMBER: sa.Numeric(18, 6),
    FieldType.INSTANT: sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql"),
    FieldType.LOCAL: sa.DateTime(),
    FieldType.DATE: sa.Date(),
    FieldType.TIME: sa.Time().with_variant(_ClockText(), "oracle"),
    FieldType.BOOLEAN: sa.Boolean(),
}
"""What a column is made as; an id is text where the database has no type of its own for it."""


def in_order_of_arrival(dialect: sa.Dialect, key: str) -> list[SchemaItem]:
    """Return what makes `key` the key of a table whose rows lie as they came, where the server allows that.

    Ids have no order. InnoDB and SQL Server would lay the rows themselves in the order of the primary key, each new one
    somewhere among millions: a history of a million calls took MariaDB six times as long.
    """
    oldest = _CAN_HIDE.get("mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name)
    if oldest is None or (getattr(dialect, "server_version_info", None) or ()) < oldest:
        return [sa.PrimaryKeyConstraint(key, mssql_clustered=False)]
    return [
        sa.Column(ROW, _Unseen(), primary_key=True, autoincrement=True),
        sa.UniqueConstraint(key, name=f"one_row_a_call_{key.lower()}"[:60]),
    ]


_TEXTS = (sa.String,)
_MOMENTS = (sa.DateTime,)
_FIT: dict[FieldType, tuple[type[TypeEngine[Any]], ...]] = {
    FieldType.ID: (*_TEXTS, sa.Uuid),
    FieldType.TEXT: _TEXTS,
    FieldType.INTEGER: (sa.Integer, sa.Numeric, *_TEXTS),
    FieldType.NUMBER: (sa.Numeric, *_TEXTS),
    FieldType.INSTANT: (*_MOMENTS, *_TEXTS),
    FieldType.LOCAL: (*_MOMENTS, *_TEXTS),
    FieldType.DATE: (sa.Date, *_MOMENTS, *_TEXTS),
    FieldType.TIME: (sa.Time, *_TEXTS),
    FieldType.BOOLEAN: (sa.Boolean, sa.Integer, *_TEXTS),
}


class _Named:
    """A table's name as messages write it, and how its database spells a type."""

    def __init__(self, table: sa.Table, dialect: sa.Dialect) -> None:
        self.table, self.dialect = table, dialect
        self.name = table.fullname

    def spelt(self, kind: Type) -> str:
        return str(kind.compile(dialect=self.dialect))


def misfits(there: sa.Table, fields: list[Field], key: str, dialect: sa.Dialect) -> list[Problem]:
    """Return all that keeps a table which is there from taking calls."""
    named = _Named(there, dialect)
    columns = {name.casefold(): column for name, column in there.columns.items()}
    found = _missing(named, [field for field in fields if field.name.casefold() not in columns])
    for field in fields:
        column = columns.get(field.name.casefold())
        found += _unfit(named, field, column) if column is not None else []
    ours = {field.name.casefold() for field in fields}
    found += [
        _unfilled(named, column) for name, column in columns.items() if name not in ours and _must_be_filled(column)
    ]
    if key.casefold() in columns and not _is_unique(there, key):
        hint = f"ALTER TABLE {named.name} ADD UNIQUE ({key})"
        reason = "a call that is altered later must find its row; for that the column needs a unique index of its own"
        found.append(Problem(f"column {key!r} of table {named.name} is not unique", reason, help=hint))
    return found


def adds(there: sa.Table, field: Field, dialect: sa.Dialect) -> str:
    """Return the statement that gives a table the column of a field."""
    spelt = dialect.identifier_preparer
    kind = MADE[field.type].compile(dialect=dialect)
    return f"ALTER TABLE {spelt.format_table(there)} ADD {spelt.quote(field.name)} {kind}"


def _missing(named: _Named, fields: list[Field]) -> list[Problem]:
    """Return that a table lacks columns as one problem: of a table made before we had them it may be dozens."""
    if not fields:
        return []
    adding = "; ".join(adds(named.table, each, named.dialect) for each in fields)
    if len(fields) == 1:
        reason, hint = f"it would hold {_article(fields[0])}", f"{adding}, or leave it out of 'columns'"
        return [Problem(f"table {named.name} has no column {fields[0].name!r}", reason, help=hint)]
    names = ", ".join(repr(each.name) for each in fields)
    hint = f"{adding}; or leave them out of 'columns'"
    return [Problem(f"table {named.name} has not the columns {names}", "calls have them, too", help=hint)]


def _unfit(named: _Named, field: Field, column: sa.Column[Any]) -> list[Problem]:
    spelt = named.spelt(column.type)
    if not isinstance(column.type, _FIT[field.type]):
        hint = f"make it {named.spelt(MADE[field.type])}, or convert the field: text({field.name.lower()})"
        reason = f"it would be given {_article(field)}"
        return [Problem(f"column {field.name!r} of table {named.name} is {spelt}", reason, help=hint)]
    length = getattr(column.type, "length", None)
    if field.type is FieldType.ID and length is not None and length < ID_LENGTH:
        return [Problem(f"column {field.name!r} of table {named.name} is {spelt}", f"an id has {ID_LENGTH} characters")]
    return []


def _article(field: Field) -> str:
    return f"{'an' if field.type[0] in 'aeiou' else 'a'} {field.type}"


def _unfilled(named: _Named, column: sa.Column[Any]) -> Problem:
    hint = f"give it a default, or fill it: {column.name} = 'a constant'"
    return Problem(f"column {column.name!r} of table {named.name} must not be empty", "nothing fills it", help=hint)


def _must_be_filled(column: sa.Column[Any]) -> bool:
    given = column.server_default is not None or column.identity is not None or column.computed is not None
    return not column.nullable and not given and column.autoincrement is not True


def _is_unique(table: sa.Table, key: str) -> bool:
    alone = [{key.casefold()}]
    constraints = [
        each for each in table.constraints if isinstance(each, (sa.PrimaryKeyConstraint, sa.UniqueConstraint))
    ]
    sets = [{column.name.casefold() for column in each.columns} for each in constraints]
    sets += [{column.name.casefold() for column in each.columns} for each in table.indexes if each.unique]
    return any(each in alone for each in sets)
