"""Asks for a person."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from tollbook.model.access import SCOPE_WORDS
from tollbook.model.problem import Misconfigured
from tollbook.site.people import second_step
from tollbook.site.people.access import GivenAccess
from tollbook.site.people.groups import every_group
from tollbook.site.people.roles import roles
from tollbook.web.people.confirming import ConfirmedForm
from tollbook.web.people.giving import checked_access, told_access


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


def role_choices() -> list[tuple[str, str]]:
    """Return the roles with what each may do."""
    told = ((each.name, each.title[:1].upper() + each.title[1:], each.about) for each in roles().values())
    return [(name, f"{title}: {about}" if about else title) for name, title, about in told]


def group_choices() -> list[tuple[str, str]]:
    """Return the groups, and first none of them."""
    return [("", "none: a role of their own"), *((each.name, each.name) for each in every_group())]


class AccessForm(forms.Form):
    """What somebody may do, and whose calls they see."""

    group = forms.ChoiceField(
        label="Group",
        choices=group_choices,
        required=False,
        help_text="Its role and calls count instead of those below.",
    )
    role = forms.ChoiceField(label="Role", choices=role_choices, widget=forms.RadioSelect, initial="viewer")
    scope = forms.CharField(
        label="Calls they see",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Every call where this is empty. Else one line for each part, such as department=Sales or "
        f"pbx=front; trunk=1,2. A line takes {', '.join(SCOPE_WORDS)}.",
    )
    telephones_of = forms.CharField(
        label="Who they are in the directory",
        required=False,
        max_length=200,
        help_text="Name or mail. They see the calls of their own telephones, also where the scope leaves them out.",
    )

    def access(self) -> GivenAccess | None:
        """Return what was typed; None where it cannot be, which the form says then."""
        given = self.cleaned_data
        try:
            return checked_access(
                given.get("role", ""), given.get("scope", ""), given.get("telephones_of", ""), given.get("group", "")
            )
        except Misconfigured as fault:
            for problem in fault.problems:
                self.add_error(None, f"{problem.what}: {problem.reason}.")
            return None


class NewPersonForm(AccessForm, PersonForm):
    """A person whom an administrator lets in."""

    field_order = ("name", "password", "group", "role", "scope", "telephones_of")


class ChangedPersonForm(AccessForm, ConfirmedForm):
    """What an administrator changes about another person, who confirms it with their own password."""

    password = forms.CharField(
        label="New password",
        required=False,
        strip=False,
        help_text="Leave it empty to keep the present one. At least 10 characters, and not a common word.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    second_step_off = forms.BooleanField(
        label="Switch their second step off",
        required=False,
        help_text="For who has lost their telephone and their recovery codes.",
    )

    def __init__(self, values: Any, *, changed: User, request: HttpRequest) -> None:  # noqa: ANN401 - what a form is sent
        super().__init__(values, request=request, initial=msgspec.structs.asdict(told_access(changed)))
        self._changed = changed
        if not second_step.is_on(changed):
            del self.fields["second_step_off"]

    def clean_password(self) -> str:
        """Hold a new password against the rules."""
        given: str = self.cleaned_data["password"]
        if given:
            validate_password(given, self._changed)
        return given


class OwnPasswordForm(PasswordChangeForm):
    """One's own password, in the words of the other forms."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own arguments
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Current password"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = "At least 10 characters, and not a common word."
        self.fields["new_password2"].label = "Repeat new password"
        self.fields["new_password2"].help_text = ""
