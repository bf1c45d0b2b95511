"""Asks for a person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


class PersonForm(forms.Form):
    """A name and a password."""

    name = forms.CharField(
        max_length=150,
        label="Name",
        validators=[User.username_validator],
        help_text="Letters, digits and @ . + - _",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="At least 10 characters, and not a common word.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_name(self) -> str:
        """Refuse a name that is taken, however it is spelt."""
        name: str = self.cleaned_data["name"]
        if User.objects.filter(username__iexact=name).exists():
            message = "Somebody has this name already."
            raise ValidationError(message)
        return name

    def clean(self) -> dict[str, Any]:
        """Hold the password against the rules; one of them looks at the name."""
        values = self.cleaned_data
        if values.get("password"):
            try:
                validate_password(values["password"], User(username=values.get("name", "")))
            except ValidationError as fault:
                self.add_error("password", fault)
        return values


class NewPersonForm(PersonForm):
    """A person whom an administrator lets in."""

    role = forms.ChoiceField(
        label="May",
        choices=(("viewer", "look at calls"), ("admin", "look at calls, change PBXs and people")),
        widget=forms.RadioSelect,
        initial="viewer",
    )
