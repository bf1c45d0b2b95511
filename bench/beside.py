"""Breakdowns of the catalogue beside indexed PostgreSQL: the same calls there, and the questions that a report asks.

Reports are asked of a ledger that remembers what it was asked; sqlglot writes that for PostgreSQL, with the values in
it. The columns are those that reports read. A report's time there is that of its questions alone, by the server's own
clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from sqlglot import exp, parse_one

from bench.engines.postgres import Postgres
from bench.engines.timing import LONGEST_S, time_question, timed
from tollbook.clock import monotonic_s
from tollbook.store.ledger import Ledger, Values
from tollbook.store.store import Store

SAMPLE = (
    "internal-external", "feature-use", "by-extension", "by-person", "by-department", "cost-summary",
    "cost-by-destination", "by-account-code", "top-extensions", "most-called-numbers", "incoming-service", "by-ddi",
    "waiting-time", "by-hour", "by-weekday", "by-month", "heat-map", "by-trunk", "outgoing-success", "overview",
)  # fmt: skip
"""Breakdowns of every group of the catalogue."""
_READ = {
    "call": (
        "id", "pbx", "direction", "outcome", "started_at", "started_local", "ring_s", "talk_s", "total_s", "hold_s",
        "extension", "caller", "called", "trunk", "trunk_group", "account_code", "ddi", "feature", "number_e164",
        "number_country", "number_kind", "number_reach", "number_shown", "number_entry", "assignment",
        "account_assignment", "cost", "price", "price_currency", "tariff", "billed_s", "unpriced_because", "bundle",
    ),
    "owner": ("id", "person", "department", "company", "cost_centre"),
    "phone_book": ("id", "number", "name", "private", "unlisted"),
}  # fmt: skip
_INDEXES = (
    "main.call (started_local)",
    "main.call (direction, started_local)",
    "main.call (extension, started_local)",
    "main.call (assignment, started_local)",
    "main.call (number_e164, started_local)",
    "main.owner (id)",
    "main.phone_book (id)",
)
INDEXED = "; ".join(each.removeprefix("main.") for each in _INDEXES)


class Remembering(Ledger):
    """A ledger that keeps what it was asked, and how many rows that gave."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.asked: list[tuple[str, dict[str, Any], int]] = []

    def rows(self, query: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Return all rows of a question, and remember it."""
        found = super().rows(query, values)
        self.asked.append((self.scoped(query), self.bound(values), len(found)))
        return found


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """How long PostgreSQL took for a report's questions; one that was given up counts as long as it was waited for."""

    took_s: float
    is_whole: bool
    same_rows: bool


def load(server: Postgres, store: Store, folder: Path, longest_s: float) -> None:
    """Put into PostgreSQL what reports read of a store, indexed; raises `TookTooLong`."""
    deadline = monotonic_s() + longest_s

    def run(script: str) -> None:
        server.run(script, longest_s=max(deadline - monotonic_s(), 1))

    run("CREATE SCHEMA main")
    for table, columns in _READ.items():
        file = folder / f"{table}.csv"
        with store.cursor() as cursor:
            kinds = {name: kind for name, kind, *_ in cursor.execute(f"DESCRIBE main.{table}").fetchall()}
            cursor.execute(f"COPY (SELECT {', '.join(columns)} FROM main.{table}) TO '{file}' (HEADER false)")  # noqa: S608 - our own words
        run(f"CREATE UNLOGGED TABLE main.{table} ({', '.join(f'{name} {kinds[name]}' for name in columns)})")
        run(f"\\copy main.{table} FROM '{file}' (FORMAT csv)")
        file.unlink()
    run("SET maintenance_work_mem = '512MB'; " + "; ".join(f"CREATE INDEX ON {each}" for each in _INDEXES))
    for table in _READ:
        run(f"VACUUM (ANALYZE) main.{table}")


def asked_alone(store: Store, asked: Iterable[tuple[str, dict[str, Any], int]], repeats: int) -> float:
    """Return how many seconds our own store takes for the questions of a report and nothing else, as `ask` times them.

    Each is asked once to warm up; the middle of some more counts.
    """
    took_s = 0.0
    for question, values, _ in asked:
        again = partial(store.rows, question, values)
        again()
        took_s += median(timed(again)[0] for _ in range(repeats))
    return took_s


def ask(server: Postgres, asked: Iterable[tuple[str, dict[str, Any], int]], repeats: int) -> Beside:
    """Ask what a report asked; a question that takes too long is given up."""
    took_s, is_whole, same_rows = 0.0, True, True
    for question, values, rows in asked:
        timing = time_question(server, for_postgres(question, values), repeats)
        took_s += LONGEST_S if timing.middle_s is None else timing.middle_s
        is_whole = is_whole and timing.middle_s is not None
        same_rows = same_rows and (timing.middle_s is None or len(timing.answer) == rows)
    return Beside(took_s=took_s, is_whole=is_whole, same_rows=same_rows)


def for_postgres(question: str, values: dict[str, Any]) -> str:
    """Return a question of a ledger as PostgreSQL is asked it, its values in it.

    >>> for_postgres("SELECT hour(a) AS h, count(*) FROM main.call WHERE b = $b GROUP BY ALL", {"b": "it's"})
    "SELECT CAST(EXTRACT(hour FROM a) AS INT) AS h, COUNT(*) FROM main.call WHERE b = 'it''s' GROUP BY 1"
    """
    tree = parse_one(question, read="duckdb")
    for node in reversed(list(tree.bfs())):
        if isinstance(node, exp.Placeholder):
            node.replace(exp.convert(values[node.name]))
        elif isinstance(node, exp.Hour | exp.Minute | exp.DayOfWeekIso):
            part = exp.Extract(this=exp.Var(this=_PARTS[type(node)]), expression=node.this)
            node.replace(exp.cast(part, "int"))
        elif isinstance(node, exp.Group) and node.args.get("all"):
            chosen = node.parent_select.expressions if node.parent_select else []
            places = [place for place, each in enumerate(chosen, 1) if not each.find(exp.AggFunc)]
            node.replace(exp.Group(expressions=[exp.Literal.number(place) for place in places]))
        elif isinstance(node, exp.Table) and not node.db and node.name == "call":
            node.set("db", exp.to_identifier("main"))
        elif isinstance(node, exp.Subquery) and isinstance(node.parent, exp.From) and not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier("inner_part")))
    return tree.sql(dialect="postgres")


_PARTS: dict[type[exp.Expr], str] = {exp.Hour: "hour", exp.Minute: "minute", exp.DayOfWeekIso: "isodow"}
