"""The people of the directory: the list, one person with what is and was theirs, moving and leaving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from msgspec import UNSET, UnsetType

from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.directory import assignments, operations, owners
from tollbook.site.directory.models import AssignmentRecord, PersonRecord
from tollbook.site.directory.names import DepartmentPaths
from tollbook.site.directory.searching import OwnerSearch, holding_on
from tollbook.site.directory.values import NEW, KnownPerson, NamedAssignment
from tollbook.web.directory.answering import FormPage, in_pages, kept, known, removed, searched
from tollbook.web.directory.forms import SAME, DirectoryPersonForm, EndForm, MoveForm
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal
from tollbook.web.zones import today


class PersonRow(msgspec.Struct, frozen=True):
    """A person with what is theirs today."""

    person: KnownPerson
    theirs: list[NamedAssignment]

    @property
    def departments(self) -> list[str]:
        """The paths of the departments they are in."""
        return sorted({each.department for each in self.theirs if each.department})

    @property
    def cost_centres(self) -> list[str]:
        """The codes of what their calls are charged to."""
        return sorted({each.cost_centre for each in self.theirs if each.cost_centre})


@needs("directory.see")
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, with their extensions and departments of today; the last move can be undone."""
    words, day = searched(request), today()
    paths = DepartmentPaths()
    fitting = PersonRecord.objects.filter(OwnerSearch(paths.by_id()).people(words, day) if words else Q())
    context = {
        "rows": in_pages(request, fitting, lambda people: _rows(people, paths, day)),
        "words": words,
        "is_empty": not PersonRecord.objects.exists(),
        "today": day,
        "last_move": assignments.last_move(),
    }
    return render(request, "web/directory-people.html", context)


def _rows(people: Sequence[PersonRecord], paths: DepartmentPaths, day: date) -> list[PersonRow]:
    """Return people with what is theirs on a day."""
    theirs = defaultdict[int | None, list[NamedAssignment]](list)
    ids = [each.pk for each in people]
    for record in assignments.with_owners(AssignmentRecord.objects.filter(holding_on(day), person__in=ids)):
        theirs[record.person_id].append(assignments.in_words(record, paths))
    return [PersonRow(each.value(), theirs[each.pk]) for each in people]


def _page(title: str, number: int = NEW, **texts: str) -> FormPage:
    if not number:
        return FormPage(title=title, back=reverse("directory"), back_title="Directory", **texts)
    back = reverse("directory-person", args=[number])
    return FormPage(title=title, back=back, back_title=known(PersonRecord, number).name, **texts)


@needs("directory.change")
def add(request: HttpRequest) -> HttpResponse:
    """A new person."""

    def keep(given: dict[str, Any]) -> str:
        person = operations.keep_person(actor_of(request), KnownPerson(**given))
        return f"{person.name} is in the directory. Assign an extension to them next."

    return kept(request, DirectoryPersonForm(request.POST or None), _page("Add a person", save="Add"), keep)


@needs("directory.see")
def person(request: HttpRequest, number: int) -> HttpResponse:
    """One person: what is and was theirs."""
    found = known(PersonRecord, number)
    context = {"person": found.value(), "theirs": list(assignments.assignments(Q(person=found))), "today": today()}
    return render(request, "web/directory-person.html", context)


@needs("directory.change")
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """What is known of a person."""
    before = known(PersonRecord, number).value()

    def keep(given: dict[str, Any]) -> str:
        after = operations.keep_person(actor_of(request), msgspec.structs.replace(before, **given))
        return f"{after.name} is saved. A new name counts for all calls."

    form = DirectoryPersonForm(request.POST or None, initial=msgspec.structs.asdict(before))
    return kept(request, form, _page(f"Change {before.name}", number), keep)


@needs("directory.change")
def move(request: HttpRequest, number: int) -> HttpResponse:
    """To another department or cost centre, from a day on."""
    found = known(PersonRecord, number)

    def keep(given: dict[str, Any]) -> str:
        said = owners.Owners(department=_said(given["department"]), cost_centre=_said(given["cost_centre"]))
        owners.move_person(actor_of(request), found.mail or found.name, given["on"], said)
        return f"{found.name} moves on {given['on']}. Earlier calls stay with the old department."

    form = MoveForm(request.POST or None, initial={"on": today(), "department": SAME, "cost_centre": SAME})
    lead = "Everything that is theirs on that day moves with them. You can undo it."
    return kept(request, form, _page(f"Move {found.name}", number, save="Move", lead=lead), keep)


def _said(choice: str) -> str | UnsetType | None:
    return UNSET if choice == SAME else choice or None


@needs("directory.change")
@require_POST
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Make all as it was before a move."""
    try:
        done = assignments.undo_move(actor_of(request), number)
    except NotThere as fault:
        raise Http404 from fault
    except Misconfigured as fault:
        for each in fault.problems:
            messages.error(request, f"{each.what[:1].upper()}{each.what[1:]}: {each.reason}.")
    else:
        messages.success(request, f"The move of {done.name} on {done.on} is undone.")
    return redirect("directory")


@needs("directory.change")
def end(request: HttpRequest, number: int) -> HttpResponse:
    """Let a person leave on a day: what is theirs then ends as well, and earlier calls stay theirs."""
    found = known(PersonRecord, number)

    def keep(given: dict[str, Any]) -> str:
        day, actor = given["until"], actor_of(request)
        holding = (Q(first__isnull=True) | Q(first__lt=day)) & (Q(until__isnull=True) | Q(until__gt=day))
        with transaction.atomic():
            operations.keep_person(actor, msgspec.structs.replace(found.value(), valid_until=day))
            for each in AssignmentRecord.objects.filter(holding, person=found):
                assignments.keep_assignment(actor, msgspec.structs.replace(each.as_value(), until=day))
        return f"{found.name} and what is theirs ends on {day}. Earlier calls stay theirs."

    form = EndForm(request.POST or None, initial={"until": today()})
    lead = "Their extensions and codes end on that day. Earlier calls stay theirs."
    return kept(request, form, _page(f"End {found.name}", number, save="End", lead=lead), keep)


@needs("directory.change")
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Ask whether it is meant, then remove a person to whom nothing is assigned, nor was."""
    name = known(PersonRecord, number).name
    loss = "They are taken out of the directory. Where an extension is or was theirs, end them instead."
    back = reverse("directory-person", args=[number])
    removal = Removal(name=name, loss=loss, list=reverse("directory"), list_title="Directory", back=back)
    return removed(request, removal, lambda: operations.remove_person(actor_of(request), number))
