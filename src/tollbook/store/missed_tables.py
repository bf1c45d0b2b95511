"""The state of missed calls: tables in memory beside the store's file, and what of a call stands in them.

They hold no more than can be worked out again from the calls of a limited span, so a start makes them anew: nothing of
them is upgraded, copied or restored. `try` has the missed calls with what became of each, `talk` the answered calls of
the same numbers.

Numbers are compared by E.164 where both have one, else by their last digits: a PBX writes what its line gave, and what
somebody dialled. Whatever can be one number shares its last seven digits, its `tail`, by which rows are found.
"""

from __future__ import annotations

import duckdb

from tollbook.numbering.written import MASK
from tollbook.store.filter_values import MISSED

DATABASE = "missed"
SUBSCRIBER, _NATIONAL = 7, 9
"""Last digits that two spellings of a number share at least; and those that tell it from every other in a country."""
_WITHHELD = "(?i)anonym|privat|withh?eld|restrict|blocked|secret|no.?caller|clir|unknown|unavailable"
_BETWEEN = " -()./,;"
"""What people and PBXs write between digits, a pause among it."""

TABLES = f"""
CREATE OR REPLACE TABLE {DATABASE}.kept (epoch UUID, upto BIGINT, since TIMESTAMP, settings VARCHAR);
CREATE OR REPLACE TABLE {DATABASE}.due (minute INTEGER, after INTEGER);
CREATE OR REPLACE TABLE {DATABASE}.due_on (day DATE, minute INTEGER, after INTEGER);
CREATE OR REPLACE TABLE {DATABASE}.tries (
  id UUID, tail VARCHAR, number VARCHAR, is_e164 BOOLEAN, is_digits BOOLEAN, pbx VARCHAR,
  extension VARCHAR, began TIMESTAMP, ended TIMESTAMP, local TIMESTAMP, waited_s INTEGER, outcome VARCHAR,
  due TIMESTAMP,
  entry UUID, is_again BOOLEAN, closed_by UUID, closed_at TIMESTAMP, closed_how VARCHAR
);
CREATE OR REPLACE TABLE {DATABASE}.talks (
  id UUID, tail VARCHAR, number VARCHAR, is_e164 BOOLEAN, pbx VARCHAR, began TIMESTAMP, reached TIMESTAMP, how VARCHAR
)
"""
"""`due` has the minutes of a week, `due_on` those of days that a holiday alters.

`entry` is the first missed call of the entry that a try is part of; NULL where it is left out.
"""

_RAW = f"translate(CASE direction WHEN 'incoming' THEN caller ELSE called END, '{_BETWEEN}', '')"
_IS_DIGITS = f"(number_e164 IS NOT NULL OR regexp_full_match({_RAW}, '\\+?[0-9*#]+'))"
_MASKED = r"[0-9+*#x?•█]*([x?•█]|[0-9]\*\*)[0-9+*#x?•█]*|\*{3,}"
"""A number of which the PBX hides digits: two of them can be two callers. So can two that lost digits with age."""
_IS_WITHHELD = (
    f"(coalesce(contains(number_e164, '{MASK}'), false) OR number_e164 IS NULL "
    f"AND (coalesce({_RAW}, '') = '' OR number_kind = 'private' OR regexp_matches(caller, '{_WITHHELD}') "
    f"OR regexp_full_match(lower({_RAW}), '{_MASKED}')))"
)
_NUMBER = f"coalesce(number_e164, lower({_RAW}))"
TAIL = f"right({_NUMBER}, {SUBSCRIBER})"
_WORD = "replace(replace(lower(coalesce(nullif(feature, ''), status, '')), ' ', ''), '-', '')"
VOICEMAIL = f"(starts_with({_WORD}, 'voicemail') AND NOT starts_with({_WORD}, 'voicemailmain'))"
"""That a call ended in voice mail, where the PBX tells it; hearing messages is none."""
IS_TRY = f"({MISSED} OR direction = 'incoming' AND {VOICEMAIL})"
"""Which calls are missed here: those nobody answered, and those that voice mail took."""
IS_TALK = (
    f"(outcome = 'answered' AND direction IN ('incoming', 'outgoing') AND NOT (direction = 'incoming' AND {VOICEMAIL}))"
)
TRY_FACTS = f"""
  id, CASE WHEN {_IS_WITHHELD} THEN '=' || id ELSE {TAIL} END AS tail,
  CASE WHEN {_IS_WITHHELD} THEN '=' || id ELSE {_NUMBER} END AS number,
  number_e164 IS NOT NULL AND NOT {_IS_WITHHELD} AS is_e164, {_IS_DIGITS} AND NOT {_IS_WITHHELD} AS is_digits,
  pbx, extension,
  started_at AS began, started_at + to_seconds(greatest(total_s, ring_s)) AS ended, started_local AS local,
  CASE WHEN {VOICEMAIL} AND outcome = 'answered' THEN ring_s ELSE greatest(ring_s, total_s) END AS waited_s,
  CASE WHEN {VOICEMAIL} THEN 'voicemail' ELSE outcome END AS outcome
"""
TALK_FACTS = f"""
  id, {TAIL} AS tail, {_NUMBER} AS number, number_e164 IS NOT NULL AS is_e164, pbx, started_at AS began,
  coalesce(answered_at, started_at + to_seconds(ring_s)) AS reached,
  CASE direction WHEN 'incoming' THEN 'got through' ELSE 'called back' END AS how
"""


def same(one: str, other: str) -> str:
    """Return the condition that the numbers of two rows with one tail are one; the first row is a try."""
    digits = (
        f"right({one}.number, {_NATIONAL}) = right({other}.number, {_NATIONAL}) "
        f"OR suffix({one}.number, {other}.number) OR suffix({other}.number, {one}.number)"
    )
    return (
        f"CASE WHEN NOT {one}.is_digits OR {one}.is_e164 AND {other}.is_e164 "
        f"THEN {one}.number = {other}.number ELSE {digits} END"
    )


def make(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make the tables, empty, where the store's connection has none, or in place of those there are."""
    cursor.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {DATABASE}")
    for statement in TABLES.split(";"):
        cursor.execute(statement)


def are_there(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Say whether the store's connection has the tables: one that was opened again has lost them."""
    query = "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = 'kept'"
    return bool(cursor.execute(query, [DATABASE]).fetchall()[0][0])
