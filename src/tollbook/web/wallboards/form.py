"""Asks for a wallboard: what it is called, how it looks, and what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from tollbook.model.dashboard import LONGEST_TITLE, MOST_COLUMNS, THEMES, Tiles, Wallboard
from tollbook.web.budgets.form import choice_field, text_field
from tollbook.web.dashboards.presets import WALLS
from tollbook.web.dashboards.written import in_words, words_in
from tollbook.web.directory.forms import DirectoryForm


class WallboardForm(DirectoryForm):
    """A wallboard that there is."""

    first_field: ClassVar = "title"
    beside: ClassVar = {"a word is": "filter", "the words": "filter", "be narrowed": "filter", "wallboard": "name"}
    title = text_field("Title", "Stands on the wall.", longest=LONGEST_TITLE)
    theme = choice_field("Look", THEMES, "By the clock: day from 7 to 19 o'clock.")
    columns = forms.IntegerField(
        label="Columns", min_value=1, max_value=MOST_COLUMNS, help_text="A small tile is one column wide."
    )
    filter = text_field(
        "Only some calls",
        "Words as in the list of calls: pbx=hq department=Sales. No tile ever shows more than these.",
    )

    @staticmethod
    def given(fields: Mapping[str, Any], name: str, tiles: Tiles) -> Wallboard:
        """Return the board that was written down; raises `Misconfigured`."""
        return Wallboard(
            name=name,
            title=" ".join(fields["title"].split()),
            theme=fields["theme"],
            columns=fields["columns"],
            words=words_in(fields["filter"]),
            tiles=tiles,
        )

    @staticmethod
    def of(board: Wallboard) -> dict[str, Any]:
        """Return what the fields say of a board."""
        same = {name: getattr(board, name) for name in ("title", "theme", "columns")}
        return {**same, "filter": in_words(board.words)}


class NewWallboardForm(WallboardForm):
    """A new wallboard."""

    first_field: ClassVar = "name"
    name = text_field("Name", "Small letters, digits and hyphens: reception.", longest=40)
    preset = forms.ChoiceField(label="Tiles to begin with", widget=forms.RadioSelect)
    field_order = ("name", "title", "preset")

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, {"theme": "auto", "columns": 3, "preset": "reception"})
        sets = [(name, f"{preset.title}: {preset.help}") for name, preset in WALLS.items()]
        self.fields["preset"].choices = sets  # type: ignore[attr-defined] # a choice field
