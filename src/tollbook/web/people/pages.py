"""Who may sign in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache

from tollbook.model.problem import Misconfigured, NotAllowed, NotThere
from tollbook.site.audit import operations as audit
from tollbook.site.people import operations, second_step
from tollbook.site.people.access import GivenAccess, told_scope
from tollbook.site.people.groups import every_group
from tollbook.site.people.roles import roles
from tollbook.web.people.actors import actor_of, person
from tollbook.web.people.attempts import wait_text
from tollbook.web.people.confirming import PASSWORDS_TRIED, is_confirmed, wait_to_confirm
from tollbook.web.people.forms import ChangedPersonForm, NewPersonForm, OwnPasswordForm
from tollbook.web.people.giving import told_access
from tollbook.web.people.roles import needs
from tollbook.web.people.sign_on_pages import two_steps_told, ways
from tollbook.web.removing import Removal, ask


@needs("people.change")
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, and a form for one more."""
    form = NewPersonForm(request.POST or None)
    if form.is_valid() and _is_added(request, form):
        messages.success(request, f"{form.cleaned_data['name']} can sign in now.")
        return redirect("people")
    known = [(each, told_access(each)) for each in operations.every()]
    told = {
        "people": known,
        "roles": roles(),
        "groups": [(each, told_scope(each.scope)) for each in every_group()],
        "form": form,
    }
    return render(request, "web/people.html", {**told, "ways": ways(), "two_steps": two_steps_told()})


def _is_added(request: HttpRequest, form: NewPersonForm) -> bool:
    """Let a person in; what cannot be done is said in the form."""
    access, given = form.access(), form.cleaned_data
    if access is None:
        return False
    try:
        operations.add_person(actor_of(request), given["name"], given["password"], access)
    except Misconfigured as fault:
        for problem in fault.problems:
            form.add_error(None, f"{problem.what}: {problem.reason}.")
        return False
    return True


@never_cache
@needs("people.change")
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Give another person a role or a password, once who asks has typed their own password again."""
    asker, changed = person(request), get_object_or_404(User, pk=number)
    if changed == asker:
        return redirect("password")
    told = {"person": changed}
    wait_s = wait_to_confirm(request)
    if wait_s:
        form = ChangedPersonForm(None, changed=changed, request=request)
        return render(request, "web/person.html", {**told, "form": form, "refused": wait_text(wait_s)}, status=429)
    form = ChangedPersonForm(request.POST or None, changed=changed, request=request)
    if is_confirmed(request, form) and _is_changed(request, form, changed):
        return redirect("people")
    return render(request, "web/person.html", {**told, "form": form})


def _is_changed(request: HttpRequest, form: ChangedPersonForm, changed: User) -> bool:
    """Do what the form asks for and say so; what cannot be done is said in the form."""
    name, password, access = changed.get_username(), form.cleaned_data["password"], form.access()
    done: list[str] = []
    if access is None:
        return False
    try:
        with transaction.atomic():
            before = operations.given_access(changed)
            if access != before:
                operations.change_access(actor_of(request), name, access)
                done.append(_other(access, before))
            if form.cleaned_data.get("second_step_off"):
                second_step.switch_off(actor_of(request), changed)
                done.append("no second step")
            if password:
                operations.set_password(actor_of(request), name, password)
                done.append("another password")
    except (NotAllowed, NotThere, Misconfigured) as fault:
        for problem in fault.problems:
            form.add_error(None, f"{problem.what}: {problem.reason}.")
        return False
    told = f"{name} has {' and '.join(done)}, and was signed out everywhere." if done else f"{name} stays as before."
    messages.success(request, told)
    return True


def _other(access: GivenAccess, before: GivenAccess) -> str:
    if access.group != before.group:
        return "another group" if access.group else "a role of their own"
    return "another role" if access.role != before.role else "another scope"


@needs("people.change")
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Ask whether it is meant, then take a person's access away."""
    if request.method != "POST":
        name = get_object_or_404(User, pk=number).get_username()
        loss = "They are signed out at once and can no longer sign in. What they did stays in the audit."
        return ask(request, Removal(name=name, loss=loss, list=reverse("people"), list_title="People"))
    try:
        name = operations.remove_person(actor_of(request), number)
        messages.success(request, f"{name} can no longer sign in.")
    except NotThere as fault:
        raise Http404 from fault
    except NotAllowed as fault:
        messages.error(request, " ".join(f"{each.what}: {each.reason}." for each in fault.problems))
    return redirect("people")


class Password(PasswordChangeView):
    """One's own password."""

    form_class = OwnPasswordForm
    template_name = "web/password.html"
    success_url = reverse_lazy("home")

    def get(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        """Show the form to who has a password here."""
        if not person(request).has_usable_password():
            return redirect("account")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        """Check the password until now, unless too many were wrong of late: who finds a browser open is stopped."""
        wait_s = PASSWORDS_TRIED.begin(person(request).get_username())
        if not wait_s:
            return super().post(request, *args, **kwargs)
        context = self.get_context_data(refused=wait_text(wait_s))
        return render(request, self.template_name, context, status=429)

    def form_valid(self, form: object) -> HttpResponse:
        """Say that it is done."""
        PASSWORDS_TRIED.succeeded(person(self.request).get_username())
        answer = super().form_valid(form)  # type: ignore[arg-type] # the base class is generic over its form
        audit.record(actor_of(self.request), "person.password", person(self.request).get_username())
        messages.success(self.request, "Your password is changed.")
        return answer
