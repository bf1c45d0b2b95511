"""How people sign on elsewhere, and for whom a second step is required: set once who asks has typed their password."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.plugins import declared
from tollbook.site.people import sign_on
from tollbook.web.pbxs.form import option_field
from tollbook.web.people.actors import actor_of
from tollbook.web.people.attempts import wait_text
from tollbook.web.people.confirming import ConfirmedForm, is_confirmed, wait_to_confirm
from tollbook.web.people.forms import role_choices
from tollbook.web.people.roles import needs
from tollbook.web.people.sign_on_trying import tried
from tollbook.web.problems import beside_field
from tollbook.web.removing import Removal, ask

_NAMED = re.compile(r"^'([\w-]+)'")


class SignOnForm(ConfirmedForm):
    """What a way of signing on declares. A secret that is kept is not sent to the browser; left empty it stays."""

    def __init__(self, kind: str, kept: dict[str, str], values: Any, request: HttpRequest) -> None:  # noqa: ANN401 - request.POST
        super().__init__(values, request=request)
        self._settings = {each.name: each.setting for each in declared(sign_on.OPTIONS[kind])}
        self._kept = kept
        for name, setting in self._settings.items():
            self.fields[name] = option_field(name, setting, kept.get(name, ""))
        self.order_fields([*self._settings, "own_password"])

    def asked_first(self) -> list[forms.BoundField]:
        """Return what is asked of everybody, and whatever is at fault."""
        return [field for field in self if field.name != "own_password" and not self._is_rare(field)]

    def asked_rarely(self) -> list[forms.BoundField]:
        """Return the options whose default serves nearly everybody."""
        return [field for field in self if self._is_rare(field)]

    def _is_rare(self, field: forms.BoundField) -> bool:
        setting = self._settings.get(field.name)
        return bool(setting and setting.advanced and not field.errors)

    def change(self) -> dict[str, str | None]:
        """Return the settings that were typed; what is empty, or says the default, need not be kept."""
        told: dict[str, str | None] = {}
        for name, setting in self._settings.items():
            value = self.cleaned_data.get(name, "")
            if setting.secret and not value:
                continue
            told[name] = value if value and value != setting.default else None
        return told

    def show(self, problem: Problem) -> None:
        """Show what is wrong beside its field."""
        found = _NAMED.match(problem.what)
        if found and found.group(1) in self.fields:
            self.add_error(found.group(1), beside_field(problem))
        else:
            self.add_error(None, f"{problem.what}: {problem.reason}" + (f" ({problem.help})" if problem.help else ""))


class TwoStepsForm(ConfirmedForm):
    """For whom a second step is required."""

    everybody = forms.ChoiceField(
        label="It is required of",
        choices=(("", "the roles below"), ("yes", "everybody")),
        required=False,
    )
    roles = forms.MultipleChoiceField(
        label="Roles", required=False, choices=role_choices, widget=forms.CheckboxSelectMultiple
    )


@never_cache
@needs("people.change")
def way(request: HttpRequest, kind: str) -> HttpResponse:
    """Set up how people sign on by a way."""
    _check_known(kind)
    kept = _kept(kind)
    wait_s = wait_to_confirm(request)
    form = SignOnForm(kind, kept, None if wait_s else request.POST or None, request)
    told: dict[str, Any] = {"form": form, "kind": kind, "title": sign_on.TITLES[kind], "is_set": bool(kept)}
    told |= _redirect_told(kind)
    if wait_s:
        return render(request, "web/sign-on.html", {**told, "refused": wait_text(wait_s)}, status=429)
    if is_confirmed(request, form):
        try:
            sign_on.change(actor_of(request), kind, form.change(), engine().site.fence)
        except Misconfigured as fault:
            for problem in fault.problems:
                form.show(problem)
        else:
            messages.success(request, f"People can sign on by {sign_on.TITLES[kind]}. Test it now.")
            return redirect("sign-on", kind)
    return render(request, "web/sign-on.html", told)


@require_POST
@needs("people.change")
def test(request: HttpRequest, kind: str) -> HttpResponse:
    """Reach the other side as it is set up, and say what was found."""
    _check_known(kind)
    try:
        found = tried(kind)
    except NotThere as fault:
        raise Http404 from fault
    (messages.success if found.well else messages.error)(request, found.message)
    return redirect("sign-on", kind)


@needs("people.change")
def remove(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask whether it is meant, then let nobody sign on by a way any more."""
    _check_known(kind)
    if request.method != "POST":
        loss = "Nobody signs on that way any more. Who did keeps their name here, and has no password."
        return ask(request, Removal(name=sign_on.TITLES[kind], loss=loss, list=reverse("people"), list_title="People"))
    try:
        sign_on.remove(actor_of(request), kind)
    except NotThere as fault:
        raise Http404 from fault
    messages.success(request, f"Nobody signs on by {sign_on.TITLES[kind]} any more.")
    return redirect("people")


@never_cache
@needs("people.change")
def rules(request: HttpRequest) -> HttpResponse:
    """Say for which roles a second step is required."""
    required, wait_s = sign_on.two_step_roles(), wait_to_confirm(request)
    initial = {"everybody": "yes" if sign_on.EVERYBODY in required else "", "roles": required}
    form = TwoStepsForm(None if wait_s else request.POST or None, request=request, initial=initial)
    if wait_s:
        return render(request, "web/two-step-rules.html", {"form": form, "refused": wait_text(wait_s)}, status=429)
    if is_confirmed(request, form):
        typed = form.cleaned_data
        sign_on.require_two_steps(actor_of(request), [sign_on.EVERYBODY] if typed["everybody"] else typed["roles"])
        messages.success(request, "It is required from the next page on that they open.")
        return redirect("people")
    return render(request, "web/two-step-rules.html", {"form": form})


def ways() -> list[dict[str, object]]:
    """Return the ways of signing on elsewhere, as the page of people shows them."""
    return [
        {"kind": kind, "title": title, "told": kept.get("issuer", "by the server of the directory") if kept else ""}
        for kind, title in sign_on.TITLES.items()
        for kept in [_kept(kind)]
    ]


def two_steps_told() -> str:
    """Return of whom a second step is required, in words."""
    required = sign_on.two_step_roles()
    return "everybody" if sign_on.EVERYBODY in required else ", ".join(required) or "nobody"


def _check_known(kind: str) -> None:
    if kind not in sign_on.OPTIONS:
        raise Http404


def _kept(kind: str) -> dict[str, str]:
    try:
        return sign_on.settings_of(kind)
    except NotThere:
        return {}


def _redirect_told(kind: str) -> dict[str, str]:
    if kind != "oidc":
        return {}
    try:
        return {"redirect_uri": sign_on.redirect_uri()}
    except Misconfigured as fault:
        return {"no_address": f"{fault.problems[0].what}: {fault.problems[0].help}"}
