"""The small site that cases of reports are run on: a store in memory whose calls are laid out for each case.

Calls are told by columns of the documented view `calls`, prices and meanings of numbers among them, so that a case says
all that its figures follow from. Whose a call is follows from the directory, as in any site.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
import msgspec

from tollbook.model.budget import Budget
from tollbook.model.directory import Directory
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.plugins import read_toml
from tollbook.store.ledger import Ledger
from tollbook.store.schema import VIEWS
from tollbook.store.store import Store

CsvRow = Mapping[str, str]


class SmallSite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What cases are about unless they say otherwise; calls are CSV."""

    today: date
    zone: str
    calls: str
    directory: Directory
    budgets: list[Budget]


class LaidOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a case lays out, as CSV with a heading: calls, records of calls, and records that could not be read.

    A record of a call has in `call` which of the calls it is part of, the first being 1.
    """

    calls: str
    legs: str = ""
    rejects: str = ""


@cache
def small_site() -> SmallSite:
    """Return the small site as its file says it."""
    return msgspec.convert(read_toml(resources.files(__package__), "case_site.toml"), SmallSite)


class CaseSite:
    """The site of cases: what is laid out takes the place of what was there before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._laid: LaidOut | None = None

    def ledger_of(self, wanted: LaidOut) -> Ledger:
        """Return the ledger of what a case lays out; raises `Misconfigured` for what cannot be a call."""
        if wanted != self._laid:
            self._laid = None
            try:
                for table, rows in _rows(wanted).items():
                    self._fill(table, rows)
            except (ValueError, duckdb.Error) as fault:
                reason = str(fault).partition("\n")[0]
                raise Misconfigured(Problem("what the case lays out is not such as calls are", reason)) from None
            self._store.copy_directory(Directory())
            self._store.copy_directory(small_site().directory)
            self._laid = wanted
        return Ledger(self._store)

    def _fill(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        with self._store.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
            for row in rows:
                names, marks = ", ".join(row), ", ".join(f"${name}" for name in row)
                cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)


@contextmanager
def case_site() -> Iterator[CaseSite]:
    """Give a site for cases, and take it away."""
    store = Store(Path(":memory:"))
    try:
        yield CaseSite(store)
    finally:
        store.close()


def _rows(wanted: LaidOut) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table."""
    calls, legs, rejects = (
        read_csv(text, VIEWS[view][1], view)
        for view, text in (("calls", wanted.calls), ("legs", wanted.legs), ("rejects", wanted.rejects))
    )
    return {
        "call": [_call(place, row) for place, row in enumerate(calls, 1)],
        "leg": [_leg(place, row) for place, row in enumerate(legs, 1)],
        "reject": [_reject(place, row) for place, row in enumerate(rejects, 1)],
    }


def read_csv(text: str, known: Mapping[str, object], where: str) -> list[dict[str, str]]:
    """Return rows of CSV by their heading, blanks around values left out; raises `Misconfigured`."""
    lines = list(csv.reader([line for line in text.splitlines() if line.strip()], skipinitialspace=True))
    if not lines:
        return []
    heading, *rows = [[cell.strip() for cell in line] for line in lines]
    faults = [
        Problem(f"{where} have no column {name!r}", "it is none of the view", where, nearest(name, known))
        for name in heading
        if name not in known
    ]
    faults += [
        Problem(f"row {number} of {where} has {len(row)} values", f"the heading has {len(heading)}", where)
        for number, row in enumerate(rows, 1)
        if len(row) > len(heading)
    ]
    if faults:
        raise Misconfigured(*faults)
    return [dict(zip(heading, row, strict=False)) for row in rows]


def _call(place: int, row: CsvRow) -> dict[str, Any]:
    """Return a call as the store has it, with what follows from what it was given."""
    began = _moment(row.get("started_local", ""), f"call {place}")
    at = began.replace(tzinfo=ZoneInfo(small_site().zone)).astimezone(UTC).replace(tzinfo=None)
    told = {"ring_s": "0", "talk_s": "0", "hold_s": "0", **{name: text for name, text in row.items() if text}}
    lasted = sum(int(told[name]) for name in ("ring_s", "talk_s", "hold_s"))
    usual: dict[str, Any] = {
        **_record(place),
        "pbx": "desk",
        "direction": "outgoing",
        "outcome": "answered" if told["talk_s"] != "0" else "unanswered",
        "started_at": at,
        "started_local": began,
        "ended_at": at + timedelta(seconds=lasted),
        "total_s": lasted,
        "change": place,
        "meaning": place,
        **dict.fromkeys(("extension", "caller", "called", "trunk", "account_code", "feature", "ddi"), ""),
        "called" if told.get("direction") != "incoming" else "caller": told.get("number_e164", ""),
    }
    return usual | {_COLUMNS.get(name, name): text for name, text in told.items() if name != "started_local"}


_COLUMNS = {"currency": "price_currency", "pbx_charge": "charge", "pbx_currency": "currency", "pbx_units": "units"}
"""Columns of the table that the view calls otherwise."""


def _leg(place: int, row: CsvRow) -> dict[str, Any]:
    call = _call(place, {name: text for name, text in row.items() if name not in ("call", "leg")})
    left_out = ("change", "meaning", "id")
    return {name: value for name, value in call.items() if name not in left_out} | {
        "id": UUID(int=1_000_000 + place),
        "call": UUID(int=int(row.get("call", "") or 0)),
    }


def _reject(place: int, row: CsvRow) -> dict[str, Any]:
    record = {name: value for name, value in _record(place).items() if name != "length"}
    usual = {"pbx": "desk", "received_at": datetime(2026, 3, 1), "raw": b"", "reason": "", "rule": "", "field": ""}  # noqa: DTZ001 - as stored
    return record | usual | {name: text for name, text in row.items() if text}


def _record(place: int) -> dict[str, Any]:
    return {"id": UUID(int=place), "occurrence": 0, "body": 1, "member": 0, "position": 100 * place, "length": 100}


def _moment(text: str, where: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        help_ = "the clock of the PBX: 2026-02-23 09:00:00"
        raise Misconfigured(
            Problem("'started_local' must be a date and a time", f"got {text!r}", where, help_)
        ) from None
