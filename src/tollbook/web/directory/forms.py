"""Asks for what is in the directory. Faults are found where every shell finds them, and shown beside their field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from tollbook.model.directory import ASSIGNED_KINDS
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.directory import operations
from tollbook.site.directory.models import LONGEST_CODE, LONGEST_MAIL, LONGEST_NAME, LONGEST_NOTE, LONGEST_VALUE
from tollbook.site.pbxs import operations as pbxs
from tollbook.web.directory.words import kind_title
from tollbook.web.problems import beside_field

SAME = "same"
"""The choice by which a move leaves something as it is."""
_NAMED = re.compile(r"^'(\w+)'")
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


KINDS = [(kind, kind_title(kind)) for kind in ASSIGNED_KINDS]


def _text(label: str, longest: int = LONGEST_NAME, *, needed: bool = False, help_text: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs=_PLAIN)
    return forms.CharField(label=label, max_length=longest, required=needed, help_text=help_text, widget=widget)


def _day(label: str, help_text: str = "", *, needed: bool = False) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=needed, help_text=help_text, widget=widget)


def paths() -> list[tuple[str, str]]:
    """Return the departments to choose from, by their path."""
    return [("", "none"), *((each.path, each.path) for each in operations.departments())]


def codes() -> list[tuple[str, str]]:
    """Return the cost centres to choose from, by their code."""
    return [("", "none"), *((each.code, f"{each.code} {each.name}".strip()) for each in operations.cost_centres())]


class DirectoryForm(forms.Form):
    """A form of the directory: `beside` says at which field a fault stands that names none, by how it begins."""

    use_required_attribute = False
    first_field: ClassVar[str] = "name"
    beside: ClassVar[dict[str, str]] = {}

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, initial=dict(initial or {}), label_suffix="")

    def show(self, fault: Misconfigured | NotThere) -> None:
        """Show what is wrong, at the fields that it is about."""
        for problem in fault.problems:
            self.add_error(self._field_of(problem), _told(problem))

    def _field_of(self, problem: Problem) -> str:
        named = _NAMED.match(problem.what)
        if named and named[1] in self.fields:
            return named[1]
        return next((field for begin, field in self.beside.items() if begin in problem.what), self.first_field)


def _told(problem: Problem) -> str:
    if problem.what.endswith("' is missing"):
        return beside_field(problem)
    what = beside_field(problem) if _NAMED.match(problem.what) else problem.what
    help_ = f" {problem.help[:1].upper()}{problem.help[1:]}." if problem.help else ""
    return f"{what[:1].upper()}{what[1:]}: {problem.reason}.{help_}"


class DirectoryPersonForm(DirectoryForm):
    """Somebody whose telephone it is."""

    beside: ClassVar = {"'until'": "valid_until", "mail": "mail"}
    name = _text("Name", needed=True)
    mail = _text("Mail", LONGEST_MAIL, help_text="Two people of one name are told apart by it.")
    note = _text("Note", LONGEST_NOTE)
    valid_from = _day("From")
    valid_until = _day("Until", "The first day on which they are no longer here.")


class EndForm(DirectoryForm):
    """The day on which somebody leaves, or something is nobody's any more."""

    first_field: ClassVar = "until"
    until = _day("First day on which it no longer holds", needed=True)


class MoveForm(DirectoryForm):
    """Where somebody moves, and when."""

    first_field: ClassVar = "on"
    on = _day("First day there", "Earlier calls stay with the old department.", needed=True)
    department = forms.ChoiceField(label="Department", required=False)
    cost_centre = forms.ChoiceField(label="Cost centre", required=False)

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, initial)
        stays = [(SAME, "stays as it is")]
        self.fields["department"].choices = stays + paths()  # type: ignore[attr-defined] # a choice field
        self.fields["cost_centre"].choices = stays + codes()  # type: ignore[attr-defined] # a choice field


class DepartmentForm(DirectoryForm):
    """A department, and the one it belongs to."""

    beside: ClassVar = {
        "'until'": "valid_until",
        "no department": "parent",
        "below itself": "parent",
        "too deep": "parent",
    }
    name = _text("Name", needed=True)
    parent = forms.TypedChoiceField(label="Belongs to", required=False, coerce=int, empty_value=None)
    company = _text("Company")
    valid_from = _day("From")
    valid_until = _day("Until", "The first day on which it no longer exists.")

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, initial)
        known = [(str(each.id), each.path) for each in operations.departments()]
        self.fields["parent"].choices = [("", "nothing: it is at the top"), *known]  # type: ignore[attr-defined] # a choice field


class CostCentreForm(DirectoryForm):
    """What calls are charged to."""

    first_field: ClassVar = "code"
    code = _text("Code", LONGEST_CODE, needed=True)
    name = _text("Name")


class AssignmentForm(DirectoryForm):
    """Whose an extension, a code or a trunk is, and when."""

    first_field: ClassVar = "value"
    beside: ClassVar = {
        "no two assignments": "first",
        "kind": "kind",
        "PBX": "pbx",
        "nobody": "person",
        "people are called": "person",
    }
    kind = forms.ChoiceField(label="Kind", choices=KINDS)
    value = _text("Extension, code or trunk", LONGEST_VALUE, needed=True)
    pbx = forms.ChoiceField(label="PBX", required=False)
    person = _text(
        "Whose",
        LONGEST_MAIL,
        help_text="Name or mail of a person. Empty where it belongs to a department alone.",
    )
    create = forms.BooleanField(label="Add this person if there is nobody of that name yet", required=False)
    department = forms.ChoiceField(label="Department", required=False)
    cost_centre = forms.ChoiceField(label="Cost centre", required=False)
    first = _day("From", "Empty: it was always so.")
    until = _day("Until", "The first day on which it is no longer theirs. Empty: without end.")

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, initial)
        known = [("", "any"), *((name, name) for name in pbxs.names_known())]
        for field, choices in (("pbx", known), ("department", paths()), ("cost_centre", codes())):
            self.fields[field].choices = choices  # type: ignore[attr-defined] # a choice field


class NamingForm(DirectoryForm):
    """Whose an extension is that was met in calls."""

    first_field: ClassVar = "person"
    value = forms.CharField(widget=forms.HiddenInput)
    pbx = forms.CharField(widget=forms.HiddenInput)
    person = _text("Name", LONGEST_MAIL)
    department = _text("Department", LONGEST_NAME * 4)


class NumberForm(DirectoryForm):
    """Whose an outside number is, or a block of them."""

    first_field: ClassVar = "number"
    beside: ClassVar = {"tag": "tags"}
    number = _text("Number", 80, needed=True, help_text="In any spelling; +49 89 1234* for all that begin like this.")
    country = forms.ChoiceField(label="Country, where the number has no country code", required=False)
    name = _text("Name")
    company = _text("Company")
    tags = _text("Tags", 1000, help_text="Separated by commas.")
    private = forms.BooleanField(label="Private: only administrators see the name", required=False)
    unlisted = forms.BooleanField(label="Do not show a name: it stays a number", required=False)


class DirectoryFileForm(forms.Form):
    """Rows of a spreadsheet, pasted or as a file."""

    text = forms.CharField(
        label="Rows, with their heading",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "wrap": "off"}),
    )
    file = forms.FileField(label="Or a CSV file", required=False, allow_empty_file=True)
