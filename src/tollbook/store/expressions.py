"""Small expressions over the fields of a call, as people write them into the columns of a sink.

They are parsed here, word by word, and written anew as SQL of this program's own making: names are looked up, texts
and numbers are bound as values. Nothing of what was typed reaches the store.

    id; CALL_TIME = started_local; SITE = 'Head office'; "Talk minutes" = round(talk_s / 60, 1)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from tollbook.model.limits import COLUMN_NAME, COLUMN_NESTING, COLUMNS, COLUMNS_TEXT
from tollbook.model.problem import Misconfigured, Problem

_SHORT = 9
"""Digits that every number of them fits an INTEGER."""
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|'(?P<text>(?:[^']|'')*)'|\"(?P<quoted>[^\"\x00-\x1f]+)\"|(?P<sign>\|\||[-+*/(),;=\n])|(?P<wrong>\S))",
)


class Function(msgspec.Struct, frozen=True):
    """What a function of an expression is called in SQL, how many arguments it has, and what it means."""

    sql: str
    least: int
    most: int
    help: str


FUNCTIONS: dict[str, Function] = {
    "upper": Function("upper({})", 1, 1, "a text in capitals"),
    "lower": Function("lower({})", 1, 1, "a text in small letters"),
    "left": Function("left({})", 2, 2, "the first characters of a text: left(called, 3)"),
    "right": Function("right({})", 2, 2, "the last characters of a text"),
    "coalesce": Function("coalesce({})", 2, 9, "the first of several that is not empty"),
    "round": Function("round({})", 1, 2, "a number rounded, to some places: round(talk_s / 60, 1)"),
    "text": Function("CAST({} AS VARCHAR)", 1, 1, "a number or time as text"),
    "date": Function("CAST({} AS DATE)", 1, 1, "the day of a time"),
    "time": Function("CAST({} AS TIME)", 1, 1, "the time of day of a time"),
    "clock": Function("CAST(to_seconds(({}) % 86400) + TIME '00:00:00' AS TIME)", 1, 1, "seconds as a time of day"),
}


class ExpressionToken(msgspec.Struct, frozen=True):
    """One word of an expression: its kind, its text and where it stands, from 1."""

    kind: str
    text: str
    place: int


class OutputColumn(msgspec.Struct, frozen=True):
    """A column as SQL over `call`, with the values bound to its `$names`, which no other column has."""

    name: str
    sql: str
    values: dict[str, Any] = {}


class _Wrong(Exception):
    """What is wrong with an expression, and where."""


def read_columns(text: str, fields: dict[str, str]) -> list[OutputColumn]:
    """Return the columns that a person wrote; raises `Misconfigured`. `fields` are our own names with their SQL."""
    try:
        columns = _Parser(_tokens(text), fields).columns()
    except _Wrong as fault:
        problem = Problem("the columns cannot be read", str(fault), help="for example: id; CALL_TIME = started_local")
        raise Misconfigured(problem) from fault
    return columns


def _tokens(text: str) -> list[ExpressionToken]:
    if len(text) > COLUMNS_TEXT:
        raise _Wrong(f"they have {len(text):,} characters; {COLUMNS_TEXT:,} are taken")
    tokens: list[ExpressionToken] = []
    # Blanks with nothing behind them would be tried from each of them on, which takes seconds where there are many.
    for found in _TOKEN.finditer(text.rstrip().replace("\r", "").replace("\n", ";")):
        kind = str(found.lastgroup)
        if kind == "wrong":
            raise _Wrong(f"{found[kind]!r} at character {found.start(kind) + 1} means nothing here")
        tokens.append(
            ExpressionToken(kind, found[kind].replace("''", "'") if kind == "text" else found[kind], found.start(kind)),
        )
    return tokens


def _kind_of(number: str) -> str:
    if "." in number:
        return "DECIMAL(18, 6)"
    return "INTEGER" if len(number) <= _SHORT else "BIGINT"


class _Parser:
    """Reads tokens from left to right, by precedence."""

    def __init__(self, tokens: list[ExpressionToken], fields: dict[str, str]) -> None:
        self._tokens, self._fields = tokens, fields
        self._at = 0
        self._depth = 0
        self._values: dict[str, Any] = {}
        self._bound = 0

    def columns(self) -> list[OutputColumn]:
        found: list[OutputColumn] = []
        while self._at < len(self._tokens):
            if self._take("sign", ";") or self._take("sign", ","):
                continue
            found.append(self._column())
            if self._at < len(self._tokens) and not (self._take("sign", ";") or self._take("sign", ",")):
                raise _Wrong(f"after the column {found[-1].name!r} a ';' is missing, before {self._here()}")
        names = [each.name.casefold() for each in found]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise _Wrong(f"there are two columns called {', '.join(sorted(twice))}")
        if not 0 < len(found) <= COLUMNS:
            raise _Wrong(f"there are {len(found)} columns, of 1 to {COLUMNS}")
        return found

    def _column(self) -> OutputColumn:
        first, following = self._peek(), self._peek(1)
        self._values = {}
        if first and following and (following.kind, following.text) == ("sign", "="):
            self._at += 2
            if first.kind not in ("name", "quoted") or len(first.text) > COLUMN_NAME:
                raise _Wrong(f"{first.text!r} cannot be the name of a column")
            return OutputColumn(first.text, self._sum(), self._values)
        if not first or first.kind != "name":
            raise _Wrong(f"a column begins with a field or with NAME =, not with {self._here()}")
        return OutputColumn(first.text, self._sum(), self._values)

    def _sum(self) -> str:
        return self._within(lambda: self._chain(self._product, ("+", "-", "||")))

    def _within(self, part: Callable[[], str]) -> str:
        self._depth += 1
        if self._depth > COLUMN_NESTING:
            raise _Wrong("it is nested too deeply")
        made = part()
        self._depth -= 1
        return made

    def _product(self) -> str:
        return self._chain(self._single, ("*", "/"))

    def _chain(self, part: Callable[[], str], signs: tuple[str, ...]) -> str:
        made = part()
        while (token := self._peek()) and token.kind == "sign" and token.text in signs:
            self._at += 1
            right = part()
            made = f"({made} / nullif({right}, 0))" if token.text == "/" else f"({made} {token.text} {right})"
        return made

    def _single(self) -> str:
        token = self._peek()
        if token is None or token.kind == "quoted":
            raise _Wrong(f"a field, a number or a 'text' is missing, at {self._here()}")
        self._at += 1
        if token.kind == "text":
            return f"CAST({self._bind(token.text)} AS VARCHAR)"
        if token.kind == "number":
            return f"CAST({self._bind(token.text)} AS {_kind_of(token.text)})"
        if token.kind == "name":
            return self._named(token)
        if token.text == "(":
            inner = self._sum()
            self._close()
            return f"({inner})"
        if token.text == "-":
            return f"(-{self._within(self._single)})"
        self._at -= 1
        raise _Wrong(f"a field, a number or a 'text' is missing, at {self._here()}")

    def _bind(self, text: str) -> str:
        name = f"column_{self._bound}"
        self._bound += 1
        self._values[name] = text
        return f"${name}"

    def _named(self, token: ExpressionToken) -> str:
        if self._take("sign", "("):
            return self._call(token.text)
        if token.text not in self._fields:
            raise _Wrong(f"no field is called {token.text!r}; fields are {', '.join(sorted(self._fields))}")
        return self._fields[token.text]

    def _call(self, name: str) -> str:
        if name not in FUNCTIONS:
            raise _Wrong(f"no function is called {name!r}; functions are {', '.join(FUNCTIONS)}")
        arguments = [self._sum()]
        while self._take("sign", ","):
            arguments.append(self._sum())
        self._close()
        function = FUNCTIONS[name]
        if not function.least <= len(arguments) <= function.most:
            raise _Wrong(f"{name} takes {function.least} to {function.most} arguments, not {len(arguments)}")
        return function.sql.format(", ".join(arguments))

    def _close(self) -> None:
        if not self._take("sign", ")"):
            raise _Wrong(f"a ')' is missing, at {self._here()}")

    def _peek(self, ahead: int = 0) -> ExpressionToken | None:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def _take(self, kind: str, text: str) -> bool:
        token = self._peek()
        if token and (token.kind, token.text) == (kind, text):
            self._at += 1
            return True
        return False

    def _here(self) -> str:
        token = self._peek()
        return f"{token.text!r} (character {token.place + 1})" if token else "the end"
