"""Asks for a token for a program."""

from __future__ import annotations

from django import forms

from tollbook.site.people.tokens import LONGEST_DAYS
from tollbook.web.people.forms import role_choices

_YEAR_DAYS = 365


class NewTokenForm(forms.Form):
    """What a token is called, what it may do and for how long; whether it can be so is `tokens.make`'s to say."""

    name = forms.CharField(
        max_length=40,
        label="Name",
        help_text="Of the program or the machine that uses it: small letters, digits and hyphens.",
        widget=forms.TextInput(
            attrs={"placeholder": "wallboard", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
        ),
    )
    permission = forms.ChoiceField(
        label="Permission",
        choices=(("read", "look, and change nothing"), ("change", "change PBXs and exports, too")),
        widget=forms.RadioSelect,
        initial="read",
    )
    role = forms.ChoiceField(
        label="Role",
        choices=lambda: [("", "what anybody may who looks, or changes"), *role_choices()],
        required=False,
    )
    scope = forms.CharField(
        label="Calls it sees",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Every call where this is empty. Else one line for each part, such as department=Sales.",
    )
    days = forms.IntegerField(
        min_value=0,
        max_value=LONGEST_DAYS,
        initial=_YEAR_DAYS,
        label="Days until it ends",
        help_text="0: it never ends.",
    )
