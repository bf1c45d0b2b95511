"""The tables of the store, and the views that everyone else reads.

Tables may change between versions, since the store is made again from the journal; the views are a promise. Every
view column has a comment, from which the reference page is generated.
"""

from __future__ import annotations

VERSION = 8
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

TABLES = f"""
CREATE TABLE call ({_RECORD}, legs INTEGER, change BIGINT NOT NULL);
CREATE TABLE leg ({_RECORD}, call UUID NOT NULL, key VARCHAR, joined VARCHAR);
CREATE TABLE gone (id UUID NOT NULL, change BIGINT NOT NULL);
CREATE TABLE changes (epoch UUID NOT NULL, last BIGINT NOT NULL);
CREATE TABLE before (id UUID NOT NULL, change BIGINT NOT NULL, likeness UBIGINT NOT NULL);
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
CREATE TABLE skip (pbx VARCHAR NOT NULL, reason VARCHAR NOT NULL, frames BIGINT NOT NULL, PRIMARY KEY (pbx, reason));
CREATE TABLE progress (entry BIGINT NOT NULL);
CREATE TABLE unfinished (body BIGINT PRIMARY KEY, consumed BIGINT NOT NULL);
CREATE TABLE behind (pbx VARCHAR PRIMARY KEY, entry BIGINT NOT NULL);
CREATE TABLE high_water (
  file VARCHAR PRIMARY KEY, life VARCHAR NOT NULL, number BIGINT NOT NULL, digest VARCHAR NOT NULL
);
CREATE TABLE reading (pbx VARCHAR PRIMARY KEY, digest VARCHAR NOT NULL);
CREATE TABLE version (number INTEGER NOT NULL);
INSERT INTO progress VALUES (0);
INSERT INTO changes VALUES (uuid(), 0);
"""

_BODY = "CASE WHEN body > 0 THEN body END"
"""A body below 0 is one that the journal has no longer: see `unbacked`."""
CALL_VIEW = {
    "id": ("id", "permanent key of the call, the same after every rebuild"),
    "pbx": ("pbx", "name of the PBX that wrote the record"),
    "direction": ("direction", "incoming, outgoing, internal or transit (trunk to trunk)"),
    "outcome": ("outcome", "answered, unanswered, busy, failed or unknown"),
    "started_at": ("started_at", "start, UTC"),
    "answered_at": ("answered_at", "moment of answering, UTC; empty when nobody did"),
    "ended_at": ("ended_at", "end, UTC"),
    "started_local": ("started_local", "start in the PBX's own wall time"),
    "ring_s": ("ring_s", "seconds of ringing before the answer, or in all when nobody answered"),
    "talk_s": ("talk_s", "seconds of conversation"),
    "total_s": ("total_s", "seconds from start to end"),
    "extension": ("extension", "extension that made or took the call; empty on transit calls"),
    "caller": ("caller", "calling number as the PBX wrote it: extension or CLI; * on a blind transfer"),
    "called": ("called", "number called as the PBX wrote it"),
    "trunk": ("trunk", "trunk used: number of an analog line, name of a SIP trunk"),
    "account_code": ("account_code", "account code entered for the call"),
    "device": ("device", "channel of the extension's side"),
    "feature": ("feature", "feature called, such as Voicemail, Paging or MeetMe"),
    "option1": ("option1", "first item the PBX keeps for its makers, as written"),
    "option2": ("option2", "second item the PBX keeps for its makers, as written"),
    "call_id": ("call_id", "the PBX's own id of the call; not unique"),
    "status": ("status", "disposition as the PBX spelt it"),
    "source_channel": ("source_channel", "channel of the calling side, as written"),
    "destination_channel": ("destination_channel", "channel of the called side, as written"),
    "caller_name": ("caller_name", "name of the caller, as the PBX wrote it; empty where it gives none"),
    "ddi": ("ddi", "public number that an outside caller dialled"),
    "trunk_group": ("trunk_group", "group or route that the trunk belongs to"),
    "auth_code": ("auth_code", "authorisation code entered for the call"),
    "third_party": ("third_party", "extension that the call was transferred or forwarded by, or to"),
    "pbx_charge": ("charge", "price of the call as the PBX reckoned it, decimal text"),
    "pbx_currency": ("currency", "currency of that price, as the PBX wrote it"),
    "pbx_units": ("units", "charge pulses counted by the PBX; empty where there were none"),
    "hold_s": ("hold_s", "seconds on hold; empty where there were none"),
    "linked_id": ("linked_id", "what the PBX writes into all records of one call; empty where it links none"),
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

FORMER = {"charge": "pbx_charge", "currency": "pbx_currency", "units": "pbx_units"}
"""Names that columns of calls had before; a sink's columns may still be written with them."""

LEG_VIEW = {
    "id": ("id", "permanent key of the record"),
    "call": ("call", "id of the call that it is part of"),
    "leg": ("coalesce(leg, '')", "its part in the call, in the words of the dialect"),
    **{name: column for name, column in CALL_VIEW.items() if name not in ("id", "legs")},
}

AGG_VIEW = {
    "ACC": ("account_code", "account code"),
    "DIRECTION": ("direction", "direction of the call"),
    "EXT": ("extension", "extension"),
    "CALLER_PHONE": ("caller", "calling number"),
    "TRUNK": ("trunk", "trunk"),
    "FLAG1": ("device", "device (channel)"),
    "DIALED_PHONE": ("called", "number dialled"),
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


def statements() -> list[str]:
    """Return the statements that make an empty store."""
    return [*tables(), *views(), f"INSERT INTO version VALUES ({VERSION})"]


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
UPGRADES = {6: _TO_7.split(";"), 7: [_TO_8]}
"""By version: what makes a store of it one of the next; the views follow. Others are made again from the journal."""
