"""Whoever changes what people may do types their own password again: a browser that was left open changes nothing.

Who signs on elsewhere and has no password must have signed in a short while ago.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from tollbook import clock
from tollbook.model.page_limits import PASSWORD_CHANGES
from tollbook.site.people.outside import LDAP, issuer_of
from tollbook.site.people.sessions import BEGUN
from tollbook.web.people.actors import person
from tollbook.web.people.attempts import Attempts

PASSWORDS_TRIED = Attempts(PASSWORD_CHANGES)
OF_LATE_S = 900
"""How long ago somebody without a password may have signed in who changes what people may do."""


class ConfirmedForm(forms.Form):
    """A form that is sent with the password of who is signed in."""

    own_password = forms.CharField(
        label="Your own password",
        strip=False,
        help_text="To be sure that it is you who changes this.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, values: Any, *, request: HttpRequest, initial: dict[str, Any] | None = None) -> None:  # noqa: ANN401 - what a form is sent
        super().__init__(values, initial=initial)
        self._request = request
        self.order_fields([*(name for name in self.fields if name != "own_password"), "own_password"])
        if not has_password(person(request)):
            del self.fields["own_password"]

    def clean(self) -> dict[str, Any]:
        """Refuse a change by somebody without a password who did not sign in of late."""
        if "own_password" not in self.fields and not signed_in_of_late(self._request):
            self.add_error(None, "You signed in a while ago. Sign out and in again, then change this.")
        return super().clean() or self.cleaned_data

    def clean_own_password(self) -> str:
        """Refuse whatever is not the password of who is signed in."""
        given: str = self.cleaned_data["own_password"]
        if not is_own_password(person(self._request), given):
            message = "This is not your password."
            raise ValidationError(message)
        return given


def has_password(user: User) -> bool:
    """Say whether somebody signs in by a password that can be asked for again."""
    return user.has_usable_password()


def signs_in_here(user: User) -> bool:
    """Say whether somebody types a password on the sign-in page, be it of this site or of LDAP."""
    return has_password(user) or issuer_of(user) == LDAP


def is_own_password(user: User, typed: str) -> bool:
    """Say whether a password is that of who is signed in."""
    return user.check_password(typed)


def signed_in_of_late(request: HttpRequest) -> bool:
    """Say whether who asks has signed in within a quarter of an hour."""
    at = request.session.get(BEGUN, {}).get("at", 0)
    return bool(clock.now().timestamp() - at <= OF_LATE_S)


def wait_to_confirm(request: HttpRequest) -> int:
    """Note that whoever asks sends their password, and return 0, or return for how many seconds they have to wait."""
    return PASSWORDS_TRIED.begin(person(request).get_username()) if request.method == "POST" else 0


def is_confirmed(request: HttpRequest, form: ConfirmedForm) -> bool:
    """Say whether a form is complete; a right password is forgotten as an attempt, whatever else is wrong."""
    valid = form.is_valid()
    if form.is_bound and not form.has_error("own_password"):
        PASSWORDS_TRIED.succeeded(person(request).get_username())
    return valid
