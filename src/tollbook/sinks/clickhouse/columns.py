"""The columns of a table in ClickHouse: what they are made as, and whether those of a table that is there will do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tollbook.model.problem import Problem
from tollbook.model.sink import Field, FieldType

PLACE, VERSION, GONE = "place", "tollbook_version", "tollbook_gone"
OWN = {PLACE: "LowCardinality(String)", VERSION: "UInt64", GONE: "UInt8"}
"""Columns beside those of a call: whose it is, which delivery wrote it, and whether it is no more."""
_WHOLE = "leg_rows"
DERIVED = {
    "tollbook_id": "UUID MATERIALIZED reinterpretAsUUID(sipHash128(place, id))",
    "tollbook_pbx": "LowCardinality(String) MATERIALIZED if(place = '', pbx, concat(place, '/', pbx))",
    **{
        f"tollbook_{name}": f"Nullable(Int64) MATERIALIZED if(isNull({name}), NULL, "
        f"reinterpretAsInt64(cityHash64(place, toInt64(assumeNotNull({name})))))"
        for name in ("assignment", "account_assignment", "number_entry")
    },
    "tollbook_arrived": "DateTime64(6, 'UTC') MATERIALIZED now64(6, 'UTC')",
}
"""Columns of a table of whole calls, which a centre reads: keys that no two places share, the name of a PBX with that
of its place, and when a row came."""
TAKEN = frozenset((*OWN, *DERIVED, "_partition_id", "_row_exists"))
"""Names that no column of a call may have: ours, and those by which ClickHouse itself tells rows apart."""
KEPT = frozenset(
    ("id", "pbx", "direction", "outcome", "started_at", "ended_at", "started_local", "ring_s", "talk_s", "total_s")
)
"""Columns of the ledger that always hold something."""
FEW = frozenset(
    (
        *("pbx", "direction", "outcome", "extension", "trunk", "trunk_group", "ddi", "account_code", "auth_code"),
        *("device", "feature", "option1", "option2", "status", "pbx_currency", "leg"),
        *("number_country", "number_kind", "number_reach", "person", "department", "company", "cost_centre"),
        *("currency", "tariff", "bundle", "unpriced_because"),
    ),
)
"""Columns of the ledger whose values are few and often the same."""
AMOUNTS = frozenset(("cost", "price", "bundle_taken"))
"""Columns of the ledger that are exact to twelve places."""
_MOMENT = "DateTime64(6, 'UTC')"
_MADE: dict[FieldType, str] = {
    FieldType.ID: "UUID",
    FieldType.TEXT: "String",
    FieldType.INTEGER: "Int64",
    FieldType.NUMBER: "Float64",
    FieldType.INSTANT: _MOMENT,
    FieldType.LOCAL: _MOMENT,
    FieldType.DATE: "Date32",
    FieldType.TIME: "String",
    FieldType.BOOLEAN: "Bool",
}
_WILL_DO: dict[FieldType, frozenset[str]] = {
    FieldType.ID: frozenset(("UUID", "String")),
    FieldType.TEXT: frozenset(("String",)),
    FieldType.INTEGER: frozenset(("Int32", "Int64", "Int128", "Int256")),
    FieldType.NUMBER: frozenset(("Float32", "Float64", "Decimal")),
    FieldType.INSTANT: frozenset(("DateTime", "DateTime64")),
    FieldType.LOCAL: frozenset(("DateTime", "DateTime64")),
    FieldType.DATE: frozenset(("Date", "Date32")),
    FieldType.TIME: frozenset(("String", "Time", "Time64")),
    FieldType.BOOLEAN: frozenset(("Bool", "UInt8", "Int8")),
}
_WRAPPED = re.compile(r"(?:LowCardinality|Nullable)\((.*)\)")
_UNSHIFTED = "UTC')"
"""How a type ends that shows a time as it came, and neither in another zone nor in that of the server."""
_TIMES = (FieldType.LOCAL, FieldType.INSTANT, FieldType.DATE)


def quoted(name: str) -> str:
    r"""Return a name as SQL has it.

    >>> quoted("Talk `minutes`")
    '`Talk \\`minutes\\``'
    """
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def plain(field: Field) -> str:
    """Return the type that a value comes as, empty ones included."""
    kind = "Decimal(24, 12)" if field.source in AMOUNTS else _MADE[field.type]
    return kind if field.source in KEPT else f"Nullable({kind})"


def made(field: Field) -> str:
    """Return the type that a column is made as."""
    return f"LowCardinality({plain(field)})" if field.source in FEW else plain(field)


def packed(field: Field) -> str:
    """Return how a column is packed, as its type is followed by it: texts of many values take two thirds so."""
    return " CODEC(ZSTD(1))" if field.type is FieldType.TEXT and field.source not in FEW else ""


def derived(fields: list[Field]) -> dict[str, str]:
    """Return what a table has beside its columns, by name: something where calls come whole."""
    return DERIVED if any(field.name == _WHOLE for field in fields) else {}


def month_of(fields: list[Field]) -> Field | None:
    """Return the column by whose months rows lie apart: the first time in them, None where there is none."""
    return next((field for kind in _TIMES for field in fields if field.type is kind), None)


def misfits(fields: list[Field], there: Mapping[str, str], table: str) -> list[Problem]:
    """Return what does not fit in a table that is there; `there` has its columns with their types."""
    missing = [
        Problem(f"the table has no column {name!r}", "it was not made by Tollbook", help=_adding(table, name, kind))
        for name, kind in {**OWN, **{field.name: made(field) for field in fields}}.items()
        if name not in there
    ]
    ours = [
        Problem(f"the column {name!r} is {there[name]}", "rows are told apart by it", help=f"make it {kind}")
        for name, kind in OWN.items()
        if name in there and _bare(there[name]) != _bare(kind)
    ]
    return [*missing, *ours] + [
        Problem(
            f"the column {field.name!r} is {there[field.name]}",
            f"{field.type.value} comes there",
            help=f"make it {made(field)}",
        )
        for field in fields
        if field.name in there and not _fits(field, there[field.name])
    ]


def adds(table: str, field: Field) -> str:
    """Return the statement that adds a column."""
    return _adding(table, field.name, f"{made(field)}{packed(field)}")


def _adding(table: str, name: str, kind: str) -> str:
    return f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {quoted(name)} {kind}"


def _fits(field: Field, kind: str) -> bool:
    bare = _bare(kind)
    if field.source not in KEPT and "Nullable(" not in kind:
        return False
    if field.type is FieldType.LOCAL and not bare.endswith(_UNSHIFTED):
        return False
    return bare.partition("(")[0] in _WILL_DO[field.type]


def _bare(kind: str) -> str:
    while found := _WRAPPED.fullmatch(kind):
        kind = found[1]
    return kind
