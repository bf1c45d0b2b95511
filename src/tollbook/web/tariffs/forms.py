"""Asks which calls a tariff prices, and which calls are priced again. Faults are found by the operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from tollbook.site.pbxs import operations as pbxs
from tollbook.site.tariffs.operations import DIRECTIONS
from tollbook.web.directory.forms import DirectoryForm

_LONGEST = 80


def _day(label: str, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, help_text=help_text, widget=widget)


def _line(label: str, known: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "list": known})
    return forms.CharField(label=label, max_length=_LONGEST, required=False, widget=widget, help_text="Empty: any.")


class RuleForm(DirectoryForm):
    """Which calls a tariff prices, from when until when."""

    first_field: ClassVar[str] = "pbx"
    beside: ClassVar[dict[str, str]] = {"is no direction": "direction", "for no day": "until"}
    pbx = forms.ChoiceField(label="PBX", required=False)
    direction = forms.ChoiceField(label="Direction", required=False)
    trunk = _line("Trunk", "known-trunks")
    trunk_group = _line("Trunk group", "known-groups")
    first = _day("From", "Empty: always. By the clock of the PBX.")
    until = _day("Until", "The first day on which it no longer counts. Empty: without end.")

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, {"direction": "outgoing", **(initial or {})})
        known = [("", "any"), *((name, name) for name in pbxs.names_known())]
        directions = [("", "any"), *((each, each) for each in DIRECTIONS)]
        for field, choices in (("pbx", known), ("direction", directions)):
            self.fields[field].choices = choices  # type: ignore[attr-defined] # a choice field


class PeriodForm(DirectoryForm):
    """From which day until before which calls are priced again."""

    first_field: ClassVar[str] = "until"
    first = _day("From", "Empty: from the first call on.")
    until = _day("Until", "The first day whose calls keep their price. Empty: until now.")
