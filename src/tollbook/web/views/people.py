"""Who may sign in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_POST

from tollbook.web.forms.people import NewPersonForm
from tollbook.web.roles import for_admins, person


@for_admins
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, and a form for one more."""
    form = NewPersonForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        User.objects.create_user(given["name"], password=given["password"], is_staff=given["role"] == "admin")
        messages.success(request, f"{given['name']} can sign in now.")
        return redirect("people")
    return render(request, "web/people.html", {"people": User.objects.order_by("username"), "form": form})


@for_admins
@require_POST
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Take a person's access away; nobody removes themselves, so one administrator always stays."""
    gone = get_object_or_404(User, pk=number)
    if gone.pk == person(request).pk:
        messages.error(request, "You cannot remove yourself. Another administrator can.")
        return redirect("people")
    gone.delete()
    messages.success(request, f"{gone.username} can no longer sign in.")
    return redirect("people")


class Password(PasswordChangeView):
    """One's own password."""

    template_name = "web/password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: object) -> HttpResponse:
        """Say that it is done."""
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)  # type: ignore[arg-type] # the base class is generic over its form
