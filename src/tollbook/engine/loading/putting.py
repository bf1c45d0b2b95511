"""Puts the calls of messages away in ClickHouse: many messages at once, those with the same columns by one insert."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tollbook.model.problem import Misconfigured
from tollbook.model.sink import Field
from tollbook.sinks.clickhouse.columns import OWN
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.rows import CallRows, TableForm
from tollbook.sinks.clickhouse.server import OF_THE_DATA, ClickHouse, Faulty
from tollbook.sinks.nats.messages import CallMessage, records_of


class LoadedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was taken: `records` is CSV without a heading, in the order of the message's columns."""

    place: str
    message: CallMessage
    records: bytes


class NotTaken(Exception):
    """Calls that ClickHouse does not take, whoever sends them again, with the reason."""


class CallLoader:
    """Puts parcels away. For one thread at a time."""

    def __init__(self, options: Options, server: ClickHouse) -> None:
        self._options, self._server = options, server
        self._ready: set[tuple[tuple[str, ...], str]] = set()
        self._settling: CallRows | None = None

    def put(self, parcels: list[LoadedMessage]) -> dict[int, str]:
        """Put parcels away; return by its place in the list each that cannot be, with the reason.

        Raises `Unavailable` where ClickHouse cannot be used now.
        """
        refused: dict[int, str] = {}
        for alike in _alike(parcels):
            try:
                self._write([parcels[number] for number in alike])
            except NotTaken:
                refused |= self._one_by_one(parcels, alike)
        taken = [each for number, each in enumerate(parcels) if number not in refused]
        if taken:
            self._settling = self._settling or self._rows(taken[0])
            self._settling.settle(sorted({each.message.version for each in taken}))
        return refused

    def _one_by_one(self, parcels: list[LoadedMessage], alike: list[int]) -> dict[int, str]:
        refused = {}
        for number in alike:
            try:
                self._write([parcels[number]])
            except NotTaken as fault:
                refused[number] = str(fault)
        return refused

    def _write(self, parcels: list[LoadedMessage]) -> None:
        fields, rows = parcels[0].message.columns, self._rows(parcels[0])
        try:
            self._make_ready(rows, fields, parcels[0])
            rows.append(fields, (piece for each in parcels for piece in _prefixed(each)))
        except Misconfigured as fault:
            raise NotTaken(" ".join(f"{each.what}: {each.reason}" for each in fault.problems)) from fault
        except Faulty as fault:
            self._ready.clear()  # somebody may have altered the table
            self._settling = None
            if fault.code in OF_THE_DATA:
                raise NotTaken(str(fault)) from fault
            raise

    def _rows(self, parcel: LoadedMessage) -> CallRows:
        where = self._options.database, self._options.table
        fields = parcel.message.columns
        return CallRows(self._server, TableForm(where, self._options.cluster, fields, parcel.message.key))

    def _make_ready(self, rows: CallRows, fields: list[Field], parcel: LoadedMessage) -> None:
        """Have a table with these columns; raises `Misconfigured` where it does not fit."""
        known = tuple(field.name for field in fields), parcel.message.key
        if known in self._ready:
            return
        there = rows.columns()
        makes = self._options.create == "yes"
        if there is None and makes and not parcel.message.gone:
            rows.make()
        elif there is not None:
            lacking = [field for field in fields if field.name not in there and field.name not in OWN]
            faults = rows.problems(there, [field for field in fields if not makes or field not in lacking])
            if faults:
                raise Misconfigured(*faults)
            if makes:
                rows.add(lacking)
        self._ready.add(known)


def _alike(parcels: list[LoadedMessage]) -> list[list[int]]:
    """Return the places of parcels in the list, those with the same columns together; calls before what is gone."""
    found: dict[tuple[bool, tuple[str, ...], str], list[int]] = {}
    for number, each in enumerate(parcels):
        names = tuple(name for name, *_ in each.message.fields)
        found.setdefault((each.message.gone, names, each.message.key), []).append(number)
    return [found[key] for key in sorted(found)]


def _prefixed(parcel: LoadedMessage) -> Iterator[bytes]:
    """Yield the records of a parcel with whose they are, their version, and whether they are gone."""
    place = parcel.place.replace('"', '""')
    before = f'"{place}",{parcel.message.version},{int(parcel.message.gone)},'.encode()
    if parcel.records.count(b'"') == 0:
        yield before + parcel.records.rstrip(b"\n").replace(b"\n", b"\n" + before) + b"\n"
        return
    for record in records_of(parcel.records.splitlines(keepends=True)):
        yield before + record
