"""What the tables of a ledger are made of in ClickHouse, as statements in its own words.

Calls come from the sinks of sites, in whole rows (`columns=ledger`), and their directories beside them. Of a call the
newest version counts. Two places may have used the same key, or a PBX of the same name: what stands here for them is
made of them and the place.
"""

from __future__ import annotations

from collections.abc import Collection

from tollbook.sinks.clickhouse.columns import PLACE, VERSION, quoted
from tollbook.sinks.clickhouse.rows import TableForm, text
from tollbook.sinks.clickhouse.site_rows import PARTS, current
from tollbook.store.clickhouse import columns_of
from tollbook.store.schema import HANDED_WHOLE, LEG_ROWS, OWNED
from tollbook.store.site_tables import OF_A_LEDGER, PBXS

SETTINGS = {"do_not_merge_across_partitions_select_final": "1"}
"""Rows of one call lie in one month: what was older in another is there no more (see `sinks.clickhouse.rows`)."""
NOTES = "'the notes of the centre'"
"""Stands in a question for what people noted, a list in JSON."""
_FIRST_DAY, _LAST_DAY = "toDate32('1900-01-01')", "toDate32('2299-12-31')"
"""An end that is none is the first or the last day that ClickHouse knows, as in questions; Parquet has had others."""
_DERIVED = {"id": "tollbook_id", "pbx": "tollbook_pbx", **{name: f"tollbook_{name}" for name in OWNED}}
_PBX = f"if({PLACE} = '', pbx, concat({PLACE}, '/', pbx))"
_DIRECTORY_KEY = f"reinterpretAsInt64(cityHash64({PLACE}, toInt64(assumeNotNull(id))))"
_RECORD_KEY = f"reinterpretAsUUID(sipHash128({PLACE}, assumeNotNull(id)))"
_KEYS = {"owner": _DIRECTORY_KEY, "span": _DIRECTORY_KEY, "phone_book": _DIRECTORY_KEY}


def tables(form: TableForm, there: Collection[str]) -> dict[str, str]:
    """Return by the name of a table of the store the question that gives its rows.

    `there` are the tables that the database has; of others there are no rows yet.
    """
    found = {name: _of_sites(form, name) for name in OF_A_LEDGER if {f"{form.table}_{name}", heads(form)} <= {*there}}
    if form.table in there:
        found |= {"call": _call(form), "leg": _leg(form)}
    there_or_none = {name: found.get(name) or _none(name) for name in ("call", "leg", *OF_A_LEDGER)}
    return {**there_or_none, "call_note": _notes()}


def pbxs(form: TableForm) -> str:
    """Return the question for the PBXs of all places: name, zone of its clock, format, and dial plan in JSON."""
    return (
        f"SELECT {_PBX.replace('pbx', 'name')}, timezone, dialect, plan FROM {form.beside(PBXS)} FINAL "
        f"WHERE ({PLACE}, {VERSION}) IN ({current(form, PBXS)}) ORDER BY 1"
    )


def recent(form: TableForm) -> dict[str, str]:
    """Return what is asked for calls that began from a day on (`first`): the ids, the calls, and records of calls."""
    there, later = tables(form, {form.table}), "started_local >= {first:DateTime64(6, 'UTC')}"
    return {
        "touched": f"SELECT tollbook_id AS id FROM {form.name} WHERE {later}",
        "call": f"{there['call']} WHERE {later}",
        "leg": f"SELECT * FROM ({there['leg']}) WHERE {later}",
    }


def arrived(form: TableForm) -> dict[str, str]:
    """Return the same for those of them that came since a moment (`since`), with all ids that anything came of."""
    there, later = tables(form, {form.table}), "started_local >= {first:DateTime64(6, 'UTC')}"
    came = f"SELECT {PLACE}, id FROM {form.name} WHERE tollbook_arrived >= {{since:DateTime64(6, 'UTC')}}"
    touched = f"SELECT DISTINCT tollbook_id AS id FROM {form.name} WHERE ({PLACE}, id) IN ({came})"
    return {
        "touched": touched,
        "call": f"{there['call']} WHERE {later} AND ({PLACE}, id) IN ({came})",
        "leg": f"SELECT * FROM ({there['leg']}) WHERE {later} AND call IN ({touched})",
    }


def heads(form: TableForm) -> str:
    """Return the name of the table that says what there is of each site's tables."""
    return f"{form.table}_{PARTS}"


def _notes() -> str:
    """Return the question for what people of the centre noted on calls, which the centre itself knows."""
    kinds = {"id": "UUID", "words": "String", "tags": "Array(String)", "private": "Bool"}
    told = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    columns = ", ".join(f"tupleElement(n, {text(name)}) AS {name}" for name in kinds)
    return f"SELECT {columns} FROM (SELECT arrayJoin(JSONExtract({NOTES}, {text(f'Array(Tuple({told}))')})) AS n)"


def _none(name: str) -> str:
    more = {"rowid": "UUID", PLACE: "String"} if name == "call" else {}
    columns = (
        f"defaultValueOfTypeName({text(kind)}) AS {quoted(column)}"
        for column, kind in {**columns_of(name), **more}.items()
    )
    return f"SELECT {', '.join(columns)} WHERE false"


def _call(form: TableForm) -> str:
    columns = (
        f"{_DERIVED[name]} AS {name}" if name in _DERIVED else quoted(name) for name in HANDED_WHOLE if name != LEG_ROWS
    )
    own = (PLACE, "tollbook_id AS rowid", "toInt64(0) AS change", "toInt64(0) AS meaning")  # it has no feed of changes
    return f"SELECT {', '.join((*columns, *own))} FROM {form.name} FINAL"


def _leg(form: TableForm) -> str:
    types = columns_of("leg")
    told = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
    its_id = f"reinterpretAsUUID(sipHash128({PLACE}, tupleElement(l, 'id')))"
    own = {"id": its_id, "call": "its_call", "pbx": "toString(its_pbx)"}
    columns = ", ".join(f"{own.get(name, f'tupleElement(l, {text(name)})')} AS {quoted(name)}" for name in types)
    rows = f"JSONExtract(assumeNotNull({LEG_ROWS}), {text(f'Array(Tuple({told}))')})"
    return (
        f"SELECT {columns} FROM (SELECT {PLACE}, tollbook_id AS its_call, tollbook_pbx AS its_pbx, "
        f"arrayJoin({rows}) AS l FROM {form.name} FINAL WHERE {LEG_ROWS} IS NOT NULL)"
    )


def _of_sites(form: TableForm, name: str) -> str:
    columns = ", ".join(
        f"{_value(name, column, kind)} AS {quoted(column)}" for column, kind in columns_of(name).items()
    )
    return f"SELECT {columns} FROM {form.beside(name)} FINAL WHERE ({PLACE}, {VERSION}) IN ({current(form, name)})"


def _value(table: str, column: str, kind: str) -> str:
    if column == "id":
        return _KEYS.get(table, _RECORD_KEY)
    if column == "pbx":
        return _PBX
    value = quoted(column) if kind.startswith("Nullable(") else f"assumeNotNull({quoted(column)})"
    return f"least(greatest({value}, {_FIRST_DAY}), {_LAST_DAY})" if kind == "Date32" else value
