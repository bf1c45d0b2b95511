"""Which programs may use the API."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tollbook import clock
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.people import tokens
from tollbook.site.people.access import told_scope
from tollbook.web.people.actors import actor_of
from tollbook.web.people.giving import checked_access
from tollbook.web.people.roles import needs
from tollbook.web.people.token_form import NewTokenForm
from tollbook.web.removing import Removal, ask


@never_cache
@needs("tokens.change")
def programs(request: HttpRequest) -> HttpResponse:
    """Every token, and a form for one more; the answer to the form is the only page that ever shows the token."""
    form, made, name = NewTokenForm(request.POST or None), "", ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            access = checked_access(given["role"], given["scope"], "")
            name = given["name"]
            asked = tokens.AskedToken(name=name, permission=given["permission"], days=given["days"], access=access)
            made = tokens.make(actor_of(request), asked)[1]
            form = NewTokenForm()
        except Misconfigured as fault:
            for problem in fault.problems:
                form.add_error(None, f"{problem.what[:1].upper()}{problem.what[1:]}: {problem.reason}.")
    known = [(each, told_scope(each.scope)) for each in tokens.every()]
    told = {"tokens": known, "now": clock.now(), "form": form, "made": made, "made_name": name}
    return render(request, "web/tokens.html", told)


@needs("tokens.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then let a token open nothing any more."""
    if request.method != "POST":
        loss = "The program that uses this token is refused from then on. It can be given a new one."
        removal = Removal(name=name, loss=loss, list=reverse("tokens"), list_title="API tokens", word="Revoke")
        return ask(request, removal)
    try:
        tokens.remove(actor_of(request), name)
    except NotThere as fault:
        raise Http404 from fault
    messages.success(request, f"The token {name} opens nothing any more.")
    return redirect("tokens")
