"""Who may sign in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_POST

from tollbook.model.problem import NotAllowed, NotThere
from tollbook.site.audit import operations as audit
from tollbook.site.people import operations
from tollbook.web.actors import actor_of
from tollbook.web.forms.people import NewPersonForm
from tollbook.web.roles import for_admins, person


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

    def form_valid(self, form: object) -> HttpResponse:
        """Say that it is done."""
        answer = super().form_valid(form)  # type: ignore[arg-type] # the base class is generic over its form
        audit.record(actor_of(self.request), "person.password", person(self.request).get_username())
        messages.success(self.request, "Your password is changed.")
        return answer
