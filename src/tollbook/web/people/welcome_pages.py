"""Links by mail: people are invited, choose a password, and have another one sent a link for that they have forgotten.

The secret of a link is taken out of the address at once, so that no page with it is ever shown. Whoever asks for a link
gets the same answer whether there is such a person or not.
"""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.page_limits import LINKS_OF_ADDRESS, LINKS_OF_NAME
from tollbook.model.problem import Misconfigured, NotAllowed
from tollbook.site.people import invitations
from tollbook.site.people.sign_on import passwords_open
from tollbook.web.people.actors import actor_of, address_of
from tollbook.web.people.attempts import Attempts, is_this_machine, name_of, network_of, wait_text
from tollbook.web.people.forms import AccessForm
from tollbook.web.people.roles import needs

LINKS_ASKED, LINKS_OF_NAMES = Attempts(LINKS_OF_ADDRESS), Attempts(LINKS_OF_NAME)
_LINK = "welcome"


class InvitationForm(AccessForm):
    """A person who is invited by mail."""

    name = forms.CharField(max_length=150, label="Name", validators=[User.username_validator])
    mail = forms.EmailField(max_length=254, label="Mail address")
    field_order = ("name", "mail", "group", "role", "scope", "telephones_of")


class ForgottenForm(forms.Form):
    """Who has forgotten their password."""

    who = forms.CharField(
        max_length=254,
        label="Your name or mail address",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


class ChosenPasswordForm(forms.Form):
    """A password, twice alike."""

    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        help_text="At least 10 characters, and not a common word.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Repeat it",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Refuse another one than was typed before."""
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError("This is another one than above.")
        return again


@needs("people.change")
def invite(request: HttpRequest) -> HttpResponse:
    """Ask for a person, and mail them a link."""
    form, problems = InvitationForm(request.POST or None), invitations.mail_problems()
    if form.is_valid() and not problems and (access := form.access()):
        try:
            sent = invitations.invite(actor_of(request), form.cleaned_data["name"], form.cleaned_data["mail"], access)
            put(sent)
        except Misconfigured as fault:
            for problem in fault.problems:
                form.add_error(None, f"{problem.what}: {problem.reason}.")
        else:
            messages.success(request, f"{form.cleaned_data['name']} is invited: a mail is on its way.")
            return redirect("people")
    return render(request, "web/invite.html", {"form": form, "mail_problems": problems})


def put(sent: invitations.MailedLink) -> None:
    """Put a link into the outbox."""
    engine().outbox.put(sent.message, sent.destination, [sent.recipient])


@never_cache
@login_not_required
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask who somebody is, and mail a link to whom there is."""
    if not passwords_open():
        return redirect("sign-in")
    form, told = ForgottenForm(request.POST or None), {"no_mail": bool(invitations.mail_problems())}
    if form.is_valid() and not told["no_mail"]:
        wait_s = _wait(address_of(request), form.cleaned_data["who"])
        if wait_s:
            return render(request, "web/forgotten.html", {"form": form, "refused": wait_text(wait_s)}, status=429)
        sent = invitations.forgotten(form.cleaned_data["who"].strip())
        if sent:
            put(sent)
        return render(request, "web/forgotten.html", {"is_asked": True})
    return render(request, "web/forgotten.html", {"form": form, **told})


def _wait(address: str, who: str) -> int:
    near = is_this_machine(address)
    return (0 if near else LINKS_ASKED.begin(network_of(address))) or LINKS_OF_NAMES.begin(name_of(who))


@require_GET
@never_cache
@login_not_required
def welcome(request: HttpRequest, link: str) -> HttpResponse:
    """Take the secret out of the address, and lead on to where a password is chosen."""
    if invitations.person_of_link(link) is None:
        return _opens_nothing(request)
    request.session[_LINK] = link
    request.session.set_expiry(3600)
    return redirect("welcome-choose")


@never_cache
@login_not_required
def choose(request: HttpRequest) -> HttpResponse:
    """Choose a password by a link that was opened before."""
    link = str(request.session.get(_LINK, ""))
    person = invitations.person_of_link(link)
    if person is None or not passwords_open():
        return _opens_nothing(request)
    form = ChosenPasswordForm(request.POST or None)
    if form.is_valid():
        actor = Actor(kind="person", name=person.get_username(), address=address_of(request))
        try:
            invitations.choose_password(actor, link, form.cleaned_data["password"])
        except NotAllowed:
            return _opens_nothing(request)
        except Misconfigured as fault:
            for problem in fault.problems:
                form.add_error("password", problem.reason)
        else:
            request.session.flush()
            messages.success(request, "Your password is set. Sign in by it.")
            return redirect("sign-in")
    return render(request, "web/welcome.html", {"form": form, "person": person})


def _opens_nothing(request: HttpRequest) -> HttpResponse:
    return render(request, "web/welcome.html", {"form": None}, status=410)
