"""Which programs may use the API."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tollbook import clock
from tollbook.model.problem import Misconfigured
from tollbook.web.api import tokens
from tollbook.web.forms.token import NewTokenForm
from tollbook.web.models import TokenRecord
from tollbook.web.roles import for_admins


@never_cache
@for_admins
def programs(request: HttpRequest) -> HttpResponse:
    """Every token, and a form for one more; the answer to the form is the only page that ever shows the token."""
    form, made, name = NewTokenForm(request.POST or None), "", ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            name, made = given["name"], tokens.make(given["name"], given["scope"], given["days"])[1]
            form = NewTokenForm()
        except Misconfigured as fault:
            for problem in fault.problems:
                form.add_error("name", f"{problem.what}: {problem.reason}")
    known = TokenRecord.objects.order_by("name")
    told = {"tokens": known, "now": clock.now(), "form": form, "made": made, "made_name": name}
    return render(request, "web/tokens.html", told)


@for_admins
@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Let a token open nothing any more."""
    get_object_or_404(TokenRecord, name=name).delete()
    messages.success(request, f"The token {name} opens nothing any more.")
    return redirect("tokens")
