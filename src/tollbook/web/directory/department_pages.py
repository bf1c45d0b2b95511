"""Departments as a tree, and cost centres."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tollbook.model.directory import CostCentre
from tollbook.site.directory import operations
from tollbook.site.directory.models import AssignmentRecord, CostCentreRecord, DepartmentRecord
from tollbook.site.directory.values import KnownDepartment
from tollbook.web.directory.answering import FormPage, kept, known, removed
from tollbook.web.directory.forms import CostCentreForm, DepartmentForm
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal

_TITLE = "Departments"


class Branch(msgspec.Struct, frozen=True):
    """A department, how many assignments it has or had, and those below it."""

    department: KnownDepartment
    assignments: int
    below: list[Branch]


@needs("directory.see")
def departments(request: HttpRequest) -> HttpResponse:
    """The tree of departments, and the cost centres."""
    charged = Counter(AssignmentRecord.objects.values_list("cost_centre", flat=True))
    context = {
        "tree": _tree(),
        "cost_centres": [(each, charged[each.id]) for each in operations.cost_centres()],
    }
    return render(request, "web/directory-departments.html", context)


def _tree() -> list[Branch]:
    """Return those at the top with all that is below them; one is always listed behind the one it belongs to."""
    assigned = Counter(AssignmentRecord.objects.values_list("department", flat=True))
    branches: dict[int | None, Branch] = {}
    top: list[Branch] = []
    for each in operations.departments():
        branch = branches[each.id] = Branch(each, assigned[each.id], [])
        (branches[each.parent].below if each.parent else top).append(branch)
    return top


def _page(title: str, **texts: str) -> FormPage:
    return FormPage(title=title, back=reverse("directory-departments"), back_title=_TITLE, **texts)


@needs("directory.change")
def add(request: HttpRequest) -> HttpResponse:
    """A new department, below the one of the address."""

    def keep(given: dict[str, Any]) -> str:
        return f"{operations.keep_department(actor_of(request), KnownDepartment(**given)).path} is added."

    form = DepartmentForm(request.POST or None, initial={"parent": request.GET.get("below")})
    return kept(request, form, _page("Add a department", save="Add"), keep)


@needs("directory.change")
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """The name of a department, its company, and where it belongs."""
    before = known(DepartmentRecord, number).value("")

    def keep(given: dict[str, Any]) -> str:
        after = operations.keep_department(actor_of(request), msgspec.structs.replace(before, **given))
        return f"{after.path} is saved. The name counts for all calls, old ones too."

    form = DepartmentForm(request.POST or None, initial=msgspec.structs.asdict(before))
    page = _page(f"Change {before.name}", remove=reverse("directory-department-remove", args=[number]))
    return kept(request, form, page, keep)


@needs("directory.change")
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Ask whether it is meant, then remove a department on which nothing hangs."""
    name = known(DepartmentRecord, number).name
    loss = "A department can be removed as long as none is below it and nothing is or was assigned to it."
    removal = Removal(name=name, loss=loss, list=reverse("directory-departments"), list_title=_TITLE)
    return removed(request, removal, lambda: operations.remove_department(actor_of(request), number))


@needs("directory.change")
def add_cost_centre(request: HttpRequest) -> HttpResponse:
    """A new cost centre."""

    def keep(given: dict[str, Any]) -> str:
        return f"{operations.keep_cost_centre(actor_of(request), CostCentre(0, **given)).code} is added."

    return kept(request, CostCentreForm(request.POST or None), _page("Add a cost centre", save="Add"), keep)


@needs("directory.change")
def edit_cost_centre(request: HttpRequest, number: int) -> HttpResponse:
    """The code and the name of a cost centre."""
    before = known(CostCentreRecord, number).value()

    def keep(given: dict[str, Any]) -> str:
        after = operations.keep_cost_centre(actor_of(request), msgspec.structs.replace(before, **given))
        return f"{after.code} is saved."

    form = CostCentreForm(request.POST or None, initial=msgspec.structs.asdict(before))
    page = _page(f"Change cost centre {before.code}", remove=reverse("directory-cost-centre-remove", args=[number]))
    return kept(request, form, page, keep)


@needs("directory.change")
def remove_cost_centre(request: HttpRequest, number: int) -> HttpResponse:
    """Ask whether it is meant, then remove a cost centre to which nothing is charged."""
    name = f"cost centre {known(CostCentreRecord, number).code}"
    loss = "A cost centre can be removed as long as nothing is or was charged to it."
    removal = Removal(name=name, loss=loss, list=reverse("directory-departments"), list_title=_TITLE)
    return removed(request, removal, lambda: operations.remove_cost_centre(actor_of(request), number))
