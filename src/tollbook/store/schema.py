"""The tables of the store, and the views that everyone else reads.

Tables may change between versions, since the store is made again from the journal; the views are a promise. Every
view column has a comment, from which the reference page is generated.
"""

from __future__ import annotations

import duckdb

from tollbook.model.fields import MEANINGS

VERSION = 14
"""Raised with every change here; a store of another version is made again from the journal."""

_RECORD = """
  id UUID NOT NULL, occurrence INTEGER NOT NULL, pbx VARCHAR NOT NULL, body BIGINT NOT NULL, member INTEGER NOT NULL,
  position BIGINT NOT NULL, length INTEGER NOT NULL, direction VARCHAR NOT NULL, outcome VARCHAR NOT NULL,
  started_at TIMESTAMP NOT NULL, answered_at TIMESTAMP, ended_at TIMESTAMP NOT NULL, started_local TIMESTAMP NOT NULL,
  ring_s INTEGER NOT NULL, talk_s INTEGER NOT NULL, total_s INTEGER NOT NULL, extension VARCHAR, caller VARCHAR,
  called VARCHAR, trunk VARCHAR, account_code VARCHAR, device VARCHAR USING COMPRESSION zstd, feature VARCHAR,
  option1 VARCHAR, option2 VARCHAR, call_id VARCHAR USING COMPRESSION zstd, status VARCHAR,
  source_channel VARCHAR USING COMPRESSION zstd, destination_channel VARCHAR USING COMPRESSION zstd,
  caller_name VARCHAR, ddi VARCHAR, trunk_group VARCHAR, auth_code VARCHAR, third_party VARCHAR, charge VARCHAR,
  currency VARCHAR, linked_id VARCHAR USING COMPRESSION zstd, leg VARCHAR, hold_s INTEGER, units INTEGER
"""
"""The columns of a record, and of the call that it is or is part of."""

NUMBER = ("number_e164", "number_country", "number_kind", "number_reach")
"""What the outside number of a call means by the dial plan of its PBX. `number_shown` is how it is shown where that is
otherwise than the PBX wrote it.

`call.meaning` is the number of the last change of any column, `call.change` that of any but these: who reads none of
these follows `change` alone."""
_NUMBER = ", ".join(f"{name} VARCHAR" for name in (*NUMBER, "number_shown"))

OWNED = ("assignment", "account_assignment", "number_entry")
"""Ids in the directory: of whose assignment a call is, of that of its account code, and of its outside number."""
_OWNED = ", ".join(f"{name} INTEGER" for name in OWNED)
PRICED = {
    "cost": "DECIMAL(24, 12)",
    "price": "DECIMAL(24, 12)",
    "price_currency": "VARCHAR",
    "tariff": "VARCHAR",
    "billed_s": "INTEGER",
    "unpriced_because": "VARCHAR",
    "bundle": "VARCHAR",
    "bundle_taken": "DECIMAL(24, 12)",
}
"""What a call costs, and what is charged for it, by a version of a tariff: exact to twelve places; with the types.

A call that has no price has none of them but the reason; one that no tariff concerns has nothing."""
_PRICED = ", ".join(f"{name} {kind}" for name, kind in PRICED.items())
FOLLOWING = (*NUMBER, "number_shown", *OWNED, *PRICED)
"""Columns that follow from other columns by what the site knows: a call is the same with others of them."""
ROWS_AT_ONCE = 8 * 122_880
"""Rows that are set again by one statement: some of DuckDB's row groups."""

LEG_ROWS = "leg_rows"
"""The column of a call that is handed on whole: its legs, as a list in JSON; empty for a call that is one record."""
HANDED_WHOLE = {
    **{name: name for line in _RECORD.split(",") for name in [line.split()[0]] if name != "occurrence"},
    "legs": "legs",
    **{name: name for name in FOLLOWING},
    LEG_ROWS: (
        "CASE WHEN call.legs IS NOT NULL THEN (SELECT to_json(list(l ORDER BY l.started_at, l.body, l.member, "
        "l.position))::VARCHAR FROM leg l WHERE l.call = call.id) END"
    ),
}
"""The columns of a call as the store has them, for a ledger elsewhere that is asked the same questions."""

TABLES = f"""
CREATE TABLE call ({_RECORD}, legs INTEGER, {_NUMBER}, {_OWNED}, {_PRICED}, change BIGINT NOT NULL, meaning BIGINT);
CREATE TABLE leg ({_RECORD}, call UUID NOT NULL, key VARCHAR, joined VARCHAR, number_shown VARCHAR);
CREATE TABLE gone (id UUID NOT NULL, change BIGINT NOT NULL);
CREATE TABLE changes (epoch UUID NOT NULL, last BIGINT NOT NULL);
CREATE TABLE before (
  id UUID NOT NULL, change BIGINT NOT NULL, meaning BIGINT NOT NULL, likeness UBIGINT NOT NULL, sense UBIGINT NOT NULL
);
CREATE TABLE reject (
  id UUID NOT NULL, occurrence INTEGER NOT NULL, pbx VARCHAR NOT NULL, body BIGINT NOT NULL, member INTEGER NOT NULL,
  position BIGINT NOT NULL, received_at TIMESTAMP NOT NULL, raw BLOB NOT NULL, reason VARCHAR NOT NULL,
  rule VARCHAR NOT NULL, field VARCHAR NOT NULL
);
CREATE TABLE sighting (
  id UUID NOT NULL, base UUID NOT NULL, pbx VARCHAR NOT NULL, body BIGINT NOT NULL, member INTEGER NOT NULL,
  position BIGINT NOT NULL
);
CREATE TABLE tally (
  body BIGINT PRIMARY KEY, pbx VARCHAR NOT NULL, frames BIGINT NOT NULL, calls BIGINT NOT NULL,
  duplicates BIGINT NOT NULL, skipped BIGINT NOT NULL, rejected BIGINT NOT NULL, replayed BIGINT NOT NULL,
  fresh_from BIGINT NOT NULL
);
CREATE TABLE arrival (pbx VARCHAR NOT NULL, day DATE NOT NULL, frames BIGINT NOT NULL, PRIMARY KEY (pbx, day));
CREATE TABLE skip (
  pbx VARCHAR NOT NULL, day DATE NOT NULL, reason VARCHAR NOT NULL, frames BIGINT NOT NULL,
  PRIMARY KEY (pbx, day, reason)
);
CREATE TABLE progress (entry BIGINT NOT NULL);
CREATE TABLE unfinished (body BIGINT PRIMARY KEY, consumed BIGINT NOT NULL);
CREATE TABLE behind (pbx VARCHAR PRIMARY KEY, entry BIGINT NOT NULL);
CREATE TABLE high_water (
  file VARCHAR PRIMARY KEY, life VARCHAR NOT NULL, number BIGINT NOT NULL, digest VARCHAR NOT NULL
);
CREATE TABLE reading (pbx VARCHAR PRIMARY KEY, digest VARCHAR NOT NULL);
CREATE TABLE plan (pbx VARCHAR PRIMARY KEY, digest VARCHAR NOT NULL, settings VARCHAR NOT NULL);
CREATE TABLE pricing (pbx VARCHAR PRIMARY KEY, digest VARCHAR NOT NULL, pricing VARCHAR NOT NULL);
INSERT INTO progress VALUES (0);
INSERT INTO changes VALUES (uuid(), 0);
"""
VERSION_TABLE = "CREATE TABLE IF NOT EXISTS version (number INTEGER NOT NULL)"
"""Empty in a file that has no tables yet."""

DIRECTORY = """
CREATE TABLE IF NOT EXISTS main.span (
  id INTEGER NOT NULL, kind VARCHAR NOT NULL, value VARCHAR NOT NULL, pbx VARCHAR NOT NULL,
  first DATE NOT NULL, until DATE NOT NULL
);
CREATE TABLE IF NOT EXISTS main.assigned (
  kind VARCHAR NOT NULL, pbx VARCHAR NOT NULL, value VARCHAR NOT NULL,
  spans STRUCT(first DATE, until DATE, id INTEGER)[] NOT NULL
);
CREATE TABLE IF NOT EXISTS main.owner (
  id INTEGER NOT NULL, person VARCHAR, department VARCHAR, company VARCHAR, cost_centre VARCHAR
);
CREATE TABLE IF NOT EXISTS main.phone_book (
  id INTEGER NOT NULL, number VARCHAR NOT NULL, block BOOLEAN NOT NULL, name VARCHAR NOT NULL, company VARCHAR,
  private BOOLEAN NOT NULL, unlisted BOOLEAN NOT NULL
)
"""
"""No part of the schema that is made again from the journal: the directory is the site's."""

_BODY = "CASE WHEN body > 0 THEN body END"
"""A body below 0 is one that the journal has no longer: see `unbacked`."""
_FIELDS = (
    "direction", "outcome", "started_at", "answered_at", "ended_at", "started_local", "ring_s", "talk_s", "total_s",
    "extension", "caller", "called", "trunk", "account_code", "device", "feature", "option1", "option2", "call_id",
    "status", "source_channel", "destination_channel", "caller_name", "ddi", "trunk_group", "auth_code", "third_party",
    "pbx_charge", "pbx_currency", "pbx_units", "hold_s", "linked_id",
)  # fmt: skip
"""The fields of a call in the order of the views; what the PBX reckoned itself says so."""
SHOWN = {
    "caller": "CASE WHEN direction = 'incoming' THEN coalesce(number_shown, caller) ELSE caller END",
    "called": "CASE WHEN direction <> 'incoming' THEN coalesce(number_shown, called) ELSE called END",
}
"""How columns are shown that are not as the PBX wrote them."""
NAMED = ("number_name", "person", "department", "company", "cost_centre")
"""The columns of names: joined when they are asked for, so that a name is mended in one place."""


def _owner(name: str, by: str = "assignment") -> str:
    return f"(SELECT o.{name} FROM main.owner o WHERE o.id = {by})"


CALL_VIEW = {
    "id": ("id", "permanent key of the call, the same after every rebuild"),
    "pbx": ("pbx", "name of the PBX that wrote the record"),
    **{name: (SHOWN.get(field, field), MEANINGS[field]) for name in _FIELDS for field in [name.removeprefix("pbx_")]},
    "number_e164": ("number_e164", "outside number as the world writes it, +442079460135; empty where it is not valid"),
    "number_country": ("number_country", "country of the outside number, two letters; empty where it has none"),
    "number_kind": (
        "number_kind",
        "kind of the outside number, such as mobile or emergency; empty without a dial plan",
    ),
    "number_reach": ("number_reach", "internal, local, national, international, service or unknown"),
    "number_name": (
        "(SELECT b.name FROM main.phone_book b WHERE b.id = number_entry AND NOT b.unlisted AND NOT b.private)",
        "whose the outside number is, by the phone book",
    ),
    "person": (_owner("person"), "whose call it is, by the directory, on that day"),
    "department": (_owner("department"), "department of the call on that day, as a path: Sales / North"),
    "company": (_owner("company"), "company of that department"),
    "cost_centre": (
        f"coalesce({_owner('cost_centre', 'account_assignment')}, {_owner('cost_centre')})",
        "what the call is charged to: the account code's, else the extension's",
    ),
    "cost": ("cost", "what the call costs by the tariff, tax included, without mark-up; empty where it is unpriced"),
    "price": ("price", "what is charged for it: the cost with its mark-up and the fee per call"),
    "currency": ("price_currency", "currency of cost and price, three letters"),
    "tariff": ("tariff", "tariff, version and digest by which it was priced"),
    "billed_s": ("billed_s", "seconds that are charged, increments whole"),
    "bundle": ("bundle", "bundle of the tariff from which the call took something"),
    "bundle_taken": ("bundle_taken", "what it took: seconds, calls or an amount, as the bundle holds"),
    "unpriced_because": ("unpriced_because", "why it has no price although it should; empty otherwise"),
    "legs": (
        "coalesce(legs, 1)",
        "records that the call was assembled from; the place that follows is the first one's",
    ),
    "body": (
        _BODY,
        "number of the answer or file in the journal that the record was read from; empty where the journal lost it",
    ),
    "member": ("member", "file within an archive, from 0"),
    "position": ("position", "byte in the body where the record begins"),
    "length": ("length", "bytes of the record"),
}

FORMER = {"charge": "pbx_charge", "units": "pbx_units"}
"""Names that columns of calls had before; a sink's columns may still be written with them."""

LEG_VIEW = {
    "id": ("id", "permanent key of the record"),
    "call": ("call", "id of the call that it is part of"),
    "leg": ("coalesce(leg, '')", MEANINGS["leg"]),
    **{
        name: column
        for name, column in CALL_VIEW.items()
        if name not in ("id", "legs", *NUMBER, *NAMED, *PRICED, "currency")
    },
}

AGG_VIEW = {
    "ACC": ("account_code", "account code"),
    "DIRECTION": ("direction", "direction of the call"),
    "EXT": ("extension", "extension"),
    "CALLER_PHONE": (SHOWN["caller"], "calling number"),
    "TRUNK": ("trunk", "trunk"),
    "FLAG1": ("device", "device (channel)"),
    "DIALED_PHONE": (SHOWN["called"], "number dialled"),
    "FLAG4": ("feature", "feature"),
    "FLAG2": ("option1", "option 1"),
    "FLAG3": ("option2", "option 2"),
    "CALL_TIME": ("started_local", "start, PBX local time"),
    "TOTAL_DURATION_S": ("total_s", "whole duration in seconds"),
    "CALL_DURATION_S": ("talk_s", "talk time in seconds"),
    "CALL_DURATION": ("make_time(talk_s // 3600 % 24, talk_s // 60 % 60, talk_s % 60)", "talk time as a time of day"),
    "RING": ("make_time(ring_s // 3600 % 24, ring_s // 60 % 60, ring_s % 60)", "ring time as a time of day"),
    "CALL_TYPE": ("status", "disposition as the PBX spelt it"),
    "FLAG5": ("call_id", "the PBX's own id of the call"),
}

REJECT_VIEW = {
    "id": ("id", "permanent key of the reject"),
    "pbx": ("pbx", "name of the PBX that wrote the record"),
    "received_at": ("received_at", "when its bytes reached the journal, UTC"),
    "reason": ("reason", "why it could not be read"),
    "rule": ("rule", "rule of the dialect that came nearest"),
    "field": ("field", "field that failed, where one did"),
    "raw": ("raw", "the record's bytes as the PBX wrote them"),
    "body": (_BODY, "number of the answer or file in the journal; empty where the journal lost it"),
    "member": ("member", "file within an archive, from 0"),
    "position": ("position", "byte in the body where the record begins"),
}

VIEWS = {
    "calls": ("call", CALL_VIEW, "One row per call."),
    "legs": ("leg", LEG_VIEW, "The records that calls were assembled from, one row each; other calls have none here."),
    "calls_agg": ("call", AGG_VIEW, "The same calls under the names that users of the AGG logger know."),
    "rejects": ("reject", REJECT_VIEW, "Records that could not be read, with the reason."),
}


def column_types(view: str) -> dict[str, tuple[str, bool]]:
    """Return the columns of a view: DuckDB's name of the type of each, and whether it always holds something."""
    table, columns, _ = VIEWS[view]
    with duckdb.connect() as connection:
        for statement in statements():
            connection.execute(statement)
        kinds = [kind for _, kind, *_ in connection.execute(f"DESCRIBE {view}").fetchall()]
        kept = {name for name, _, null, *_ in connection.execute(f"DESCRIBE {table}").fetchall() if null == "NO"}
    return {
        column: (kind, source in kept or (source.startswith("coalesce(") and "(SELECT" not in source))
        for (column, (source, _)), kind in zip(columns.items(), kinds, strict=True)
    }


def has_schema_beside(connection: duckdb.DuckDBPyConnection) -> bool:
    """Say whether there is a schema beside `main`.

    To ask for tables costs DuckDB a quarter of what it takes to open a file: it sets up all of its own views for it.
    """
    query = "SELECT count(*) FROM duckdb_schemas() WHERE NOT internal AND database_name = current_database()"
    return bool(connection.execute(query).fetchall()[0][0])


def schemas_with_calls(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the schemas that have calls: that of the store, and that of what is made again beside."""
    if not has_schema_beside(connection):
        return ["main"]
    query = "SELECT schema_name FROM duckdb_tables() WHERE table_name = 'call' AND NOT temporary ORDER BY schema_name"
    return [schema for (schema,) in connection.execute(query).fetchall()]


def statements() -> list[str]:
    """Return the statements that make an empty store."""
    return [VERSION_TABLE, *tables(), *DIRECTORY.split(";"), *views(), f"INSERT INTO version VALUES ({VERSION})"]


def tables() -> list[str]:
    """Return the statements that make the tables and their first rows, in the connection's current schema."""
    return [statement for statement in TABLES.split(";") if statement.strip()]


def views() -> list[str]:
    """Return the statements that make the views, or make them anew."""
    return [
        f"CREATE OR REPLACE VIEW {view} AS "
        f"SELECT {', '.join(f'{source} AS {name}' for name, (source, _) in columns.items())} FROM {table}"
        for view, (table, columns, _) in VIEWS.items()
    ]


_TO_7 = """
CREATE TABLE high_water (
  file VARCHAR PRIMARY KEY, life VARCHAR NOT NULL, number BIGINT NOT NULL, digest VARCHAR NOT NULL
);
CREATE TABLE reading (pbx VARCHAR PRIMARY KEY, digest VARCHAR NOT NULL)
"""
_TO_8 = "CREATE TABLE behind (pbx VARCHAR PRIMARY KEY, entry BIGINT NOT NULL)"
_TO_9 = """
ALTER TABLE call ADD COLUMN number_e164 VARCHAR;
ALTER TABLE call ADD COLUMN number_country VARCHAR;
ALTER TABLE call ADD COLUMN number_kind VARCHAR;
ALTER TABLE call ADD COLUMN number_reach VARCHAR;
ALTER TABLE call ADD COLUMN number_shown VARCHAR;
ALTER TABLE leg ADD COLUMN number_shown VARCHAR;
ALTER TABLE call ADD COLUMN meaning BIGINT;
UPDATE call SET meaning = change;
ALTER TABLE before ADD COLUMN meaning BIGINT;
ALTER TABLE before ADD COLUMN sense UBIGINT;
UPDATE before SET meaning = change, sense = 0;
CREATE TABLE plan (pbx VARCHAR PRIMARY KEY, digest VARCHAR NOT NULL, settings VARCHAR NOT NULL)
"""
_TO_10 = f"""
ALTER TABLE call ADD COLUMN IF NOT EXISTS assignment INTEGER;
ALTER TABLE call ADD COLUMN IF NOT EXISTS account_assignment INTEGER;
ALTER TABLE call ADD COLUMN IF NOT EXISTS number_entry INTEGER;
{DIRECTORY}
"""
"""Some stores of version 9 have these already."""
_TO_11 = """
ALTER TABLE call ADD COLUMN cost DECIMAL(24, 12);
ALTER TABLE call ADD COLUMN price DECIMAL(24, 12);
ALTER TABLE call ADD COLUMN price_currency VARCHAR;
ALTER TABLE call ADD COLUMN tariff VARCHAR;
ALTER TABLE call ADD COLUMN billed_s INTEGER;
ALTER TABLE call ADD COLUMN unpriced_because VARCHAR;
CREATE TABLE pricing (pbx VARCHAR PRIMARY KEY, digest VARCHAR NOT NULL, pricing VARCHAR NOT NULL)
"""
_TO_12 = """
ALTER TABLE call ADD COLUMN bundle VARCHAR;
ALTER TABLE call ADD COLUMN bundle_taken DECIMAL(24, 12)
"""
_TO_13 = """
DROP SCHEMA IF EXISTS beside CASCADE;
CREATE TABLE arrival (pbx VARCHAR NOT NULL, day DATE NOT NULL, frames BIGINT NOT NULL, PRIMARY KEY (pbx, day));
DROP TABLE skip;
CREATE TABLE skip (
  pbx VARCHAR NOT NULL, day DATE NOT NULL, reason VARCHAR NOT NULL, frames BIGINT NOT NULL,
  PRIMARY KEY (pbx, day, reason)
);
UPDATE reading SET digest = ''
"""
"""On which day what arrived stands in the journal alone: every PBX is read again beside, and no call is missing
meanwhile. What was being made beside lacks the new tables, and is begun again."""
_BEYOND = 1 << 54
_TO_14 = f"""
UPDATE call SET meaning = c.last + n.number
FROM changes c, (SELECT rowid AS place, row_number() OVER () AS number FROM call WHERE meaning > {_BEYOND}) n
WHERE n.place = call.rowid;
UPDATE before SET meaning = change WHERE meaning > {_BEYOND};
UPDATE changes SET last = (SELECT greatest(last, coalesce(max(meaning), 0)) FROM call)
"""
"""Calls that take from a bundle had numbers that no feed of changes comes to: whoever follows it has not seen them."""
_STEPS = (_TO_7, _TO_8, _TO_9, _TO_10, _TO_11, _TO_12, _TO_13, _TO_14)
UPGRADES = {number: text.split(";") for number, text in enumerate(_STEPS, 6)}
"""By version: what makes a store of it one of the next; the views follow. Others are made again from the journal."""


def make(connection: duckdb.DuckDBPyConnection) -> None:
    """Make an empty store inside the caller's transaction."""
    for statement in statements():
        connection.execute(statement)


def upgrade(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Make a store of an earlier version one of today's, and let what it holds be read again."""
    for statement in (each for version in range(number, VERSION) for each in UPGRADES[version]):
        connection.execute(statement)
    for statement in views():
        connection.execute(statement)
    connection.execute("UPDATE version SET number = ?", [VERSION])
