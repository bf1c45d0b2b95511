"""Asks for a place that may join."""

from __future__ import annotations

from django import forms

from tollbook.model.place import GROUP, VERSION

_WRITTEN = {"autocomplete": "off", "spellcheck": "false"}


class NewPlaceForm(forms.Form):
    """What a place is called and where it belongs; whether it can be so is `operations.add`'s to say."""

    name = forms.CharField(
        max_length=60,
        label="Name",
        help_text="As its sinks call the place, if they do.",
        widget=forms.TextInput(attrs={"placeholder": "Hamburg", **_WRITTEN}),
    )
    group = forms.CharField(
        max_length=60,
        label="Group",
        required=False,
        help_text=f"Places of a group belong together. Empty: “{GROUP}”.",
        widget=forms.TextInput(attrs={"placeholder": GROUP, **_WRITTEN}),
    )


class PlaceGroupForm(forms.Form):
    """What is handed down to the places of a group, and which version they should have."""

    parts = forms.MultipleChoiceField(
        label="Handed down",
        required=False,
        choices=(
            ("formats", "Formats: those of this site's own"),
            ("tariffs", "Tariffs, and which calls they price"),
            ("plans", "Dial plans: those of PBXs that have the same name there"),
            ("directory", "Directory and phone book"),
        ),
        widget=forms.CheckboxSelectMultiple,
        help_text="Places keep what they have of their own. What is taken away here is taken away there.",
    )
    version = forms.RegexField(
        rf"\A{VERSION.pattern}\Z",
        max_length=40,
        label="Version they should have",
        required=False,
        error_messages={"invalid": "Numbers with dots, such as 1.4.0."},
        help_text="Such as 1.4.0; empty: any. Places bring it by their own update command, if their owner has set one.",
        widget=forms.TextInput(attrs=_WRITTEN),
    )
