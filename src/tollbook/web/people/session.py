"""Signing in and out, and the first administrator of a new site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.page_limits import SETUP_CODES, SIGN_IN_WAITS_S
from tollbook.model.problem import Misconfigured
from tollbook.site.people import second_step
from tollbook.site.people.operations import add_first_admin, users_exist
from tollbook.site.people.sign_on import oidc_options, passwords_open
from tollbook.web.people.actors import address_of
from tollbook.web.people.attempts import Attempts, SignIns, network_of, wait_text
from tollbook.web.people.first_run import forget_setup_code, is_setup_code
from tollbook.web.people.forms import PersonForm
from tollbook.web.people.two_steps import begin_second_step

SIGN_INS = SignIns()
SETUP_CODES_TRIED = Attempts(SETUP_CODES)


class SignIn(LoginView):
    """The sign-in page; a site without people leads on to its set-up."""

    template_name = "web/sign-in.html"
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        """Show the form."""
        if not users_exist():
            return redirect("set-up")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        """Check the password, unless too many were wrong of late: then not even that."""
        if not passwords_open():
            raise PermissionDenied
        wait_s = SIGN_INS.begin(*self._who())
        if not wait_s:
            if SIGN_INS.checking.acquire(timeout=SIGN_IN_WAITS_S):
                try:
                    return super().post(request, *args, **kwargs)
                finally:
                    SIGN_INS.checking.release()
            wait_s = 1
        form = AuthenticationForm(request, initial={"username": request.POST.get("username", "")})
        context = self.get_context_data(form=form, refused=wait_text(wait_s))
        return render(request, self.template_name, context, status=429)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - as Django has it
        """Tell of the ways to sign in."""
        options = oidc_options()
        ways = {"button": options.button if options else "", "passwords_open": passwords_open()}
        return super().get_context_data(**kwargs, **ways)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say why; of a name and password that are somebody's elsewhere, what keeps them out here."""
        told = getattr(self.request, "tollbook_not_let_in", "")
        return self.render_to_response(self.get_context_data(form=form, **({"refused": told} if told else {})))

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or lead on to the second step."""
        SIGN_INS.succeeded(*self._who())
        user = form.get_user()
        if second_step.is_on(user):
            begin_second_step(self.request, user, self.get_success_url())
            return redirect("second-step")
        return super().form_valid(form)

    def _who(self) -> tuple[str, str]:
        return self.request.POST.get("username", ""), address_of(self.request)


class FirstAdminForm(PersonForm):
    """The set-up code, then what any person has."""

    code = forms.CharField(
        label="Set-up code",
        help_text="The server printed it in its terminal, and keeps it in the file setup-code of the site's folder.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    field_order = ("code", "name", "password")


@login_not_required
def set_up(request: HttpRequest) -> HttpResponseBase:
    """Make the first administrator of a site that has nobody yet."""
    if users_exist():
        return redirect("sign-in")
    form = FirstAdminForm(request.POST or None)
    wait_s = SETUP_CODES_TRIED.begin(network_of(address_of(request))) if form.is_bound and form.is_valid() else 0
    if wait_s:
        return render(request, "web/set-up.html", {"form": form, "refused": wait_text(wait_s)}, status=429)
    if form.is_valid() and _is_made(form, address_of(request)):
        user = User.objects.get(username=form.cleaned_data["name"])
        login(request, user, "django.contrib.auth.backends.ModelBackend")
        messages.success(request, "You are the administrator of this site. The next step is your first PBX.")
        return redirect("home")
    return render(request, "web/set-up.html", {"form": form})


def _is_made(form: FirstAdminForm, address: str) -> bool:
    """Make the administrator if the code is right; else say so beside the field. One code serves once."""
    site = engine().site.path
    if not is_setup_code(site, form.cleaned_data["code"]):
        form.add_error("code", "This is not the set-up code of this site.")
        return False
    name = form.cleaned_data["name"]
    try:
        add_first_admin(Actor(kind="person", name=name, address=address), name, form.cleaned_data["password"])
    except Misconfigured as fault:
        for problem in fault.problems:
            form.add_error(None, problem.reason)
        return False
    forget_setup_code(site)
    return True
