"""Asks for a token for a program."""

from __future__ import annotations

from django import forms

from tollbook.site.people.tokens import LONGEST_DAYS

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
    days = forms.IntegerField(
        min_value=0,
        max_value=LONGEST_DAYS,
        initial=_YEAR_DAYS,
        label="Days until it ends",
        help_text="0: it never ends.",
    )
