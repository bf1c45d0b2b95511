"""The account: all that was sent beside all that is there, row by row; each difference says what, where and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from bench.soak.traffic import Traffic
from tests.fakes.hooks import Hook
from tollbook.journal import Journal

_SHOWN = 5
Row = dict[str, Any]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it must be."""

    what: str
    where: str
    why: str


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What a site holds: its calls as the view has them, the raw record of each call by PBX, and the raw rejects."""

    calls: list[Row]
    raws: dict[str, Counter[bytes]]
    rejects: dict[str, list[bytes]]


def read(site: Path) -> Ledger:
    """Read the ledger of a site that nobody serves."""
    with duckdb.connect(str(site / "calls.duckdb"), read_only=True) as connection:
        calls = _rows(connection, "SELECT * FROM calls")
        refused = _rows(connection, "SELECT pbx, raw FROM rejects")
    raws: dict[str, Counter[bytes]] = defaultdict(Counter)
    journal = Journal(site / "journal.sqlite", reserve_bytes=0)
    try:
        for call in calls:
            raws[call["pbx"]][journal.slice(call["body"], call["position"], call["length"])] += 1
    finally:
        journal.close()
    rejects: dict[str, list[bytes]] = defaultdict(list)
    for reject in refused:
        rejects[reject["pbx"]].append(bytes(reject["raw"]))
    return Ledger(calls=calls, raws=raws, rejects=rejects)


def _rows(connection: duckdb.DuckDBPyConnection, question: str) -> list[Row]:
    found = connection.execute(question)
    names = [name for name, *_ in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def of_records(traffic: Traffic, ledger: Ledger) -> Iterable[Difference]:
    """Compare the records that were sent with those in the ledger, and the rejects with what can have led to them."""
    for name, sent in traffic.sent.items():
        there = ledger.raws.get(name, Counter())
        yield from _differences(f"the ledger, PBX {name}", sent - there, there - sent)
        noise, rejects = traffic.noise[name], ledger.rejects.get(name, [])
        missing = Counter(noise - set(rejects))
        odd = [raw for raw in rejects if raw not in noise and not _is_beginning(raw, sent)]
        yield from _differences(f"the rejects of PBX {name}", missing, Counter(odd))


def of_table(calls: list[Row], rows: list[Row]) -> Iterable[Difference]:
    """Compare the user's table with the ledger: each call once, and every cell of it."""
    columns = rows[0].keys() & calls[0].keys() if rows and calls else set()
    there, wanted = _counted(rows, columns), _counted(calls, columns)
    yield from _differences("the database", wanted - there, there - wanted)


def of_hook(listed: list[Row], hook: Hook, again: int) -> Iterable[Difference]:
    """Compare what was posted with the calls that the API lists; by a kill so many may come again, the same."""
    newest = {call["id"]: call for call in sorted(hook.calls, key=lambda call: int(call["change"]))}
    columns = (listed[0].keys() & next(iter(newest.values())).keys()) if listed and newest else set()
    there, wanted = _counted(newest.values(), columns), _counted(listed, columns)
    yield from _differences("the webhook", wanted - there, there - wanted)
    told = Counter((call["id"], call["change"]) for call in hook.calls)
    doubled, altered = told.total() - len(told), len(told) - len(newest)
    if doubled > again:
        yield Difference(what=f"{doubled} calls came again", where="the webhook", why=f"at most {again} may, by kills")
    if altered or hook.gone:
        what = f"{altered} calls came altered, {len(hook.gone)} as gone"
        yield Difference(what=what, where="the webhook", why="nothing that was sent has altered")


def _is_beginning(raw: bytes, sent: Counter[bytes]) -> bool:
    """Say whether a reject is what a broken line left of a record."""
    return any(record.startswith(raw) and record != raw for record in sent)


def _counted(rows: Iterable[Row], columns: set[str]) -> Counter[str]:
    return Counter(str([_plain(row[name]) for name in sorted(columns)]) for row in rows)


def _plain(value: Any) -> str:  # noqa: ANN401 - cells as the engines give them
    """Return a cell in one spelling for all engines."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat()
    return "" if value is None else str(value)


def _differences(where: str, missing: Counter[Any], odd: Counter[Any]) -> Iterable[Difference]:
    if missing:
        yield Difference(what=f"{missing.total()} are missing", where=where, why=_some(missing))
    if odd:
        yield Difference(what=f"{odd.total()} are there that do not belong there", where=where, why=_some(odd))


def _some(of: Counter[Any]) -> str:
    return "for example " + "; ".join(str(each)[:400] for each in list(of)[:_SHOWN])
