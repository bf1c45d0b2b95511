"""Which calls a page's address means: its filter, order and page, and the addresses of the pages beside it.

The words are those of the command line (`store.filters`). A word that cannot be read is shown beside its field, and
then no calls are listed, since a wider list than was asked for would mislead.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import QueryDict

from tollbook.model.problem import Misconfigured
from tollbook.store.filters import WORDS, Where, read_filter
from tollbook.store.questions import SORTABLE

PER_PAGE = 50
_NAMED = re.compile(r"'([\w-]+)'")
_RARE = ("trunk", "account", "min-duration", "max-duration", "text")
_LABELS = {
    "pbx": "PBX",
    "from": "From",
    "to": "To",
    "min-duration": "Shortest",
    "max-duration": "Longest",
    "account": "Account code",
}
_PLACEHOLDERS = {"min-duration": "90, 5m or 1h", "max-duration": "90, 5m or 1h"}


class FilterField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the filter form."""

    name: str
    label: str
    help: str
    form: str
    value: str
    choices: tuple[str, ...] = ()
    error: str = ""
    placeholder: str = ""

    @property
    def input_type(self) -> str:
        """The input's type: a moment or several days typed by hand would not fit a date's."""
        is_day = not self.error and len(self.value) in (0, len("2026-01-31"))
        return "text" if self.form == "date" and not is_day else self.form

    @property
    def is_other(self) -> bool:
        """Whether the value is none of the choices, as several divided by commas."""
        return bool(self.value) and self.value not in self.choices


class AskedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """What an address asks for."""

    given: dict[str, str]
    where: Where | None
    faults: dict[str, str]
    order: str
    page: int

    @property
    def is_plain(self) -> bool:
        """Whether this is the newest of all calls: new ones may then go on top."""
        return not self.given and self.order == "-started_at" and self.page == 1

    def address(self, **changes: str | int) -> str:
        """Return the address of a page that differs from this one."""
        words: dict[str, str | int] = dict(self.given)
        if self.order != "-started_at":
            words["sort"] = self.order
        words |= changes
        return "?" + urlencode({name: value for name, value in words.items() if value not in ("", 1)})


def asked(query: QueryDict) -> AskedCalls:
    """Read an address; never raises."""
    given = {name: query.get(name, "").strip() for name in WORDS if query.get(name, "").strip()}
    faults: dict[str, str] = {}
    where: Where | None = None
    try:
        where = read_filter(given)
    except Misconfigured as fault:
        faults = {_named(problem.what): problem.what.partition(" ")[2] for problem in fault.problems}
    order = query.get("sort", "")
    if order.removeprefix("-") not in SORTABLE:
        order = "-started_at"
    page = query.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 1  # noqa: PLR2004 - more pages than calls fit
    return AskedCalls(given=given, where=where, faults=faults, order=order, page=max(1, number))


def _named(what: str) -> str:
    found = _NAMED.match(what)
    return found.group(1) if found else ""


def fields(asked_for: AskedCalls, pbxs: list[str]) -> tuple[list[FilterField], list[FilterField]]:
    """Return the form's fields: those always shown, and the rarer ones."""
    made = {name: _field(name, asked_for, pbxs) for name in WORDS if name != "pbx" or len(pbxs) > 1}
    return (
        [field for name, field in made.items() if name not in _RARE],
        [field for name, field in made.items() if name in _RARE],
    )


def _field(name: str, asked_for: AskedCalls, pbxs: list[str]) -> FilterField:
    word = WORDS[name]
    return FilterField(
        name=name,
        label=_LABELS.get(name, name.capitalize()),
        help=word.help,
        form="select" if word.choices or name == "pbx" else word.form,
        value=asked_for.given.get(name, ""),
        choices=tuple(pbxs) if name == "pbx" else word.choices,
        error=asked_for.faults.get(name, ""),
        placeholder=_PLACEHOLDERS.get(name, ""),
    )


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A column's heading: where it leads to, and how the list is sorted by it now (`aria-sort`)."""

    title: str
    address: str
    sorted: str
    kind: str


_COLUMNS = (
    ("started_at", "Started", "when"),
    ("direction", "Way", "way-cell"),
    ("caller", "From", "party"),
    ("called", "To", "party"),
    ("extension", "Ext.", "short"),
    ("trunk", "Trunk", "short"),
    ("outcome", "Outcome", "outcome"),
    ("ring_s", "Ring", "number"),
    ("talk_s", "Talk", "number"),
)
_DOWN_FIRST = frozenset(("started_at", "ring_s", "talk_s"))


def headings(asked_for: AskedCalls) -> list[Heading]:
    """Return the headings; a second click on one turns the order round."""
    return [_heading(asked_for, *column) for column in _COLUMNS]


def _heading(asked_for: AskedCalls, name: str, title: str, kind: str) -> Heading:
    down = "-" + name
    turned = {name: down, down: name}.get(asked_for.order, down if name in _DOWN_FIRST else name)
    state = {name: "ascending", down: "descending"}.get(asked_for.order, "")
    changes: dict[str, Any] = {"sort": "" if turned == "-started_at" else turned}
    return Heading(title=title, address=asked_for.address(**changes), sorted=state, kind=kind)


class CallsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page lies in the whole list."""

    number: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        """The number of the first call shown, 0 when there is none."""
        return (self.number - 1) * PER_PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The number of the last call shown."""
        return min(self.number * PER_PAGE, self.total)


def page_of(asked_for: AskedCalls, total: int) -> CallsPage:
    """Return the page asked for, or the last one there is."""
    return CallsPage(number=min(asked_for.page, max(1, -(-total // PER_PAGE))), total=total)
