"""Whoever changes what people may do types their own password again: a browser that was left open changes nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from tollbook.model.page_limits import PASSWORD_CHANGES
from tollbook.web.people.actors import person
from tollbook.web.people.attempts import Attempts

PASSWORDS_TRIED = Attempts(PASSWORD_CHANGES)


class ConfirmedForm(forms.Form):
    """A form that is sent with the password of who is signed in."""

    own_password = forms.CharField(
        label="Your own password",
        strip=False,
        help_text="To be sure that it is you who changes this.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, values: Any, *, asker: User, initial: dict[str, Any] | None = None) -> None:  # noqa: ANN401 - what a form is sent
        super().__init__(values, initial=initial)
        self._asker = asker
        self.order_fields([*(name for name in self.fields if name != "own_password"), "own_password"])

    def clean_own_password(self) -> str:
        """Refuse whatever is not the password of who is signed in."""
        given: str = self.cleaned_data["own_password"]
        if not self._asker.check_password(given):
            message = "This is not your password."
            raise ValidationError(message)
        return given


def wait_to_confirm(request: HttpRequest) -> int:
    """Note that whoever asks sends their password, and return 0, or return for how many seconds they have to wait."""
    return PASSWORDS_TRIED.begin(person(request).get_username()) if request.method == "POST" else 0


def is_confirmed(request: HttpRequest, form: ConfirmedForm) -> bool:
    """Say whether a form is complete; a right password is forgotten as an attempt, whatever else is wrong."""
    valid = form.is_valid()
    if form.is_bound and not form.has_error("own_password"):
        PASSWORDS_TRIED.succeeded(person(request).get_username())
    return valid
