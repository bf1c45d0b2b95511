"""The form that filters the calls: its fields, and the periods beside it."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from tollbook.model.meaning import KIND_TITLES, REACH_TITLES
from tollbook.model.periods import PERIODS
from tollbook.numbering.places import country_names
from tollbook.store.filters import ASKED
from tollbook.store.named import OfferedNames
from tollbook.store.unpriced_reasons import ANY, REASONS
from tollbook.web.calls.listing import AskedCalls

_OF_NUMBERS = ("country", "kind", "reach", "unpriced")
_OF_OWNERS = ("person", "department", "cost-centre")
_RARE = ("called-back", "trunk", *_OF_NUMBERS, *_OF_OWNERS, "account", "min-duration", "max-duration", "text")
_REASON_TITLES = {ANY: "Any reason", **{word: reason.title for word, reason in REASONS.items()}}
_TITLES = {"kind": KIND_TITLES, "reach": REACH_TITLES, "unpriced": _REASON_TITLES}
_MOST_KEPT = 64
"""Lists of options that are kept as HTML: countries are many, and take longer to write than the calls of a page."""
_LABELS = {
    "pbx": "PBX",
    "from": "From",
    "to": "To",
    "min-duration": "Shortest",
    "max-duration": "Longest",
    "account": "Account code",
    "kind": "Kind of number",
    "cost-centre": "Cost centre",
    "unpriced": "Without a price",
    "called-back": "Called back",
}
_PLACEHOLDERS = {"min-duration": "90, 5m or 1h", "max-duration": "90, 5m or 1h"}


class FilterField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the filter form. `choices` are values, each with its title."""

    name: str
    label: str
    help: str
    form: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    error: str = ""
    placeholder: str = ""
    offered: tuple[str, ...] = ()

    @property
    def input_type(self) -> str:
        """The input's type: a moment or several days typed by hand would not fit a date's."""
        is_day = not self.error and len(self.value) in (0, len("2026-01-31"))
        return "text" if self.form == "date" and not is_day else self.form

    @property
    def options(self) -> SafeString:
        """The choices as HTML, and the value where it is none of them, as several separated by commas."""
        return _options(self.choices, self.value)

    @property
    def suggestions(self) -> SafeString:
        """What the browser offers while somebody types, as HTML."""
        return _options(tuple((each, "") for each in self.offered), "")


@lru_cache(_MOST_KEPT)
def _options(choices: tuple[tuple[str, str], ...], value: str) -> SafeString:
    others = ((value, value),) if value and value not in dict(choices) else ()
    rows = ((each, SafeString(" selected") if each == value else "", title) for each, title in (*choices, *others))
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


def fields(
    asked_for: AskedCalls,
    pbxs: list[str],
    known: OfferedNames,
    *,
    have_plans: bool,
) -> tuple[list[FilterField], list[FilterField]]:
    """Return the form's fields: those always shown, and the rarer ones.

    Those of numbers are there where a PBX has a dial plan, and those of owners where the directory has such names.
    """
    offered = dict(zip(_OF_OWNERS, (known.people, known.departments, known.cost_centres), strict=True))
    unused = {"period", *(("pbx",) if len(pbxs) <= 1 else ()), *(() if have_plans else _OF_NUMBERS)}
    unused.update(name for name, some in offered.items() if not some)
    names = [
        name
        for name in ASKED
        if (name not in unused and not ASKED[name].rare)
        or (name in asked_for.given and (name in (*_OF_NUMBERS, *_OF_OWNERS) or ASKED[name].rare))
    ]
    made = {name: _field(name, asked_for, pbxs, offered.get(name, ())) for name in names}
    return (
        [field for name, field in made.items() if name not in _RARE and not ASKED[name].rare],
        [field for name, field in made.items() if name in _RARE or ASKED[name].rare],
    )


def _field(name: str, asked_for: AskedCalls, pbxs: list[str], offered: tuple[str, ...]) -> FilterField:
    word, choices = ASKED[name], _choices(name, pbxs)
    return FilterField(
        name=name,
        label=_LABELS.get(name, name.capitalize()),
        help=word.help,
        form="select" if choices else word.form,
        value=asked_for.dated.get(name, ""),
        choices=choices,
        error=asked_for.faults.get(name, ""),
        placeholder=_PLACEHOLDERS.get(name, ""),
        offered=offered,
    )


def _choices(name: str, pbxs: list[str]) -> tuple[tuple[str, str], ...]:
    if name == "country":
        return tuple(sorted(country_names().items(), key=lambda each: each[1]))
    titles = _TITLES.get(name, {})
    return tuple((each, titles.get(each, each)) for each in (pbxs if name == "pbx" else ASKED[name].choices))


class QuickLink(msgspec.Struct, frozen=True):
    """What the list can be of, where that leads to, and whether it is that now."""

    title: str
    address: str
    here: bool


def missed(asked_for: AskedCalls) -> list[QuickLink]:
    """Return the lists of missed calls that many look at daily; one that is shown leads back to all calls."""
    return [
        QuickLink(title, asked_for.address(**{word: "" if is_here else text}), is_here)
        for title, word, text in (("Missed", "outcome", "missed"), ("Missed, not called back", "called-back", "no"))
        for is_here in (asked_for.given.get(word) == text,)
    ]


def periods(asked_for: AskedCalls) -> list[QuickLink]:
    """Return the periods, in words."""
    before = msgspec.structs.replace(
        asked_for,
        given={name: text for name, text in asked_for.given.items() if name not in ("from", "to", "period")},
    )
    return [
        QuickLink(
            name.replace("-", " ").capitalize(),
            before.address(period=name),
            asked_for.given.get("period") == name,
        )
        for name in PERIODS
    ]
