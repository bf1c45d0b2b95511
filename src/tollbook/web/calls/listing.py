"""Which calls a page's address means: its filter, order, columns and page, and the addresses of the pages beside it.

The words are those of the command line (`store.filters`). A word that cannot be read is shown beside its field, and
then no calls are listed, since a wider list than was asked for would mislead.

What comes after the first page was made moves nothing on the pages after it: their addresses name the last change of
then (`until`).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import QueryDict

from tollbook.model.problem import Misconfigured
from tollbook.store.filters import ASKED, Where, read_spelled_out, spelled_out
from tollbook.store.ledger import Ledger
from tollbook.store.questions import SORTABLE
from tollbook.web.api.words import LONGEST_TEXT
from tollbook.web.calls.columns import COLUMNS, DOWN_FIRST, ListColumn, read
from tollbook.web.zones import today

PER_PAGE = 50
SIZES = (25, 50, 100, 250)
_LONGEST_NUMBER = 9
"""Digits of a page's number: more pages than calls fit."""
_NAMED = re.compile(r"'([\w-]+)'")
_NEWEST = "-started_at"


class AskedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """What an address asks for. `columns` and `size` are empty and 0 where it leaves them to whoever looks."""

    given: dict[str, str]
    dated: dict[str, str]
    where: Where | None
    faults: dict[str, str]
    order: str
    columns: tuple[str, ...] = ()
    size: int = 0
    page: int = 1
    until: str = ""
    day: str = ""

    @property
    def words(self) -> dict[str, str | int]:
        """The words that say which list this is, whatever page of it."""
        words: dict[str, str | int] = dict(self.given)
        if self.order != _NEWEST:
            words["sort"] = self.order
        if self.columns:
            words["columns"] = ",".join(self.columns)
        if self.size:
            words["size"] = self.size
        return words

    def address(self, **changes: str | int) -> str:
        """Return the address of a list that differs from this one."""
        words = self.words | {name.replace("_", "-"): value for name, value in changes.items()}
        return "?" + urlencode({name: value for name, value in words.items() if value not in ("", 1)})

    @property
    def kept_words(self) -> dict[str, str | int]:
        """What the filter's form sends on beside its own fields."""
        return {name: value for name, value in self.words.items() if name not in ASKED or name == "period"}


def asked(query: QueryDict) -> AskedCalls:
    """Read an address; never raises."""
    words = {name: str(query.get(name, "")).strip()[:LONGEST_TEXT] for name in query}
    given = {name: words[name] for name in ASKED if words.get(name)}
    now = today(given.get("pbx", ""))
    given = _one_of_both(given, now)
    faults: dict[str, str] = {}
    where, dated = None, given
    try:
        dated = spelled_out(given, now)
        where = read_spelled_out(dated)
    except Misconfigured as fault:
        faults = {_named(problem.what): problem.what.partition(" ")[2] for problem in fault.problems}
    order = words.get("sort", "")
    return AskedCalls(
        given=given,
        dated=dated,
        where=where,
        faults=faults,
        order=order if order.removeprefix("-") in SORTABLE else _NEWEST,
        columns=read(words.get("columns", "")),
        size=size if (size := _number(words.get("size", ""))) in SIZES else 0,
        page=max(1, _number(words.get("page", ""))),
        until=words.get("until", ""),
        day=words.get("day", ""),
    )


def _one_of_both(given: dict[str, str], now: date) -> dict[str, str]:
    """Return the words with the period or with its days, not both: the form sends the days of a period along.

    Days that somebody has changed since are what is meant.
    """
    days = {name: given[name] for name in ("from", "to") if name in given}
    if "period" not in given or not days:
        return given
    try:
        is_same = days == {
            name: text for name, text in spelled_out({"period": given["period"]}, now).items() if name in ("from", "to")
        }
    except Misconfigured:
        is_same = False
    return {name: text for name, text in given.items() if name not in (days if is_same else ("period",))}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER else 0


def _named(what: str) -> str:
    found = _NAMED.match(what)
    return found.group(1) if found else ""


class Snapshot(msgspec.Struct, frozen=True):
    """The state of the store that a list shows: its last change, as a number and as addresses name it."""

    last: int
    name: str


def snapshot(asked_for: AskedCalls, ledger: Ledger) -> Snapshot:
    """Return the state that an address names, as long as the store knows it; else the one of now."""
    now = ledger.position()
    epoch = str(now.epoch)[:8]
    before, _, number = asked_for.until.partition(".")
    last = _whole(number) if before == epoch else None
    last = now.last if last is None or last > now.last else last
    return Snapshot(last, f"{epoch}.{last}")


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004 - fits BIGINT


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A column's heading: where it leads to, and how the list is sorted by it now (`aria-sort`)."""

    title: str
    address: str
    sorted: str
    kind: str


def headings(asked_for: AskedCalls, columns: list[ListColumn]) -> list[Heading]:
    """Return the headings; a second click on one turns the order round. Some columns cannot be sorted by."""
    return [_heading(asked_for, column) for column in columns]


def _heading(asked_for: AskedCalls, column: ListColumn) -> Heading:
    if not column.sort:
        return Heading(title=column.heading, address="", sorted="", kind=column.kind)
    name, down = column.sort, "-" + column.sort
    turned = {name: down, down: name}.get(asked_for.order, down if name in DOWN_FIRST else name)
    state = {name: "ascending", down: "descending"}.get(asked_for.order, "")
    changes: dict[str, Any] = {"sort": "" if turned == _NEWEST else turned}
    return Heading(title=column.heading, address=asked_for.address(**changes), sorted=state, kind=column.kind)


class CallsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page lies in the whole list."""

    number: int
    total: int
    size: int = PER_PAGE

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The number of the first call shown, 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The number of the last call shown."""
        return min(self.number * self.size, self.total)


def page_of(asked_for: AskedCalls, total: int, size: int) -> CallsPage:
    """Return the page asked for, or the last one there is."""
    return CallsPage(number=min(asked_for.page, max(1, -(-total // size))), total=total, size=size)


def before_day(asked_for: AskedCalls) -> Where | None:
    """Return which calls of a list by start stand before those of the day that an address asks for.

    None where it asks for no day, or the list is sorted otherwise.
    """
    if asked_for.where is None or asked_for.order.removeprefix("-") != "started_at":
        return None
    try:
        day = date.fromisoformat(asked_for.day)
        if asked_for.order == _NEWEST:
            return asked_for.where.and_("started_local >= $jump", jump=day + timedelta(1))
    except (ValueError, OverflowError):
        return None
    return asked_for.where.and_("started_local < $jump", jump=day)


def shown_columns(asked_for: AskedCalls, chosen: tuple[str, ...]) -> list[ListColumn]:
    """Return the columns that an address names, else those that whoever looks has chosen."""
    return [COLUMNS[field] for field in asked_for.columns or chosen]
