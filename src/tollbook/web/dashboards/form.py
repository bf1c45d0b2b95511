"""Asks for a tile: what it is made from, how it shows it, which days and calls, and when it asks to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from tollbook.model.dashboard import KINDS, LONGEST_TITLE, SHOWS, SIZES, WAYS, Tile
from tollbook.model.periods import PERIODS
from tollbook.model.report import Unit
from tollbook.reports.breakdown import offered
from tollbook.reports.definition import GROUPS
from tollbook.reports.known import reports
from tollbook.web.budgets.form import choice_field, text_field
from tollbook.web.dashboards.written import divided, in_words, limit, words_in
from tollbook.web.directory.forms import DirectoryForm
from tollbook.web.reports.asked import own_reports

_REPORT = "report:"
_OF_FORM = ("report", "kind", "measure", "shows", "size", "title", "period", "compare", "csrfmiddlewaretoken")


def _offered_things() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a tile can be made from: other things first, then reports by what they are about."""
    others = [(kind, text.capitalize()) for kind, text in KINDS.items() if kind not in ("measure", "report")]
    found = reports(own_reports())
    own = [(f"{_REPORT}{slug}", each.document["title"]) for slug, each in found.items() if each.is_own]
    groups = [
        (
            title,
            [
                (f"{_REPORT}{slug}", str(each.document["title"]))
                for slug, each in found.items()
                if each.document["group"] == name and not each.is_own
            ],
        )
        for name, title in GROUPS.items()
    ]
    return [
        ("Not a report", [("measure", "A number over all calls"), *others]),
        *([("Your own reports", own)] if own else []),
        *(group for group in groups if group[1]),
    ]


def _offered_measures() -> list[tuple[str, Any]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, each in offered().items():
        if each.unit not in (Unit.TEXT, Unit.MOMENT):
            groups.setdefault(each.group.capitalize(), []).append((name, each.title))
    return [("", "the first one of the report"), *groups.items()]


class TileForm(DirectoryForm):
    """A tile."""

    first_field: ClassVar = "what"
    beside: ClassVar = {
        "has no parameter": "filter",
        "a word is": "filter",
        "the words": "filter",
        "be filtered": "filter",
        "measure": "measure",
        "number": "shows",
        "chart": "shows",
        "limit": "amber",
        "red must": "red",
    }
    what = forms.ChoiceField(label="What")
    shows = choice_field("Shown as", SHOWS)
    measure = forms.ChoiceField(label="Measure", required=False, help_text="Which number.")
    period = forms.ChoiceField(label="Days", required=False)
    filter = text_field(
        "Only some calls",
        "Words as in the list of calls: extension=101 direction=incoming. A parameter of the report is set-NAME=VALUE.",
    )
    size = choice_field("Size", SIZES)
    title = text_field("Title", "Empty: what it is made from.", longest=LONGEST_TITLE)
    way = choice_field("A number asks to be looked at", WAYS)
    amber = text_field(
        "Amber from", "From this value on it asks to be watched. Times in seconds, shares in per cent.", longest=20
    )
    red = text_field("Red from", "From this value on somebody should act.", longest=20)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, initial)
        periods = [("", "as usual"), *((name, name.replace("-", " ").capitalize()) for name in PERIODS)]
        for name, choices in (("what", _offered_things()), ("measure", _offered_measures()), ("period", periods)):
            self.fields[name].choices = choices  # type: ignore[attr-defined] # a choice field

    @staticmethod
    def given(fields: Mapping[str, Any], number: int = 0) -> Tile:
        """Return the tile that was written down; raises `Misconfigured`."""
        what = fields["what"]
        kind = "report" if what.startswith(_REPORT) else what
        told = divided(words_in(fields["filter"]))
        period = {"period": fields["period"]} if fields["period"] else {}
        shows = {"measure": "number"}.get(kind, fields["shows"] if kind == "report" else "table")
        return Tile(
            id=number,
            kind=kind,
            report=what.removeprefix(_REPORT) if kind == "report" else "",
            measure=(fields["measure"] or ("calls" if kind == "measure" else "")) if shows == "number" else "",
            shows=shows,
            size=fields["size"],
            title=" ".join(fields["title"].split()),
            words={**period, **told["words"]},
            settings=told["settings"],
            amber=limit("amber", fields["amber"]),
            red=limit("red", fields["red"]),
            way=fields["way"],
        )

    @staticmethod
    def of(tile: Tile) -> dict[str, Any]:
        """Return what the fields say of a tile."""
        words = {name: text for name, text in tile.words.items() if name != "period"}
        settings = {f"set-{name}": text for name, text in tile.settings.items()}
        return {
            "what": f"{_REPORT}{tile.report}" if tile.kind == "report" else tile.kind,
            **{name: getattr(tile, name) for name in ("shows", "measure", "size", "title", "way")},
            "period": tile.words.get("period", ""),
            "filter": in_words({**words, **settings}),
            **{name: f"{value:f}" for name in ("amber", "red") if (value := getattr(tile, name)) is not None},
        }

    @staticmethod
    def asked(words: Mapping[str, str]) -> dict[str, Any]:
        """Return what the fields say at first where an address names a report with its filter."""
        rest = {name: text for name, text in words.items() if name not in _OF_FORM}
        slug = words.get("report", "")
        return {
            "what": f"{_REPORT}{slug}" if slug else words.get("kind", "measure"),
            "shows": words.get("shows", "table" if slug else "number"),
            "size": words.get("size", "wide" if slug else "small"),
            "period": words.get("period", "" if slug else "today"),
            "measure": words.get("measure", ""),
            "filter": in_words(rest),
        }
