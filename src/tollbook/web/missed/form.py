"""Asks for what a site sets for its missed calls."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from tollbook.model.missed import LONGEST_REGION, MissedSettings
from tollbook.model.opening_hours import LONGEST
from tollbook.web.directory.forms import DirectoryForm

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class MissedSettingsForm(DirectoryForm):
    """The settings, each at its field."""

    first_field: ClassVar = "open"
    open = forms.CharField(
        label="Opening hours",
        max_length=LONGEST,
        help_text="By the clock of the PBX: mon-fri 08:00-12:00, 13:00-17:00; sat 09:00-12:00, or always.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    holidays = forms.CharField(
        label="Holidays",
        required=False,
        max_length=LONGEST_REGION,
        help_text="A country or a part of it, DE-BY: its holidays have no opening hours.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    target_minutes = forms.IntegerField(
        label="To be called back within, minutes",
        help_text="Minutes within the opening hours, from the first try on.",
    )
    shortest_s = forms.IntegerField(
        label="Shortest ring, seconds",
        help_text="Unanswered calls that rang for less are left out.",
    )
    span_days = forms.IntegerField(label="Days to look back", help_text="Calls from before are not listed.")

    @staticmethod
    def given(fields: dict[str, Any]) -> MissedSettings:
        """Return the settings that were written down."""
        return MissedSettings(**{name: fields[name] for name in MissedSettings.__struct_fields__})
