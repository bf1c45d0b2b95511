"""Extensions, codes and trunks: whose they are and were, gaps, and extensions of calls that nobody ever had."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tollbook.engine.runtime import engine
from tollbook.model.directory import Assignment
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.directory import assignments, operations, owners
from tollbook.site.directory.models import AssignmentRecord
from tollbook.site.directory.names import DepartmentPaths
from tollbook.site.directory.searching import OwnerSearch, holding_on
from tollbook.site.directory.values import NamedAssignment
from tollbook.store.dialled import unassigned
from tollbook.web.asking import ledger_of
from tollbook.web.directory.answering import FormPage, in_pages, in_pages_of, kept, known, removed, searched
from tollbook.web.directory.forms import KINDS, AssignmentForm, EndForm, NamingForm
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs
from tollbook.web.removing import Removal
from tollbook.web.zones import today

_TITLE = "Extensions and codes"
_GAPS = 50
"""Gaps that the page shows; the API has them all."""


@needs("directory.see")
def extension_list(request: HttpRequest) -> HttpResponse:
    """Whose everything is and was; filtered by words, kind, PBX and whether it holds today."""
    words, asked = searched(request), request.GET
    paths = DepartmentPaths()
    fitting = OwnerSearch(paths.by_id()).assignments(words) if words else Q()
    if asked.get("when") != "all":
        fitting &= holding_on(today())
    wanted = {name: asked[name] for name in ("kind", "pbx") if asked.get(name)}
    records = assignments.with_owners(AssignmentRecord.objects.filter(fitting, **wanted))
    gaps = list(islice(assignments.gaps(), _GAPS + 1))
    context = {
        "rows": in_pages(request, records, lambda page: [assignments.in_words(each, paths) for each in page]),
        "words": words,
        "kinds": KINDS,
        "pbxs": sorted(engine().pbxs()),
        "asked": asked,
        "gaps": gaps[:_GAPS],
        "more_gaps": len(gaps) > _GAPS,
        "is_empty": not AssignmentRecord.objects.exists(),
    }
    return render(request, "web/directory-extensions.html", context)


def _page(title: str, **texts: str) -> FormPage:
    return FormPage(title=title, back=reverse("directory-extensions"), back_title=_TITLE, **texts)


def _keep(request: HttpRequest, before: Assignment, given: dict[str, Any]) -> NamedAssignment:
    fields = {name: given[name] for name in ("kind", "value", "pbx", "first", "until")}
    said = {name: given[name] or None for name in ("person", "department", "cost_centre")}
    wanted = msgspec.structs.replace(before, **fields)
    return owners.assign(actor_of(request), wanted, owners.Owners(**said, create=given["create"]))


@needs("directory.change")
def add(request: HttpRequest) -> HttpResponse:
    """A new assignment."""

    def keep(given: dict[str, Any]) -> str:
        return f"{_keep(request, assignments.NOTHING, given).value} is assigned."

    given = {name: request.GET.get(name, "") for name in ("kind", "person", "value", "pbx", "first", "until")}
    form = AssignmentForm(request.POST or None, initial=given)
    return kept(request, form, _page("Assign an extension or a code", save="Assign"), keep)


@needs("directory.change")
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """An assignment; calls of its time are of whoever it then says."""
    record = known(AssignmentRecord, number)
    named = assignments.by_number(number)

    def keep(given: dict[str, Any]) -> str:
        return f"{_keep(request, record.as_value(), given).value} is saved."

    initial = {**msgspec.structs.asdict(named), "person": named.mail or named.name}
    lead = "To give it to somebody else from a day on, end this one and assign it again."
    page = _page(f"Change {record}", lead=lead, remove=reverse("directory-extension-remove", args=[number]))
    return kept(request, AssignmentForm(request.POST or None, initial=initial), page, keep)


@needs("directory.change")
def end(request: HttpRequest, number: int) -> HttpResponse:
    """Let an assignment end on a day; earlier calls stay as they are."""
    record = known(AssignmentRecord, number)

    def keep(given: dict[str, Any]) -> str:
        wanted = msgspec.structs.replace(record.as_value(), until=given["until"])
        assignments.keep_assignment(actor_of(request), wanted)
        return f"The {record} ends on {given['until']}. Earlier calls stay as they are."

    form = EndForm(request.POST or None, initial={"until": today()})
    return kept(request, form, _page(f"End {record}", save="End", lead=assignments.said(record)), keep)


@needs("directory.change")
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Ask whether it is meant, then remove an assignment as if it had never been."""
    told = assignments.said(known(AssignmentRecord, number))
    loss = "Calls of that time belong to nobody then. If it was right until now, end it instead."
    back = reverse("directory-extension", args=[number])
    removal = Removal(name=told, loss=loss, list=reverse("directory-extensions"), list_title=_TITLE, back=back)
    return removed(request, removal, lambda: assignments.remove_assignment(actor_of(request), number))


@needs("directory.see")
def unnamed(request: HttpRequest) -> HttpResponse:
    """Extensions met in calls that nobody ever had, each with a form to name it at once."""
    wrong = _named(request) if request.method == "POST" else None
    if request.method == "POST" and wrong is None:
        return redirect(request.get_full_path())
    page = in_pages_of(request, list(_unnamed(request)))
    context = {
        "rows": page,
        "wrong": wrong,
        "is_empty": not AssignmentRecord.objects.exists(),
        "paths": [each.path for each in operations.departments()],
    }
    return render(request, "web/directory-unnamed.html", context)


def _unnamed(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Yield PBX and extension of those to whom no assignment was ever made."""
    ledger = ledger_of(request)
    for pbx in sorted(engine().pbxs()):
        found = unassigned(ledger, pbx)  # as the store has the directory, which follows the site's a moment later
        records = AssignmentRecord.objects.filter(kind="extension", pbx__in=("", pbx), value__in=found)
        had = set(records.values_list("value", flat=True))
        yield from ((pbx, each) for each in found if each not in had)


def _name(request: HttpRequest, given: dict[str, Any]) -> None:
    said = owners.Owners(person=given["person"] or None, department=given["department"] or None, create=True)
    wanted = msgspec.structs.replace(assignments.NOTHING, value=given["value"], pbx=given["pbx"])
    owners.assign(actor_of(request), wanted, said)
    whose = given["person"] or given["department"]
    told = f"Extension {given['value']} of {given['pbx']} is assigned to {whose}, with all its calls until now."
    messages.success(request, told)


def _named(request: HttpRequest) -> NamingForm | None:
    """Name an extension; returns the form with its faults where that cannot be."""
    if not may(request, "directory.change"):
        raise PermissionDenied
    form = NamingForm(request.POST)
    if form.is_valid():
        try:
            _name(request, form.cleaned_data)
        except (Misconfigured, NotThere) as fault:
            form.show(fault)
        else:
            return None
    return form
