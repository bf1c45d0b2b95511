"""Calls as rules of alerts look at them: those of some changes one by one, those of a time as columns by subject."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from tollbook.alerts.call import MICRO, AlertCall
from tollbook.alerts.contract import Measured, Narrowing
from tollbook.alerts.finding import SubjectRows
from tollbook.alerts.hours import OfficeHours
from tollbook.store.filter_values import MISSED, OUTSIDE_NUMBER
from tollbook.store.filters import Where, read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.schema import CALL_VIEW

_PRICE = f"CAST(price * {MICRO} AS BIGINT)"
_TEXTS = {
    "extension": "extension",
    "number": OUTSIDE_NUMBER,
    "trunk": "trunk",
    "trunk_group": "trunk_group",
    "account": "account_code",
    "kind": "number_kind",
    "reach": "number_reach",
    "country": "number_country",
    "currency": "price_currency",
}
_FIELDS = {
    "id": "CAST(id AS VARCHAR)",
    **{name: name for name in ("pbx", "started_at", "ended_at", "started_local", "direction", "outcome")},
    "missed": MISSED,
    **{name: f"coalesce({source}, '')" for name, source in _TEXTS.items()},
    "talk_s": "talk_s",
    "total_s": "total_s",
    "price": _PRICE,
    "legs": "coalesce(legs, 1)",
}
"""What each field of an `AlertCall` is in SQL over `call`."""
_NAMES = AlertCall.__struct_fields__
_CHOSEN = ", ".join(_FIELDS[name] for name in _NAMES)
_COUNTED: dict[Measured, str] = {"calls": "1", "minutes": "talk_s", "cost": f"coalesce({_PRICE}, 0)"}
_NUMBERED = {**_FIELDS, "department": f"coalesce({CALL_VIEW['department'][0]}, '')"}


class SubjectQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls are asked for as columns: those that a filter means and that end (or overlap) within a time.

    `names` are what subjects are told by; of `wanted`, values of the first behind the PBX, only these are meant.
    """

    names: tuple[str, ...]
    measure: Measured
    where: Where
    first: datetime
    until: datetime
    wanted: Collection[str] | None = None
    hours: OfficeHours
    overlapping: bool = False


class ChangesAsked(msgspec.Struct, frozen=True):
    """Changes after a number up to another, of calls that ended at a moment or later."""

    after: int
    upto: int
    since: datetime

    @property
    def where(self) -> Where:
        """The calls that are meant."""
        values = {"after": self.after, "upto": self.upto, "ended_since": self.since}
        return Where("meaning > $after AND meaning <= $upto AND ended_at >= $ended_since", values)


def calls_meant(ledger: Ledger, where: Where) -> list[AlertCall]:
    """Return calls, earliest end first."""
    rows = ledger.rows(f"SELECT {_CHOSEN} FROM call WHERE {where.sql} ORDER BY ended_at, id", where.values)
    return [AlertCall(**dict(zip(_NAMES, row, strict=True))) for row in rows]


def stream_calls(ledger: Ledger, where: Where) -> Iterator[AlertCall]:
    """Yield calls, latest end first."""
    query = f"SELECT {_CHOSEN} FROM call WHERE {where.sql} ORDER BY ended_at DESC, id"
    for row in ledger.stream(query, where.values):
        yield AlertCall(**dict(zip(_NAMES, row, strict=True)))


def count_meant(ledger: Ledger, where: Where) -> int:
    """Return how many calls there are."""
    return int(ledger.rows(f"SELECT count(*) FROM call WHERE {where.sql}", where.values)[0][0])


def ids_meant(ledger: Ledger, where: Where) -> set[str]:
    """Return the ids of calls."""
    return {each for (each,) in ledger.rows(f"SELECT CAST(id AS VARCHAR) FROM call WHERE {where.sql}", where.values)}


def where_of(narrow: Narrowing, words: Sequence[tuple[str, str]]) -> Where:
    """Return the condition of calls that a rule can mean; raises `Misconfigured` for words that cannot be read."""
    found = read_filter(dict(words))
    for number, (name, values) in enumerate(narrow.equal):
        if name == "missed":
            found = found.and_(MISSED)
            continue
        marks = {f"equal_{number}_{place}": value for place, value in enumerate(values)}
        found = found.and_(f"{_FIELDS[name]} IN ({', '.join(f'${mark}' for mark in marks)})", **marks)
    for number, (name, least) in enumerate(narrow.least):
        found = found.and_(f"{_FIELDS[name]} >= $least_{number}", **{f"least_{number}": least})
    for number, (name, most) in enumerate(narrow.most):
        found = found.and_(f"{_FIELDS[name]} <= $most_{number}", **{f"most_{number}": most})
    return found


def by_subject(ledger: Ledger, asked: SubjectQuestion) -> SubjectRows:
    """Return calls as columns."""
    where = asked.where.and_("ended_at >= $first", first=asked.first)
    where = where.and_(f"{'started_at' if asked.overlapping else 'ended_at'} < $until", until=asked.until)
    telling = [name for name in asked.names if name != "pbx"]
    if asked.wanted is not None and telling:
        where = where.and_(
            f"{_NUMBERED[telling[0]]} IN (SELECT unnest($wanted::VARCHAR[]))", wanted=sorted(asked.wanted)
        )
    names = ", ".join(f"{_NUMBERED[name]} AS of_{name}" for name in asked.names)
    query = (
        f"SELECT CAST(id AS VARCHAR) AS id, epoch_us(started_at) AS starts, epoch_us(ended_at) AS ends, "
        f"started_local, {_COUNTED[asked.measure]} AS amount{', ' if names else ''}{names} FROM call WHERE {where.sql}"
    )
    columns = ledger.columns(query, where.values)
    if asked.hours.when != "always":
        meant = asked.hours.mask(columns["started_local"])
        columns = {name: column[meant] for name, column in columns.items()}
    return _numbered(asked.names, columns)


def _numbered(names: tuple[str, ...], columns: dict[str, Any]) -> SubjectRows:
    """Return columns with each subject as a number."""
    count = len(columns["ends"])
    numbers: dict[tuple[str, ...], int] = {}
    told = (
        zip(*(columns[f"of_{name}"].tolist() for name in names), strict=True) if names else (() for _ in range(count))
    )
    of = np.fromiter((numbers.setdefault(each, len(numbers)) for each in told), np.int64, count)
    return SubjectRows(
        names=names,
        subjects=list(numbers),
        of=of,
        starts=columns["starts"].astype(np.int64),
        ends=columns["ends"].astype(np.int64),
        amounts=columns["amount"].astype(np.int64),
        ids=columns["id"],
    )


def first_calls(ledger: Ledger) -> dict[str, datetime]:
    """Return when the first call of each PBX began."""
    return dict(ledger.rows("SELECT pbx, min(started_at) FROM call GROUP BY pbx"))


def legs_of(ledger: Ledger, calls: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the records that calls are assembled from."""
    if not calls:
        return {}
    query = (
        "SELECT CAST(call AS VARCHAR), list(CAST(id AS VARCHAR) ORDER BY id) FROM leg "
        "WHERE call IN (SELECT unnest($calls::UUID[])) GROUP BY call"
    )
    return {call: tuple(ids) for call, ids in ledger.rows(query, {"calls": sorted(calls)})}


class PastQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls of extensions before a day are counted by hours; by country where that is said."""

    where: Where
    first: datetime
    until: datetime
    extensions: Collection[str]
    by_country: bool


def hours_before(ledger: Ledger, asked: PastQuestion) -> dict[tuple[str, ...], dict[int, int]]:
    """Return how many calls PBX and extension (and country) had in each hour since 1970 UTC that had any."""
    names = ("pbx", "extension", "country") if asked.by_country else ("pbx", "extension")
    chosen = ", ".join(_FIELDS[name] for name in names)
    where = asked.where.and_("ended_at >= $first AND ended_at < $until", first=asked.first, until=asked.until)
    where = where.and_("extension IN (SELECT unnest($extensions::VARCHAR[]))", extensions=sorted(asked.extensions))
    query = f"SELECT {chosen}, epoch_us(ended_at) // 3600000000, count(*) FROM call WHERE {where.sql} GROUP BY ALL"
    found: dict[tuple[str, ...], dict[int, int]] = {}
    for *subject, hour, count in ledger.rows(query, where.values):
        found.setdefault(tuple(subject), {})[int(hour)] = int(count)
    return found


def visible(ledger: Ledger, calls: Collection[str]) -> set[str]:
    """Return which of some calls a ledger has."""
    if not calls:
        return set()
    query = "SELECT CAST(id AS VARCHAR) FROM call WHERE id IN (SELECT unnest($calls::UUID[]))"
    return {each for (each,) in ledger.rows(query, {"calls": sorted(calls)})}


def numbers_shown(ledger: Ledger, calls: Collection[str]) -> dict[str, str]:
    """Return the outside numbers of some calls as a ledger shows them."""
    if not calls:
        return {}
    query = f"SELECT {_FIELDS['id']}, {_FIELDS['number']} FROM call WHERE id IN (SELECT unnest($calls::UUID[]))"
    return dict(ledger.rows(query, {"calls": sorted(calls)}))


def rejects_since(ledger: Ledger, moment: datetime) -> dict[str, int]:
    """Return how many records of each PBX that came since a moment could not be read; the moment is an aware one."""
    query = "SELECT pbx, count(*) FROM reject WHERE received_at >= $since GROUP BY pbx"
    since = moment.astimezone(UTC).replace(tzinfo=None)
    return {pbx: int(count) for pbx, count in ledger.rows(query, {"since": since})}
