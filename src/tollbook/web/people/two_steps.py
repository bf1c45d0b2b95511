"""The second step of signing in: asked for after the password, set up and ended on the page of one's account."""

from __future__ import annotations

import io
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.page_limits import SECOND_STEPS
from tollbook.model.problem import Misconfigured
from tollbook.site.people import second_step
from tollbook.web.people.actors import actor_of, person
from tollbook.web.people.attempts import Attempts, wait_text
from tollbook.web.people.confirming import has_password, is_own_password, signed_in_of_late, signs_in_here
from tollbook.web.people.roles import SIGNED_IN, needs
from tollbook.web.people.two_step_rule import lacks_second_step

CODES_TRIED = Attempts(SECOND_STEPS)
_PENDING, _NEW_SECRET = "second-step", "new-second-step"
_PENDING_S = 300
_BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInCodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        label="Code",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class NewSecondStepForm(SignInCodeForm):
    """The code that the app shows, and one's own password."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        help_text="To be sure that it is you who sets this up.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def begin_second_step(request: HttpRequest, user: User, following: str) -> None:
    """Note that somebody typed the right password, and where they want to go; it is forgotten after five minutes."""
    request.session.cycle_key()
    at = int(clock.now().timestamp())
    request.session[_PENDING] = {"user": user.pk, "at": at, "next": following}


@never_cache
@login_not_required
def second(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and sign in whoever has it."""
    pending: dict[str, Any] = request.session.get(_PENDING, {})
    user = User.objects.filter(pk=pending.get("user", 0), is_active=True).first()
    if user is None or pending["at"] + _PENDING_S < clock.now().timestamp():
        request.session.pop(_PENDING, None)
        return redirect("sign-in")
    form = SignInCodeForm(request.POST or None)
    wait_s = CODES_TRIED.begin(user.get_username()) if form.is_valid() else 0
    if wait_s:
        return render(request, "web/second-step.html", {"form": form, "refused": wait_text(wait_s)}, status=429)
    if form.is_valid():
        if second_step.is_right(user, form.cleaned_data["code"]):
            CODES_TRIED.succeeded(user.get_username())
            del request.session[_PENDING]
            login(request, user, _BACKEND)
            return redirect(str(pending["next"]))
        form.add_error("code", "This is not the code, or it was used already.")
    return render(request, "web/second-step.html", {"form": form})


@never_cache
@needs(SIGNED_IN)
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the secret as a picture, and switch the second step on once the app shows the right code."""
    if not signs_in_here(person(request)):
        return redirect("account")
    user, secret = person(request), _secret(request)
    form = NewSecondStepForm(request.POST or None)
    if not has_password(user):
        del form.fields["password"]
    wait_s = CODES_TRIED.begin(user.get_username()) if form.is_valid() else 0
    told = {
        "picture": _picture(secret, user),
        "secret": secret,
        "form": form,
        "is_required": lacks_second_step(request),
    }
    if wait_s:
        return render(request, "web/second-step-new.html", {**told, "refused": wait_text(wait_s)}, status=429)
    codes = _switched_on(request, form, secret) if form.is_valid() else []
    if codes:
        CODES_TRIED.succeeded(user.get_username())
        del request.session[_NEW_SECRET]
        return render(request, "web/recovery-codes.html", {"codes": codes})
    return render(request, "web/second-step-new.html", told)


def _switched_on(request: HttpRequest, form: NewSecondStepForm, secret: str) -> list[str]:
    """Switch the second step on and return the recovery codes; what is wrong is said in the form."""
    user = person(request)
    if not has_password(user) and not signed_in_of_late(request):
        form.add_error(None, "You signed in a while ago. Sign out and in again, then set it up.")
        return []
    if has_password(user) and not is_own_password(user, form.cleaned_data["password"]):
        form.add_error("password", "This is not your password.")
        return []
    try:
        return second_step.switch_on(actor_of(request), user, secret, form.cleaned_data["code"])
    except Misconfigured as fault:
        form.add_error("code", f"{fault.problems[0].what.capitalize()}: {fault.problems[0].help}.")
        return []


@never_cache
@needs(SIGNED_IN)
def end(request: HttpRequest) -> HttpResponse:
    """Switch the second step off, once its code was typed again."""
    form = SignInCodeForm(request.POST or None)
    user = person(request)
    wait_s = CODES_TRIED.begin(user.get_username()) if form.is_valid() else 0
    if wait_s:
        return render(request, "web/second-step-end.html", {"form": form, "refused": wait_text(wait_s)}, status=429)
    if form.is_valid():
        if second_step.is_right(user, form.cleaned_data["code"]):
            CODES_TRIED.succeeded(user.get_username())
            second_step.switch_off(actor_of(request), user)
            messages.success(request, "You sign in by your password alone from now on.")
            return redirect("account")
        form.add_error("code", "This is not the code, or it was used already.")
    return render(request, "web/second-step-end.html", {"form": form})


def _secret(request: HttpRequest) -> str:
    """Return the secret that is being set up, the same until it is done: a form that comes back shows it again."""
    secret: str = request.session.setdefault(_NEW_SECRET, second_step.new_secret())
    return secret


def _picture(secret: str, user: User) -> SafeString:
    text = second_step.address_for_app(secret, user.get_username(), engine().site.path.name)
    made = io.BytesIO()
    segno.make(text, error="m").save(made, kind="svg", scale=5, xmldecl=False, dark="#000", light="#fff")
    return mark_safe(made.getvalue().decode())  # noqa: S308 - drawn from our own text, squares and nothing else
