"""Groups of people: made, changed and removed, once who asks has typed their own password again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tollbook.model.access import SCOPE_WORDS
from tollbook.model.problem import Misconfigured, NotAllowed, NotThere
from tollbook.site.people import groups
from tollbook.site.people.access import told_scope
from tollbook.web.people.actors import actor_of
from tollbook.web.people.attempts import wait_text
from tollbook.web.people.confirming import ConfirmedForm, is_confirmed, wait_to_confirm
from tollbook.web.people.forms import role_choices
from tollbook.web.people.giving import checked_scope
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal, ask


class GroupForm(ConfirmedForm):
    """A group's role and scope, and what it is called elsewhere."""

    name = forms.CharField(
        max_length=40,
        label="Name",
        help_text="Small letters, digits and hyphens, such as front-office.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label="Role", choices=role_choices, widget=forms.RadioSelect, initial="viewer")
    scope = forms.CharField(
        label="Calls they see",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Every call where this is empty. Else one line for each part, such as department=Sales. "
        f"A line takes {', '.join(SCOPE_WORDS)}.",
    )
    outside = forms.CharField(
        label="Its names where people sign on elsewhere",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One in a line: a group of the OpenID Connect issuer, or the DN or common name of one at LDAP.",
    )
    rank = forms.IntegerField(
        label="Rank",
        min_value=0,
        max_value=groups.LAST_RANK,
        initial=100,
        help_text="Of several groups that somebody has elsewhere, the one of the lowest rank counts.",
    )


@never_cache
@needs("people.change")
def add(request: HttpRequest) -> HttpResponse:
    """Make a group."""
    return _page(request, None)


@never_cache
@needs("people.change")
def change(request: HttpRequest, name: str) -> HttpResponse:
    """Change a group."""
    try:
        return _page(request, groups.given_group(groups.find_group(name)))
    except NotThere as fault:
        raise Http404 from fault


@needs("people.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then remove a group that nobody is in."""
    try:
        groups.find_group(name)
        if request.method != "POST":
            loss = "Who has it elsewhere gets it no more when they sign in."
            return ask(request, Removal(name=name, loss=loss, list=reverse("people"), list_title="People"))
        groups.remove_group(actor_of(request), name)
        messages.success(request, f"The group {name} is gone.")
    except NotThere as fault:
        raise Http404 from fault
    except Misconfigured as fault:
        messages.error(request, " ".join(f"{each.what}: {each.reason}." for each in fault.problems))
    return redirect("people")


def _page(request: HttpRequest, known: groups.GivenGroup | None) -> HttpResponse:
    wait_s = wait_to_confirm(request)
    values = None if wait_s else request.POST or None
    form = GroupForm(values, request=request, initial=_typed(known) if known else None)
    if known:
        del form.fields["name"]
    told: dict[str, Any] = {"form": form, "group": known}
    if wait_s:
        return render(request, "web/group.html", {**told, "refused": wait_text(wait_s)}, status=429)
    if is_confirmed(request, form) and _is_kept(request, form, known):
        return redirect("people")
    return render(request, "web/group.html", told)


def _typed(known: groups.GivenGroup) -> dict[str, Any]:
    scope = "" if known.scope is None else told_scope(known.scope)
    return {"role": known.role, "scope": scope, "outside": "\n".join(known.outside), "rank": known.rank}


def _is_kept(request: HttpRequest, form: GroupForm, known: groups.GivenGroup | None) -> bool:
    """Keep what was typed and say so; what cannot be is said in the form."""
    typed, name = form.cleaned_data, known.name if known else form.cleaned_data["name"]
    try:
        given = groups.GivenGroup(
            name=name,
            role=typed["role"],
            scope=checked_scope(typed["scope"]),
            outside=tuple(typed["outside"].splitlines()),
            rank=typed["rank"],
        )
        if known:
            groups.set_group(actor_of(request), given)
        else:
            groups.add_group(actor_of(request), given)
    except (NotAllowed, NotThere, Misconfigured) as fault:
        for problem in fault.problems:
            form.add_error(None, f"{problem.what}: {problem.reason}.")
        return False
    messages.success(request, f"The group {name} is {'changed' if known else 'made'}.")
    return True
