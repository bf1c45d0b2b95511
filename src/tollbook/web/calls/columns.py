"""The columns of the list of calls: what they are called, and what stands in their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tollbook.model.meaning import KIND_TITLES, REACH_TITLES
from tollbook.numbering.places import country_name
from tollbook.render import formatting
from tollbook.render.numbers import spaced
from tollbook.web.calls import marks, parties

Call = dict[str, Any]
FIRST = "started_local"
"""Always there: it leads to the call."""


class ListColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column: the call's field, its title, its classes, what it is sorted by, and how a cell is written.

    `short` is its title where there is little room. Where a call is a card, `is_named` puts that before the value.
    """

    field: str
    title: str
    kind: str
    sort: str = ""
    short: str = ""
    cell: Callable[[Call], str] | None = None
    is_named: bool = True

    @property
    def heading(self) -> str:
        """Its title above a column."""
        return self.short or self.title

    def shown(self, call: Call) -> str:
        """Return a cell's contents."""
        if self.cell:
            return self.cell(call)
        value = call[self.field]
        return "—" if value in (None, "") else str(value)


def _seconds(field: str) -> Callable[[Call], str]:
    return lambda call: "—" if call[field] is None else formatting.duration(call[field])


def _told(field: str, told: Callable[[str], str]) -> Callable[[Call], str]:
    return lambda call: told(call[field]) if call[field] else "—"


def _titled(field: str, titles: dict[str, str]) -> Callable[[Call], str]:
    return _told(field, lambda word: titles.get(word, word))


def _side(field: str) -> Callable[[Call], str]:
    return lambda call: parties.party(call, field)


def _money(field: str) -> Callable[[Call], str]:
    return lambda call: "—" if call[field] is None else formatting.money(call[field])


_DECLARED = (
    ListColumn(field=FIRST, title="Started", kind="when", sort="started_at", cell=marks.start, is_named=False),
    ListColumn(field="pbx", title="PBX", kind="pbx", sort="pbx"),
    ListColumn(field="direction", title="Direction", kind="way-cell", sort="direction", cell=marks.way, is_named=False),
    ListColumn(field="caller", title="From", kind="party from", sort="caller", cell=_side("caller"), is_named=False),
    ListColumn(field="called", title="To", kind="party to", sort="called", cell=_side("called"), is_named=False),
    ListColumn(field="extension", title="Extension", short="Ext.", kind="ext", sort="extension"),
    ListColumn(field="trunk", title="Trunk", kind="trunk", sort="trunk"),
    ListColumn(
        field="outcome",
        title="Outcome",
        kind="outcome-cell",
        sort="outcome",
        cell=marks.outcome,
        is_named=False,
    ),
    ListColumn(field="ring_s", title="Ring", kind="number ring", sort="ring_s", cell=_seconds("ring_s")),
    ListColumn(field="talk_s", title="Talk", kind="number talk", sort="talk_s", cell=_seconds("talk_s")),
    ListColumn(field="total_s", title="Total", kind="number total", sort="total_s", cell=_seconds("total_s")),
    ListColumn(field="hold_s", title="Hold", kind="number hold", cell=_seconds("hold_s")),
    ListColumn(
        field="number_e164",
        title="Number (international)",
        short="Number",
        kind="more e164",
        cell=_told("number_e164", spaced),
    ),
    ListColumn(field="number_country", title="Country", kind="more", cell=_told("number_country", country_name)),
    ListColumn(
        field="number_kind",
        title="Kind",
        kind="more",
        cell=_titled("number_kind", KIND_TITLES),
    ),
    ListColumn(
        field="number_reach",
        title="Reach",
        kind="more",
        cell=_titled("number_reach", REACH_TITLES),
    ),
    ListColumn(field="number_name", title="Name of the outside number", short="Outside name", kind="more"),
    ListColumn(field="person", title="Person", kind="more"),
    ListColumn(field="department", title="Department", kind="more"),
    ListColumn(field="company", title="Company", kind="more"),
    ListColumn(field="cost_centre", title="Cost centre", kind="more"),
    ListColumn(field="caller_name", title="Name of caller", kind="more"),
    ListColumn(field="ddi", title="Number dialled from outside", short="DDI", kind="more"),
    ListColumn(field="third_party", title="Transferred by or to", short="Third party", kind="more"),
    ListColumn(field="trunk_group", title="Trunk group", kind="more"),
    ListColumn(field="account_code", title="Account code", short="Account", kind="more"),
    ListColumn(field="auth_code", title="Authorisation code", short="Auth. code", kind="more"),
    ListColumn(field="feature", title="Feature", kind="more"),
    ListColumn(field="cost", title="Cost", kind="number charge", cell=_money("cost")),
    ListColumn(field="price", title="Price", kind="number charge", cell=_money("price")),
    ListColumn(field="currency", title="Currency", kind="more"),
    ListColumn(field="billed_s", title="Charged seconds", short="Charged", kind="number", cell=_seconds("billed_s")),
    ListColumn(field="tariff", title="Tariff", kind="more", cell=_told("tariff", lambda text: text.partition("@")[0])),
    ListColumn(field="unpriced_because", title="Why it has no price", short="No price", kind="more"),
    ListColumn(field="pbx_charge", title="Charge of the PBX", short="PBX charge", kind="number charge"),
    ListColumn(field="pbx_currency", title="Currency of the PBX", kind="more"),
    ListColumn(field="pbx_units", title="Charge units", short="Units", kind="number units"),
)
COLUMNS = {column.field: column for column in _DECLARED}
_USUAL = (FIRST, "pbx", "direction", "caller", "called", "extension", "trunk", "outcome", "ring_s", "talk_s")
DOWN_FIRST = frozenset(("started_at", "ring_s", "talk_s", "total_s"))
"""What one wants the greatest of first."""


def usual(*, several_pbxs: bool) -> tuple[str, ...]:
    """Return the columns of whoever has chosen none."""
    return tuple(field for field in _USUAL if several_pbxs or field != "pbx")


def read(text: str) -> tuple[str, ...]:
    """Return the columns that a text names, in its order; what it does not know it passes over.

    >>> read("talk_s,nosuch,called,talk_s"), read("")
    (('started_local', 'talk_s', 'called'), ())
    """
    named = [field.strip() for field in text.split(",")]
    known = [field for field in named if field in COLUMNS]
    return tuple(dict.fromkeys((FIRST, *known))) if known else ()


def cells(call: Call, columns: Iterable[ListColumn]) -> SafeString:
    """Return the cells of a row."""
    return format_html_join("", "{}", ((_cell(call, column),) for column in columns))


def _cell(call: Call, column: ListColumn) -> SafeString:
    shown = column.shown(call)
    if column.field == FIRST:
        return format_html('<th scope="row" class="when"><a href="/calls/{}/">{}</a></th>', call["id"], shown)
    label = format_html(' data-label="{}"', column.heading) if column.is_named else ""
    return format_html('<td class="{}"{}>{}</td>', column.kind, label, shown)
