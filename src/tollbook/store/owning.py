"""Whose calls are: the site's directory beside the calls, and per call the ids of what it finds there.

A call keeps ids alone, so that a name is mended in one place. Moving the day of an assignment sets the calls of that
extension, code or trunk again and no others. What the store has is a copy: the site knows the directory, and hands it
over at each start and change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import Any

import duckdb

from tollbook.model.directory import Assignment, Directory
from tollbook.store.changes import in_runs
from tollbook.store.schema import OWNED, schemas_with_calls

_Connection = duckdb.DuckDBPyConnection
_ALWAYS, _NEVER = date.min, date.max
OWNERS = ("auth_code", "extension", "ddi", "trunk", "trunk_group")
"""The columns by which a call has an owner, the first that is assigned counts; `account_code` is looked at apart."""
_ACCOUNT = "account_code"
ANY_PBX_OF = "left({0}, position('/' IN {0}))"
"""What an assignment has in place of a PBX where it counts for all of them: nothing, at a centre `Hamburg/`."""


def owners(connection: _Connection, names: Collection[str], day: str) -> dict[str, str]:
    """Return what finds the owners of rows `t` that have some columns, by column; `day` is their local day.

    Each is looked up by equality alone, and its span chosen from a list: a join of rows that stream in would be turned
    round by DuckDB, which knows nothing of their number, and lose their order.
    """
    found: dict[str, list[str]] = {}
    for kind, pbxs in _kinds(lambda query: connection.execute(query).fetchall(), "assigned", "''").items():
        for pbx in pbxs if kind in names else ():
            spans = (
                f"SELECT a.spans FROM main.assigned a WHERE a.kind = '{kind}' AND a.value = t.{kind} AND a.pbx = {pbx}"
            )
            valid = f"lambda s: {day} >= s.first AND {day} < s.until"
            found.setdefault(kind, []).append(f"list_filter(({spans}), {valid})[1].id")
    told = {}
    if any(kind in found for kind in OWNERS):
        told["assignment"] = f"coalesce({', '.join(each for kind in OWNERS for each in found.get(kind, []))})"
    if _ACCOUNT in found:
        told["account_assignment"] = f"coalesce({', '.join(found[_ACCOUNT])})"
    return told


def owner_by_span(rows: Callable[[str], list[tuple[Any, ...]]], day: str) -> str:
    """Return what finds the assignment of rows `t` in a question, as `owners` does: by `span`, which is plain columns.

    It is for rows that are there: the order of those that stream in would be lost.
    """
    kinds = _kinds(rows, "span", ANY_PBX_OF.format("t.pbx"))
    found = (
        f"(SELECT arg_min(s.id, s.first) FROM main.span s WHERE s.kind = '{kind}' AND s.value = t.{kind} "
        f"AND s.pbx = {pbx} AND {day} >= s.first AND {day} < s.until)"
        for kind in OWNERS
        for pbx in kinds.get(kind, ())
    )
    return f"coalesce({', '.join(('NULL', *found))})"


def _kinds(rows: Callable[[str], list[tuple[Any, ...]]], table: str, any_pbx: str) -> dict[str, list[str]]:
    """Return by which columns calls have an owner, each with the PBX that is looked for: its own first, then any."""
    found: dict[str, list[str]] = {}
    for kind, of_any in rows(f"SELECT DISTINCT kind, pbx = '' OR suffix(pbx, '/') FROM main.{table} ORDER BY 1, 2"):
        found.setdefault(kind, []).append(any_pbx if of_any else "t.pbx")
    return found


class PhoneBook:
    """Finds the entry of a number: its own, or that of the longest block that it begins with."""

    def __init__(self, entries: list[tuple[int, str, bool]]) -> None:
        self._numbers = {number: key for key, number, block in entries if not block}
        self._blocks = {number: key for key, number, block in entries if block}
        self._lengths = sorted({len(number) for number in self._blocks}, reverse=True)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._numbers) + len(self._blocks)

    def find(self, e164: str) -> int:
        """Return the id of a number's entry, 0 where there is none."""
        if e164 in self._numbers:
            return self._numbers[e164]
        return next((self._blocks[e164[:size]] for size in self._lengths if e164[:size] in self._blocks), 0)


_books: dict[int, PhoneBook] = {}
"""The phone book last read, by its digest: reading it for each call that comes would take longer than all else."""


def phone_book(connection: _Connection) -> PhoneBook:
    """Return the phone book as the store has it."""
    query = "SELECT coalesce(bit_xor(hash(id, number, block)), 0) FROM main.phone_book"
    (digest,) = connection.execute(query).fetchall()[0]
    found = _books.get(digest)
    if found is None:
        _books.clear()
        rows = connection.execute("SELECT id, number, block FROM main.phone_book").fetchall()
        found = _books[digest] = PhoneBook(rows)
    return found


# ---------------------------------------------------------------- when the directory changes


def take_over(connection: _Connection, directory: Directory) -> int:
    """Copy the directory inside the caller's transaction; return how many calls belong to somebody else now."""
    before, book = _spans(connection), phone_book(connection)
    _copy(connection, directory)
    moved = {(kind, value) for kind, _, value, _ in before ^ _spans(connection)}
    changed = 0
    for schema in schemas_with_calls(connection):
        count = _set_owners(connection, f"{schema}.call", moved) if moved else 0
        if phone_book(connection) is not book:
            count += set_entries(connection, f"{schema}.call")
        changed += count if schema == "main" else 0
    return changed


def _set_owners(connection: _Connection, source: str, moved: set[tuple[str, str]]) -> int:
    """Find the owners of calls again that some values stand in; return how many have another."""
    kinds = sorted({kind for kind, _ in moved})
    values = [sorted(value for of, value in moved if of == kind) for kind in kinds]
    condition = " OR ".join(f"t.{kind} IN (SELECT unnest(?::VARCHAR[]))" for kind in kinds)
    found = owners(connection, (*OWNERS, _ACCOUNT), "t.started_local::DATE")
    chosen = ", ".join(f"{found.get(name, 'NULL')} AS {name}" for name in OWNED[:2])
    inner = f"SELECT t.rowid AS place, {chosen} FROM {source} t WHERE {{rows}} AND ({condition})"
    return _set_again(connection, source, (inner, values), OWNED[:2])


def set_entries(connection: _Connection, source: str) -> int:
    """Find the entries of calls' numbers again, inside the caller's transaction; return how many have another."""
    book = phone_book(connection)
    numbers = connection.execute(f"SELECT DISTINCT number_e164 FROM {source} WHERE number_e164 IS NOT NULL").fetchall()
    entries = [book.find(number) or None for (number,) in numbers]
    connection.execute("CREATE OR REPLACE TEMP TABLE entered (e164 VARCHAR, number_entry INTEGER)")
    connection.execute(
        "INSERT INTO entered SELECT unnest(?::VARCHAR[]), unnest(?::INTEGER[])",
        [[number for (number,) in numbers], entries],
    )
    inner = (
        f"SELECT t.rowid AS place, e.number_entry FROM {source} t JOIN entered e ON e.e164 = t.number_e164 "
        "WHERE {rows}"
    )
    count = _set_again(connection, source, (inner, []), OWNED[2:])
    connection.execute("DROP TABLE entered")
    return count


def _set_again(connection: _Connection, source: str, query: tuple[str, Sequence[object]], names: Sequence[str]) -> int:
    """Set columns of calls to what a query finds; return how many differ."""
    inner, values = query
    differs = " OR ".join(f"c.{name} IS DISTINCT FROM n.{name}" for name in names)
    sets = ", ".join(f"{name} = n.{name}" for name in names)

    def set_run(first: int, upto: int, offset: int) -> int:
        found = inner.format(rows=f"t.rowid >= {first} AND t.rowid < {upto}")
        statement = (
            f"UPDATE {source} c SET {sets}, meaning = {offset} + c.rowid FROM ({found}) n "
            f"WHERE c.rowid = n.place AND ({differs})"
        )
        return int(connection.execute(statement, values).fetchall()[0][0])

    return in_runs(connection, source, set_run)


def _copy(connection: _Connection, directory: Directory) -> None:
    people = {each.id: each.name for each in directory.people}
    paths, companies = _paths(directory), {each.id: each.company for each in directory.departments}
    codes = {each.id: each.code for each in directory.cost_centres}
    connection.execute("DELETE FROM main.assigned")
    _fill(connection, "span", [_assignment(each) for each in directory.assignments])
    connection.execute(
        "INSERT INTO main.assigned SELECT kind, pbx, value, list({'first': first, 'until': until, 'id': id}) "
        "FROM main.span GROUP BY ALL",
    )
    _fill(
        connection,
        "owner",
        [
            (
                each.id,
                people.get(each.person or 0),
                paths.get(each.department or 0),
                companies.get(each.department or 0) or None,
                codes.get(each.cost_centre or 0),
            )
            for each in directory.assignments
        ],
    )
    _fill(
        connection,
        "phone_book",
        [(b.id, b.number, b.block, b.name, b.company or None, b.private, b.unlisted) for b in directory.phone_book],
    )


def _assignment(each: Assignment) -> tuple[Any, ...]:
    return (each.id, each.kind, each.value, each.pbx, each.first or _ALWAYS, each.until or _NEVER)


def _paths(directory: Directory) -> dict[int, str]:
    """Return each department by its path from the top: `Sales / North`."""
    by_id = {each.id: each for each in directory.departments}

    def names(number: int | None, depth: int = 0) -> Iterator[str]:
        each = by_id.get(number or 0)
        if each and depth < len(by_id):
            yield from names(each.parent, depth + 1)
            yield each.name

    return {number: " / ".join(names(number)) for number in by_id}


def _fill(connection: _Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    connection.execute(f"DELETE FROM main.{table}")
    if rows:
        types = [kind for _, kind, *_ in connection.execute(f"DESCRIBE main.{table}").fetchall()]
        chosen = ", ".join(f"unnest(?::{kind}[])" for kind in types)
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"INSERT INTO main.{table} SELECT {chosen}", columns)


def _spans(connection: _Connection) -> set[tuple[Any, ...]]:
    rows = connection.execute("SELECT kind, pbx, value, (id, first, until) FROM main.span").fetchall()
    return {(kind, pbx, value, tuple(span)) for kind, pbx, value, span in rows}
