"""Who may sign in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_POST

from tollbook.model.page_limits import PASSWORD_CHANGES
from tollbook.model.problem import NotAllowed, NotThere
from tollbook.site.audit import operations as audit
from tollbook.site.people import operations
from tollbook.web.people.actors import actor_of
from tollbook.web.people.attempts import Attempts
from tollbook.web.people.forms import NewPersonForm
from tollbook.web.people.roles import for_admins, person
from tollbook.web.people.session import wait_text

PASSWORDS_TRIED = Attempts(PASSWORD_CHANGES)


@for_admins
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, and a form for one more."""
    form = NewPersonForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        operations.add_person(actor_of(request), given["name"], given["password"], given["role"])
        messages.success(request, f"{given['name']} can sign in now.")
        return redirect("people")
    return render(request, "web/people.html", {"people": User.objects.order_by("username"), "form": form})


@for_admins
@require_POST
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Take a person's access away; nobody removes themselves, so one administrator always stays."""
    try:
        name = operations.remove_person(actor_of(request), number)
        messages.success(request, f"{name} can no longer sign in.")
    except NotThere as fault:
        raise Http404 from fault
    except NotAllowed:
        messages.error(request, "You cannot remove yourself. Another administrator can.")
    return redirect("people")


class Password(PasswordChangeView):
    """One's own password."""

    template_name = "web/password.html"
    success_url = reverse_lazy("home")

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
