"""`/api/directory`: people, departments, cost centres, assignments, moves and the phone book."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Path, Schema
from pydantic import BeforeValidator, ConfigDict, Field

from tollbook.model.directory import Assignment, CostCentre
from tollbook.site.directory import assignments, operations, owners
from tollbook.site.directory.checks import A_DAY, read_day
from tollbook.site.directory.models import AssignmentRecord, CostCentreRecord, PersonRecord, PhoneBookRecord
from tollbook.site.directory.values import DoneMove, Gap, KnownDepartment, KnownNumber, KnownPerson, NamedAssignment
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import MOST, Name, Short
from tollbook.web.api.shapes import answers, lists
from tollbook.web.api.words import WordRouter
from tollbook.web.directory.plans import plan_of, sees_private
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["directory"])

Number = Annotated[int, Path(ge=0, lt=1 << 62)]
Id = Annotated[int, Field(ge=1, lt=1 << 62)]


def _day(given: object) -> date:
    """Return a day as files may have it, too. A number is none, though one could be taken for seconds since 1970."""
    try:
        day = read_day(given.strip()) if isinstance(given, str) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(A_DAY)
    return day


Day = Annotated[date, BeforeValidator(_day)]
Words = Annotated[str, Field(max_length=4000)]


class GivenPerson(Schema):
    """A person: a new one needs a name; of one that is changed, what is not given stays."""

    model_config = ConfigDict(extra="forbid")

    name: Words = ""
    mail: Words = ""
    note: Words = ""
    valid_from: Day | None = None
    valid_until: Day | None = None


class GivenDepartment(Schema):
    """A department, and the id of the one it belongs to, null at the top; what is not given of one there is stays."""

    model_config = ConfigDict(extra="forbid")

    name: Words = ""
    parent: Id | None = None
    company: Words = ""
    valid_from: Day | None = None
    valid_until: Day | None = None


class GivenCostCentre(Schema):
    """A cost centre; what is not given of one there is stays."""

    model_config = ConfigDict(extra="forbid")

    code: Words = ""
    name: Words = ""


class GivenOwners(Schema):
    """Whose something is: a person by name or mail, a department by its path `Sales / North`, a cost centre by code.

    Null is nobody. With `create`, who and what is not there yet is made.
    """

    model_config = ConfigDict(extra="forbid")

    person: Words | None = None
    department: Words | None = None
    cost_centre: Words | None = None
    create: bool = False

    def owners(self) -> owners.Owners:
        """Return what was given of it."""
        given = self.dict(include={"person", "department", "cost_centre", "create"}, exclude_unset=True)
        return owners.Owners(**given)


class GivenAssignment(GivenOwners):
    """An assignment: what is assigned, of which PBX (empty: of any), from which day, and until before which."""

    kind: Short = "extension"
    value: Words = ""
    pbx: Name = ""
    first: Day | None = Field(default=None, alias="from")
    until: Day | None = None

    def with_fields(self, of: Assignment) -> Assignment:
        """Return an assignment with what was given, but for whose it is."""
        given = self.dict(include={"kind", "value", "pbx", "first", "until"}, exclude_unset=True)
        return msgspec.structs.replace(of, **given)


class GivenMove(GivenOwners):
    """Who moves, by name or mail, to which department or cost centre, and from which day on."""

    person: Words
    on: Day


class GivenNumber(Schema):
    """An entry of the phone book: an outside number in any spelling, or a block of them such as `+49 89 1234*`.

    A number without a country code is read as it is dialled at a PBX or in a country.
    """

    model_config = ConfigDict(extra="forbid")

    number: Words = ""
    name: Words = ""
    company: Words = ""
    tags: list[Words] = Field(default_factory=list, max_length=MOST)
    private: bool = False
    unlisted: bool = False
    pbx: Name = ""
    country: Annotated[str, Field(max_length=2)] = ""

    def with_fields(self, of: KnownNumber) -> KnownNumber:
        """Return an entry with what was given."""
        given = self.dict(exclude={"pbx", "country"}, exclude_unset=True)
        return msgspec.structs.replace(of, **given | ({"tags": tuple(given["tags"])} if "tags" in given else {}))


def _listed(request: HttpRequest, kind: type[msgspec.Struct], rows: Iterable[msgspec.Struct]) -> HttpResponseBase:
    return listed(request, kind.__struct_encode_fields__, map(msgspec.to_builtins, rows))


def _given(schema: Schema) -> dict[str, Any]:
    return schema.dict(exclude_unset=True)


@router.get("/directory/people", summary="List the people", openapi_extra=lists(KnownPerson))
@needs("directory.see")
def people_of_directory(request: HttpRequest) -> HttpResponseBase:
    """List the people by name."""
    return _listed(request, KnownPerson, operations.people())


@router.post("/directory/people", summary="Add a person", openapi_extra=answers(KnownPerson, 201))
@needs("directory.change")
def add_person(request: HttpRequest, person: GivenPerson) -> HttpResponse:
    """Add a person to whom something can be assigned; that lets nobody sign in."""
    return answer(operations.keep_person(actor_of(request), KnownPerson(**person.dict())), 201)


@router.patch("/directory/people/{number}", summary="Change a person", openapi_extra=answers(KnownPerson))
@needs("directory.change")
def edit_person(request: HttpRequest, number: Number, change: GivenPerson) -> HttpResponse:
    """Change what is known of a person; a new name counts for all calls."""
    with transaction.atomic():
        before = operations.found(PersonRecord, number).value()
        return answer(operations.keep_person(actor_of(request), msgspec.structs.replace(before, **_given(change))))


@router.delete("/directory/people/{number}", summary="Remove a person", openapi_extra=answers(KnownPerson))
@needs("directory.change")
def remove_person(request: HttpRequest, number: Number) -> HttpResponse:
    """Remove a person to whom nothing is assigned, nor was."""
    before = operations.found(PersonRecord, number).value()
    operations.remove_person(actor_of(request), number)
    return answer(before)


@router.get("/directory/departments", summary="List the departments", openapi_extra=lists(KnownDepartment))
@needs("directory.see")
def list_departments(request: HttpRequest) -> HttpResponseBase:
    """List the departments, each behind the one it belongs to."""
    return _listed(request, KnownDepartment, operations.departments())


@router.post("/directory/departments", summary="Add a department", openapi_extra=answers(KnownDepartment, 201))
@needs("directory.change")
def add_department(request: HttpRequest, department: GivenDepartment) -> HttpResponse:
    """Add a department, at the top or below another one."""
    return answer(operations.keep_department(actor_of(request), KnownDepartment(**department.dict())), 201)


@router.patch("/directory/departments/{number}", summary="Change a department", openapi_extra=answers(KnownDepartment))
@needs("directory.change")
def edit_department(request: HttpRequest, number: Number, change: GivenDepartment) -> HttpResponse:
    """Change a department, or put it below another one with all that is below it."""
    with transaction.atomic():
        wanted = msgspec.structs.replace(operations.department(number), **_given(change))
        return answer(operations.keep_department(actor_of(request), wanted))


@router.delete("/directory/departments/{number}", summary="Remove a department", openapi_extra=answers(KnownDepartment))
@needs("directory.change")
def remove_department(request: HttpRequest, number: Number) -> HttpResponse:
    """Remove a department that has no other below it, and to which nothing is assigned, nor was."""
    before = operations.department(number)
    operations.remove_department(actor_of(request), number)
    return answer(before)


@router.get("/directory/cost-centres", summary="List the cost centres", openapi_extra=lists(CostCentre))
@needs("directory.see")
def list_cost_centres(request: HttpRequest) -> HttpResponseBase:
    """List the cost centres by code."""
    return _listed(request, CostCentre, operations.cost_centres())


@router.post("/directory/cost-centres", summary="Add a cost centre", openapi_extra=answers(CostCentre, 201))
@needs("directory.change")
def add_cost_centre(request: HttpRequest, cost_centre: GivenCostCentre) -> HttpResponse:
    """Add a cost centre."""
    return answer(operations.keep_cost_centre(actor_of(request), CostCentre(0, **cost_centre.dict())), 201)


@router.patch("/directory/cost-centres/{number}", summary="Change a cost centre", openapi_extra=answers(CostCentre))
@needs("directory.change")
def edit_cost_centre(request: HttpRequest, number: Number, change: GivenCostCentre) -> HttpResponse:
    """Change the code or the name of a cost centre."""
    with transaction.atomic():
        before = operations.found(CostCentreRecord, number).value()
        return answer(operations.keep_cost_centre(actor_of(request), msgspec.structs.replace(before, **_given(change))))


@router.delete("/directory/cost-centres/{number}", summary="Remove a cost centre", openapi_extra=answers(CostCentre))
@needs("directory.change")
def remove_cost_centre(request: HttpRequest, number: Number) -> HttpResponse:
    """Remove a cost centre to which nothing is charged, nor was."""
    before = operations.found(CostCentreRecord, number).value()
    operations.remove_cost_centre(actor_of(request), number)
    return answer(before)


@router.get("/directory/assignments", summary="List the assignments", openapi_extra=lists(NamedAssignment))
@needs("directory.see")
def list_assignments(request: HttpRequest) -> HttpResponseBase:
    """List what is and was whose, by kind, value, PBX and day."""
    return _listed(request, NamedAssignment, assignments.assignments())


@router.post("/directory/assignments", summary="Assign something", openapi_extra=answers(NamedAssignment, 201))
@needs("directory.change")
def assign(request: HttpRequest, assignment: GivenAssignment) -> HttpResponse:
    """Assign an extension, a code, a DDI or a trunk; refused while it is somebody else's."""
    new = assignment.with_fields(assignments.NOTHING)
    return answer(owners.assign(actor_of(request), new, assignment.owners()), 201)


@router.patch("/directory/assignments/{number}", summary="Change an assignment", openapi_extra=answers(NamedAssignment))
@needs("directory.change")
def edit_assignment(request: HttpRequest, number: Number, change: GivenAssignment) -> HttpResponse:
    """Change an assignment, for instance end it; calls of that time are then of whoever is said."""
    with transaction.atomic():
        before = operations.found(AssignmentRecord, number).as_value()
        return answer(owners.assign(actor_of(request), change.with_fields(before), change.owners()))


@router.delete(
    "/directory/assignments/{number}",
    summary="Remove an assignment",
    openapi_extra=answers(NamedAssignment),
)
@needs("directory.change")
def remove_assignment(request: HttpRequest, number: Number) -> HttpResponse:
    """Remove an assignment as if it had never been."""
    before = assignments.by_number(number)
    assignments.remove_assignment(actor_of(request), number)
    return answer(before)


@router.get("/directory/gaps", summary="Days of nobody", openapi_extra=lists(Gap))
@needs("directory.see")
def list_gaps(request: HttpRequest) -> HttpResponseBase:
    """List the days on which something was nobody's, between two assignments."""
    return _listed(request, Gap, assignments.gaps())


@router.get("/directory/moves", summary="List the moves", openapi_extra=lists(DoneMove))
@needs("directory.see")
def list_moves(request: HttpRequest) -> HttpResponseBase:
    """List who moved when, the latest first."""
    return _listed(request, DoneMove, assignments.moves())


@router.post("/directory/moves", summary="Move a person", openapi_extra=answers(DoneMove, 201))
@needs("directory.change")
def move_person(request: HttpRequest, move: GivenMove) -> HttpResponse:
    """Move a person with all that is theirs on a day; earlier calls stay with the old department."""
    return answer(owners.move_person(actor_of(request), move.person, move.on, move.owners()), 201)


@router.post("/directory/moves/{number}/undo", summary="Undo a move", openapi_extra=answers(DoneMove))
@needs("directory.change")
def undo_move(request: HttpRequest, number: Number) -> HttpResponse:
    """Make all as it was before a move; refused where it was changed since."""
    return answer(assignments.undo_move(actor_of(request), number))


@router.get("/directory/phone-book", summary="List the phone book", openapi_extra=lists(KnownNumber))
@needs("directory.see")
def list_phone_book(request: HttpRequest) -> HttpResponseBase:
    """List the phone book by number; private entries for administrators alone."""
    private = sees_private(request)
    return _listed(request, KnownNumber, (each for each in operations.phone_book() if private or not each.private))


@router.post("/directory/phone-book", summary="Add to the phone book", openapi_extra=answers(KnownNumber, 201))
@needs("directory.change")
def add_number(request: HttpRequest, entry: GivenNumber) -> HttpResponse:
    """Say whose an outside number is, or a block of them."""
    new = entry.with_fields(KnownNumber(number="", name=""))
    return answer(operations.keep_number(actor_of(request), new, plan_of(entry.pbx, entry.country)), 201)


@router.patch("/directory/phone-book/{number}", summary="Change the phone book", openapi_extra=answers(KnownNumber))
@needs("directory.change")
def edit_number(request: HttpRequest, number: Number, change: GivenNumber) -> HttpResponse:
    """Change an entry of the phone book."""
    with transaction.atomic():
        before = operations.found(PhoneBookRecord, number).value()
        wanted = change.with_fields(before)
        return answer(operations.keep_number(actor_of(request), wanted, plan_of(change.pbx, change.country)))


@router.delete(
    "/directory/phone-book/{number}",
    summary="Remove from the phone book",
    openapi_extra=answers(KnownNumber),
)
@needs("directory.change")
def remove_number(request: HttpRequest, number: Number) -> HttpResponse:
    """Remove an entry of the phone book."""
    before = operations.found(PhoneBookRecord, number).value()
    operations.remove_number(actor_of(request), number)
    return answer(before)
