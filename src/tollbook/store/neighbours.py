"""Stored legs that may be of one call with others: they share a key and are near in time, or stand beside them.

Legs are looked for until no more are found, since each may lead to others. So whatever is assembled again is whole:
nothing outside it can be of one call with anything in it.
"""

from __future__ import annotations

from typing import Any

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.assembly.grouping import Spans, groups_of, spans_of
from tollbook.assembly.legs import NONE, Legs, Mask, has_word, join_legs
from tollbook.model.call import NEVER, NUMBERS, SOME_NUMBERS, SOME_TEXTS, TEXTS, Calls, Numbers, at_rows, no_calls
from tollbook.model.rules import Rules
from tollbook.model.texts import texts_of
from tollbook.store.arrow import INTEGER, KEY, KEY_BYTES, TEXT, Column, table, taken
from tollbook.store.registering import joined, registered

NO_CALL = bytes(KEY_BYTES)
"""The call of a leg that is not stored yet."""
_SECOND = 1_000_000


class KeptLegs(msgspec.Struct, frozen=True, kw_only=True):
    """Legs with what the store knows of them: their ids and those of their calls, one after another in bytes."""

    legs: Legs
    ids: bytes
    calls: bytes
    occurrence: Numbers
    lengths: Numbers

    def __len__(self) -> int:
        """Return the number of legs."""
        return len(self.lengths)


def join_kept(parts: list[KeptLegs]) -> KeptLegs:
    """Return the legs of all parts, in order."""
    return KeptLegs(
        legs=join_legs([each.legs for each in parts]),
        ids=b"".join(each.ids for each in parts),
        calls=b"".join(each.calls for each in parts),
        occurrence=np.concatenate([each.occurrence for each in parts]),
        lengths=np.concatenate([each.lengths for each in parts]),
    )


def none_kept() -> KeptLegs:
    """Return no legs."""
    nothing = np.empty(0, np.int64)
    legs = Legs(calls=no_calls(), pbx=texts_of([]), body=nothing, member=nothing)
    return KeptLegs(legs=legs, ids=b"", calls=b"", occurrence=nothing, lengths=nothing)


def with_neighbours(
    connection: duckdb.DuckDBPyConnection,
    rules: Rules,
    fresh: KeptLegs,
    stored: list[bytes],
) -> KeptLegs:
    """Return new legs, those stored under some ids, and after them all that may be of one call with any of them."""
    near = _fetch(connection, spans_of(none_kept().legs, rules), rules, set(stored)) if stored else none_kept()
    reach = 1
    while True:
        all_found = join_kept([fresh, near])
        beside = _beside(connection, rules, all_found) if rules.follows else []
        ids = {*stored, *(key for _, _, key in beside)}
        wide = _fetch(connection, spans_of(all_found.legs, rules, reach), rules, ids)
        found = _connected(fresh, wide, rules, ids)
        if len(found) == len(near):
            return _in_sequence(all_found, [(row, key) for what, row, key in beside if what == _BEFORE])
        near, reach = found, 2 * reach  # a trunk that is never quiet for long leads from call to call through a year


def _connected(fresh: KeptLegs, found: KeptLegs, rules: Rules, ids: set[bytes]) -> KeptLegs:
    """Return those of the legs found that are in one group with new ones, or with those of some ids."""
    groups = groups_of(join_legs([fresh.legs, found.legs]), rules)
    asked = np.ones(len(groups), np.bool_)
    asked[len(fresh) :] = [each in ids for each in split(found.ids)]
    return _at(found, np.isin(groups, groups[asked])[len(fresh) :])


def _at(kept: KeptLegs, rows: Mask) -> KeptLegs:
    """Return the legs at some rows."""
    legs = kept.legs
    return KeptLegs(
        legs=Legs(calls=at_rows(legs.calls, rows), pbx=legs.pbx[rows], body=legs.body[rows], member=legs.member[rows]),
        ids=_keys(kept.ids)[rows].tobytes(),
        calls=_keys(kept.calls)[rows].tobytes(),
        occurrence=kept.occurrence[rows],
        lengths=kept.lengths[rows],
    )


def _keys(keys: bytes) -> npt.NDArray[np.void]:
    return np.frombuffer(keys, f"V{KEY_BYTES}")


def _in_sequence(kept: KeptLegs, pairs: list[tuple[int, bytes]]) -> KeptLegs:
    """Note which leg stands just before those that follow one."""
    rows = {key: row for row, key in enumerate(split(kept.ids))}
    before = np.full(len(kept), NONE, np.int64)
    for row, key in pairs:
        before[row] = rows.get(key, NONE)
    return msgspec.structs.replace(kept, legs=msgspec.structs.replace(kept.legs, before=before))


def split(keys: bytes) -> list[bytes]:
    """Return keys that stand one after another."""
    return [keys[start : start + KEY_BYTES] for start in range(0, len(keys), KEY_BYTES)]


_INSTANTS = ("started_at", "answered_at", "ended_at", "started_local")
_READ = {
    **dict.fromkeys(TEXTS, "{}"),
    **dict.fromkeys(SOME_TEXTS, "coalesce({}, '')"),
    **dict.fromkeys((*NUMBERS, "member", "length", "occurrence", "body", "position"), "{}::BIGINT"),
    **dict.fromkeys(SOME_NUMBERS, "coalesce({}, 0)::BIGINT"),
    **dict.fromkeys(_INSTANTS, f"coalesce(epoch_us({{}}) // {_SECOND}, {NEVER})::BIGINT"),
    **dict.fromkeys(("id", "call"), "{}::BLOB"),
    "pbx": "{}",
}
_COLUMNS = ", ".join(f"{form.format(name)} AS {name}" for name, form in _READ.items())
_BY = "SELECT l.id FROM leg l JOIN k ON l.pbx = k.pbx AND l.{column} = k.key WHERE {near}"
_NEAR = (
    "l.started_at <= k.until AND l.ended_at >= k.since "
    "AND l.started_at <= make_timestamp($until) AND l.ended_at >= make_timestamp($since)"
)


def _fetch(connection: duckdb.DuckDBPyConnection, spans: Spans, rules: Rules, ids: set[bytes]) -> KeptLegs:
    """Return the stored legs that lie in some spans, and those of some ids."""
    columns: dict[str, Column] = {
        "pbx": (TEXT, spans.pbx),
        "key": (TEXT, spans.key),
        "since": (INTEGER, spans.since * _SECOND),
        "until": (INTEGER, spans.until * _SECOND),
    }
    sources = [_BY.format(column=column, near=_NEAR) for column in (*["key"], *(["joined"] if rules.joins else []))]
    if ids:
        sources.append("SELECT id::UUID FROM wanted")
    query = (
        "WITH k AS MATERIALIZED (SELECT pbx, key, make_timestamp(since) AS since, make_timestamp(until) AS until "
        f"FROM keys), found AS MATERIALIZED ({' UNION '.join(sources)}) "
        f"SELECT {_COLUMNS} FROM leg WHERE id IN (SELECT id FROM found)"
    )
    limits = {
        "since": int(columns["since"][1].min(initial=0)),
        "until": int(columns["until"][1].max(initial=0)),
    }
    wanted = table({"id": (KEY, b"".join(sorted(ids)))})
    with registered(connection, "keys", table(columns)), registered(connection, "wanted", wanted):
        runs = [_kept(run) for run in taken(connection.sql(query, params=limits))]
    return join_kept(runs) if runs else none_kept()


def _kept(run: dict[str, Any]) -> KeptLegs:
    calls: dict[str, Any] = {name: run[name] for name in (*NUMBERS, *TEXTS, *SOME_NUMBERS, *SOME_TEXTS)}
    rows = len(run["position"])
    return KeptLegs(
        legs=Legs(
            calls=Calls(**calls, raws=[b""] * rows, offsets=run["position"].tolist()),
            pbx=run["pbx"],
            body=run["body"],
            member=run["member"],
        ),
        ids=run["id"],
        calls=run["call"],
        occurrence=run["occurrence"],
        lengths=run["length"],
    )


_BEFORE = "before"
_BESIDE = f"""
WITH k AS MATERIALIZED (SELECT row, id::UUID AS id, call::UUID AS call, body, member, position, follows FROM keys),
words AS MATERIALIZED (SELECT unnest(?::VARCHAR[]) AS word),
near AS MATERIALIZED (
  SELECT l.id, l.body, l.member, l.position, coalesce(l.leg, '') IN (SELECT word FROM words) AS follows
  FROM leg l SEMI JOIN k ON l.body = k.body
),
place AS (
  SELECT id, body, member, position FROM k UNION ALL SELECT id, body, member, position FROM near
  UNION ALL SELECT s.id, s.body, s.member, s.position FROM sighting s SEMI JOIN k ON s.body = k.body
)
SELECT '{_BEFORE}', k.row, p.id FROM k ASOF JOIN place p
ON k.body = p.body AND k.member = p.member AND k.position > p.position WHERE k.follows = 1
UNION ALL SELECT 'after', k.row, n.id FROM k ASOF JOIN near n
ON k.body = n.body AND k.member = n.member AND k.position < n.position WHERE n.follows
UNION ALL SELECT 'of the same call', 0, l.id FROM leg l SEMI JOIN k ON l.call = k.call
"""


def _beside(connection: duckdb.DuckDBPyConnection, rules: Rules, kept: KeptLegs) -> list[tuple[str, int, bytes]]:
    """Return the ids of legs that stand just before those that follow one, or follow any; and of the same calls."""
    columns: dict[str, Column] = {
        "row": (INTEGER, np.arange(len(kept))),
        "id": (KEY, kept.ids),
        "call": (KEY, kept.calls),
        "body": (INTEGER, kept.legs.body),
        "member": (INTEGER, kept.legs.member),
        "position": (INTEGER, kept.legs.calls.offsets),
        "follows": (INTEGER, has_word(kept.legs.calls, rules.follows)),
    }
    found = joined(connection, columns, _BESIDE, [list(rules.follows)])
    return [(what, row, key.bytes) for what, row, key in found]
