"""Looks at SQL of one's own before anything of it is asked: what it may use is listed, all else is refused.

The tree is the one of DuckDB's own parser, so that what is looked at and what is asked cannot be read in two ways. Only
the text that DuckDB writes of a tree that was found in order is asked, never what was typed; and it is looked at, too.
A part of a tree that nobody has listed is refused, whatever it does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources
from itertools import chain
from typing import Any

import duckdb
import msgspec

from tollbook.model.page_limits import OWN_SQL_NUMBERS, OWN_SQL_TEXT
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.plugins import read_toml
from tollbook.store.schema import VIEWS

_DEPTH = 150
_ALIKE = 0.8
_NOWHERE = 2**63
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_PARSER: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
    "max_expression_depth": str(_DEPTH),
    "threads": "1",
}
_EXPRESSIONS = frozenset((
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION",
    "LAMBDA", "OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW",
))  # fmt: skip
_PARTS = frozenset((
    "SELECT_NODE", "SET_OPERATION_NODE", "BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST",
    "EMPTY", "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER", "ASCENDING",
    "DESCENDING", "ORDER_DEFAULT",
))  # fmt: skip
_REFUSED = {
    "RECURSIVE_CTE_NODE": ("WITH RECURSIVE cannot be used", "use generate_series(…) for days or numbers"),
    "PIVOT": ("PIVOT cannot be used", "write count(*) FILTER (WHERE …), one for each column"),
    "SHOW_REF": ("DESCRIBE, SUMMARIZE and SHOW cannot be used", "the views and their columns: tollbook guide own-sql"),
}
Tree = Any
"""A part of what DuckDB makes of a statement: dicts, lists and values, as JSON has them."""


class CheckedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that was found in order, as DuckDB writes it.

    `tables` has the columns that may be needed of each documented view; `parameters` the names of values to bind;
    `places` says where names stand in what was typed, for what DuckDB finds when it is asked; `columns` are those of
    the answer, with DuckDB's names of their types, once that has been asked.
    """

    sql: str
    tables: dict[str, tuple[str, ...]]
    parameters: tuple[str, ...]
    places: dict[str, str]
    columns: tuple[tuple[str, str], ...] = ()


class _Allowed(msgspec.Struct, frozen=True):
    tables: dict[str, list[str]]
    functions: dict[str, list[str]]
    types: dict[str, list[str]]


@cache
def allowed() -> dict[str, frozenset[str]]:
    """Return the names that may be used: of `functions`, of functions that are `tables`, and of `types`."""
    read = msgspec.convert(read_toml(resources.files("tollbook.store.own_sql"), "allowed.toml"), _Allowed)
    kinds = {"tables": read.tables, "functions": read.functions, "types": read.types}
    return {kind: frozenset(chain.from_iterable(groups.values())) for kind, groups in kinds.items()}


def check(text: str, place: str, parameters: Collection[str] = ()) -> CheckedStatement:
    """Return a statement as it may be asked; raises `Misconfigured` with every fault, by line and column of `place`."""
    page = _Typed(text, place)
    if len(text) > OWN_SQL_TEXT:
        raise Misconfigured(Problem("the SQL is too long", f"it has {len(text)} characters of {OWN_SQL_TEXT}", place))
    with duckdb.connect(config=_PARSER) as parser:
        tree = _parsed(parser, page)
        walk = _Walk(page, frozenset(parameters))
        walk.look_at(tree)
        if walk.faults:
            raise Misconfigured(*walk.faults)
        made = str(parser.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchall()[0][0])
        again = _Walk(_Typed(made, place), frozenset(parameters))
        again.look_at(_parsed(parser, again.page))
    if again.faults:
        raise Misconfigured(*again.faults)
    return CheckedStatement(sql=made, tables=walk.tables(), parameters=tuple(sorted(walk.used)), places=walk.places)


class _Typed(msgspec.Struct, frozen=True):
    """What was typed, to say where in it something stands."""

    text: str
    place: str

    def where(self, at: int) -> str:
        """Return line and column of a byte, with the line; the place alone where DuckDB does not know."""
        raw = self.text.encode("utf-8", "replace")
        if not 0 <= at <= len(raw):
            return self.place
        before = raw[:at].decode("utf-8", "replace")
        number, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        line = (self.text.split("\n") or [""])[number - 1].rstrip("\r")
        return f"{self.place}:{number}:{column}\n  | {line[:200]}"


def _parsed(parser: duckdb.DuckDBPyConnection, page: _Typed) -> Tree:
    """Return the tree of a text that is one statement which only reads."""
    try:
        found = parser.execute("SELECT json_serialize_sql(?::VARCHAR)", [page.text]).fetchall()[0][0]
        told = json.loads(found)
    except (duckdb.Error, UnicodeError) as fault:
        raise Misconfigured(Problem("the SQL cannot be read", str(fault).split("\n")[0], page.place)) from None
    except RecursionError:
        raise Misconfigured(_too_deep(page.place)) from None
    if told["error"]:
        raise Misconfigured(_unread(told, page))
    if len(told["statements"]) != 1:
        count = len(told["statements"])
        help_ = "leave one, without anything behind it"
        raise Misconfigured(Problem("only one statement can be asked", f"there are {count}", page.place, help_))
    return told


def _unread(told: Mapping[str, Any], page: _Typed) -> Problem:
    said = str(told.get("error_message", ""))
    at = str(told.get("position", ""))
    if "expression depth" in said:
        return _too_deep(page.place)
    if told.get("error_type") == "not implemented" and "SELECT" in said:
        help_ = "begin with SELECT or WITH; nothing can be changed, set or read from elsewhere"
        return Problem("only a SELECT can be asked", "the SQL is something else", page.where(0), help_)
    if "parameters" in said:
        return Problem("values are named", said, page.place, "write $name for each, not ? or $1")
    reason = "this word cannot stand here, or something is missing before it" if "syntax error" in said else said
    return Problem(said.partition("\n")[0][:200], reason, page.where(int(at) if at.isdigit() else -1))


def _too_deep(place: str) -> Problem:
    return Problem("the SQL is nested too deeply", f"more than {_DEPTH} levels", place, "divide it by WITH … AS (…)")


class _Walk:
    """Goes over a tree and notes what is wrong with it, and what it needs."""

    def __init__(self, page: _Typed, parameters: frozenset[str]) -> None:
        self.page = page
        self._faults: list[tuple[int, Problem]] = []
        self.used: set[str] = set()
        self.places: dict[str, str] = {}
        self._known = parameters
        self._named: set[str] = set()
        self._views: set[str] = set()
        self._columns: set[str] = set()
        self._alone: set[str] = set()
        self._aliases: set[str] = set()
        self._is_whole = False
        self._looks: dict[str, Callable[[dict[str, Any]], None]] = {
            "BASE_TABLE": self._table,
            "JOIN": self._join,
            "TABLE_FUNCTION": self._table_function,
            "FUNCTION": self._function,
            "WINDOW": self._function,
            "TYPE": self._type,
            "COLUMN_REF": self._column,
            "STAR": self._star,
            "PARAMETER": self._parameter,
        }

    @property
    def faults(self) -> list[Problem]:
        """What is wrong, in the order in which it was typed."""
        return list(dict.fromkeys(fault for _, fault in sorted(self._faults, key=lambda each: each[0])))

    def look_at(self, tree: Tree) -> None:
        """Look at all parts of a tree."""
        for statement in tree["statements"]:
            self._named |= {name for part in _dicts(statement) for name in _named_by_with(part)}
            for part in _dicts(statement):
                self._look(part)

    def tables(self) -> dict[str, tuple[str, ...]]:
        """Return the columns that may be needed of each view: all where that cannot be told."""
        whole = self._is_whole or bool(self._alone & (self._aliases | self._views | self._named))
        return {
            view: tuple(name for name in known if whole or name.lower() in self._columns) or (next(iter(known)),)
            for view, (_, known, _) in VIEWS.items()
            if view in self._views
        }

    def _look(self, part: dict[str, Any]) -> None:
        kind = part.get("class") or part.get("type")
        if kind not in (_EXPRESSIONS if "class" in part else _PARTS):
            what, help_ = _REFUSED.get(str(kind), (f"{str(kind).replace('_', ' ').lower()} cannot be used", ""))
            self._refuse(part, what, "it is not among what SQL of one's own may use", help_)
            return
        if "class" not in part:
            self._aliases.add(str(part.get("alias", "")).lower())
        look = self._looks.get(str(kind))
        if look:
            look(part)
        for name in _named_by_with(part):
            if name in VIEWS or not _PLAIN.fullmatch(name):
                reason = "a view has this name" if name in VIEWS else "its name is no plain word"
                self._refuse(part, f"WITH cannot name a table {name[:60]!r}", reason, "choose another name")

    def _table(self, part: dict[str, Any]) -> None:
        path, name = _path(part), str(part.get("table_name", "")).lower()
        if len(path) != 1 or part.get("schema_name") or part.get("catalog_name") or part.get("at_clause"):
            help_ = f"there are: {', '.join(VIEWS)}"
            self._refuse(part, f"no table can be called {'.'.join(path)[:80]!r}", "only the name alone is taken", help_)
        elif name in VIEWS:
            self._views.add(name)
        elif name not in self._named:
            help_ = nearest(name[:60], {*VIEWS, *self._named})
            self._refuse(part, f"there is no view {name[:60]!r}", f"there are: {', '.join(VIEWS)}", help_)

    def _join(self, part: dict[str, Any]) -> None:
        self._columns.update(str(name).lower() for name in part.get("using_columns") or ())
        self._is_whole |= part.get("ref_type") == "NATURAL"

    def _table_function(self, part: dict[str, Any]) -> None:
        function = part.get("function") or {}
        name = str(function.get("function_name", "")).lower()
        if function.get("class") != "FUNCTION" or _path(function) != [name] or name not in allowed()["tables"]:
            help_ = f"there are: {', '.join(sorted(allowed()['tables']))}"
            self._refuse(part, f"no table can be had from {name[:60]}()", "this function is not allowed", help_)
        for argument in function.get("arguments") or ():
            literal = (argument.get("expression") or {}).get("literal") or {}
            digits = str(literal.get("text", ""))
            if literal.get("kind") in ("INTEGER", "NUMERIC", "HEX") and _number(digits) > OWN_SQL_NUMBERS:
                reason = f"{digits[:20]} is more than {OWN_SQL_NUMBERS:,}"
                self._refuse(part, f"{name}() would have too many rows", reason)

    def _function(self, part: dict[str, Any]) -> None:
        name = str(part.get("function_name", "")).lower()
        self.places.setdefault(name, self._where(part))
        if name in allowed()["functions"] and [each.lower() for each in _path(part)] == [name]:
            return
        if name in allowed()["tables"] and _path(part) == [name]:
            help_ = f"write it behind FROM: FROM {name}(…)"
            self._refuse(part, f"{name}() is a table here", "it stands where a value is wanted", help_)
            return
        close = get_close_matches(name, allowed()["functions"], 1, _ALIKE)
        help_ = f"did you mean '{close[0]}'?" if close else "what may be used: tollbook guide own-sql"
        self._refuse(part, f"{'.'.join(_path(part))[:60]}() cannot be used", "it is not among what is allowed", help_)

    def _type(self, part: dict[str, Any]) -> None:
        name = str(part.get("type_name", "")).lower()
        if name not in allowed()["types"] or [each.lower() for each in _path(part)] != [name]:
            help_ = nearest(name[:60], allowed()["types"])
            self._refuse(part, f"the type {name[:60]} cannot be used", "it is not among what is allowed", help_)

    def _column(self, part: dict[str, Any]) -> None:
        names = [str(name).lower() for name in part.get("column_names") or ()]
        self._columns.update(names)
        self._alone.update(names if len(names) == 1 else ())
        for name in names:
            self.places.setdefault(name, self._where(part))

    def _star(self, _part: dict[str, Any]) -> None:
        self._is_whole = True

    def _parameter(self, part: dict[str, Any]) -> None:
        name = str(part.get("identifier", ""))
        if name.isdigit():
            self._refuse(part, "values are named", "got ? or a number", "write $name")
        elif name not in self._known:
            self._refuse(part, f"there is no value ${name[:60]}", "nothing gives it", nearest(name[:60], self._known))
        else:
            self.used.add(name)

    def _where(self, part: dict[str, Any]) -> str:
        return self.page.where(int(part.get("query_location", _NOWHERE)))

    def _refuse(self, part: dict[str, Any], what: str, reason: str, help_: str = "") -> None:
        self._faults.append(
            (int(part.get("query_location", _NOWHERE)), Problem(what, reason, self._where(part), help_))
        )


def _dicts(tree: Tree) -> Iterator[dict[str, Any]]:
    """Yield the parts of a tree that say what they are, without the function of a table, which its table looks at."""
    left = [tree]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += part
        elif isinstance(part, dict):
            if "class" in part or "type" in part:
                yield part
            if part.get("class") != "CONSTANT":
                is_table = part.get("type") == "TABLE_FUNCTION"
                inside = part.get("function") if is_table else None
                left += [inside.get("arguments")] if isinstance(inside, dict) else []
                left += [value for name, value in part.items() if not (is_table and name == "function")]


def _named_by_with(part: dict[str, Any]) -> list[str]:
    return [str(each.get("key", "")).lower() for each in (part.get("cte_map") or {}).get("map") or ()]


def _path(part: dict[str, Any]) -> list[str]:
    return [str(each) for each in (part.get("qualified_name") or {}).get("path") or ()]


def _number(digits: str) -> float:
    try:
        return float(int(digits, 0)) if digits.lower().startswith("0x") else abs(float(digits))
    except (ValueError, OverflowError):
        return float("inf")
