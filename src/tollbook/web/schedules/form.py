"""Asks for a schedule: what is sent, when, where, to whom, and as what.

Faults are found where every shell finds them and shown beside the field they name.
"""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http import HttpRequest

from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.schedule import FILES, LinkKind, QuestionKind, ReportSchedule
from tollbook.reports.known import reports
from tollbook.site.destinations import operations as destinations
from tollbook.site.schedules import operations
from tollbook.web.pbxs.form import zones
from tollbook.web.people.actors import actor_of
from tollbook.web.problems import beside_field
from tollbook.web.reports.asked import own_reports
from tollbook.web.schedules.asked import WrittenSchedule, asker_of, schedule_of
from tollbook.web.zones import site_zone

_NAMED = re.compile(r"^'([\w-]+)'")
_FIELDS = {"when": "when", "zone": "zone", "only-if": "only_if", "recipients": "recipients", "report": "report"}
_LINKS = (
    (LinkKind.PAGE.value, "To the page in Tollbook, which asks to sign in"),
    (LinkKind.OPEN.value, "To what was made, without signing in, for 14 days"),
    (LinkKind.NONE.value, "No link"),
)
_EACH_LINE = {"rows": 3, "spellcheck": "false"}


class ScheduleForm(forms.Form):
    """A schedule, new or known already. `save` keeps it."""

    name = forms.CharField(
        label="Name",
        required=False,
        max_length=40,
        help_text="Small letters, digits and hyphens. It cannot be changed later.",
        widget=forms.TextInput(attrs={"placeholder": "weekly-costs", "autocomplete": "off"}),
    )
    report = forms.ChoiceField(label="Report", required=False)
    words = forms.CharField(
        label="Period and filter",
        required=False,
        max_length=5000,
        help_text="One word a line, such as period=last-week, direction=outgoing, department=Sales. "
        "Of the explorer also rows=department and measures=calls,cost; of a phone bill person=Anna Berg.",
        widget=forms.Textarea(attrs=_EACH_LINE),
    )
    when = forms.CharField(
        label="When",
        required=False,
        max_length=100,
        help_text="Mondays 08:00, daily 07:30, weekdays 18:00, 1st of month 06:00, or cron.",
        widget=forms.TextInput(attrs={"placeholder": "Mondays 08:00", "autocomplete": "off"}),
    )
    zone = forms.CharField(
        label="Time zone",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )
    destination = forms.ChoiceField(label="Sent by", required=False)
    recipients = forms.CharField(
        label="Recipients",
        required=False,
        max_length=20_000,
        help_text="One mail address a line. Each gets a mail of their own.",
        widget=forms.Textarea(attrs=_EACH_LINE),
    )
    departments = forms.CharField(
        label="Or each department its own calls",
        required=False,
        max_length=20_000,
        help_text="One a line: Sales / North = anne@example.com. Each gets the calls of its department alone.",
        widget=forms.Textarea(attrs=_EACH_LINE),
    )
    attached = forms.MultipleChoiceField(
        label="Attach",
        required=False,
        choices=[(name, name.upper()) for name in FILES],
        widget=forms.CheckboxSelectMultiple,
    )
    link = forms.ChoiceField(label="Link", required=False, choices=_LINKS)
    only_if = forms.CharField(
        label="Only if",
        required=False,
        max_length=100,
        help_text="Empty: always. rows: only when there are any. cost > 100: only when the total is above.",
        widget=forms.TextInput(attrs={"placeholder": "cost > 100", "autocomplete": "off"}),
    )

    def __init__(self, request: HttpRequest, known: WrittenSchedule, *, is_known: bool) -> None:
        """Make the form for a schedule as it is written; one that is new has no name yet, or the one it was given."""
        super().__init__(request.POST or None, initial=_initial(known), label_suffix="")
        self._request, self._known, self._is_known = request, known, is_known
        self.schedule: ReportSchedule | None = None
        self.zones = zones()
        self._choices("report", _report_choices(), known.report)
        places = [(each.name, f"{each.name} ({each.kind})") for each in destinations.every()]
        self._choices("destination", places, known.destination)
        if is_known:
            del self.fields["name"]

    def _choices(self, name: str, choices: list[tuple[str, str]], kept: str) -> None:
        """Offer choices; what is kept stands among them, also where it is gone meanwhile."""
        known = {value for value, _ in choices}
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type; it is declared so above
        field.choices = choices if not kept or kept in known else [*choices, (kept, kept)]

    def clean(self) -> dict[str, Any]:
        """Make the schedule of what was written, and show every fault."""
        given = self.cleaned_data
        try:
            written = WrittenSchedule(
                name=self._known.name if self._is_known else given.get("name", "").strip(),
                settings=self._known.settings,
                words=_pairs(given.get("words", ""), "Period and filter"),
                departments=_pairs(given.get("departments", ""), "Each department"),
                recipients=given.get("recipients", "").replace(",", "\n").split(),
                **{name: given.get(name, "") for name in ("report", "when", "zone", "destination", "link", "only_if")},
                files=given.get("attached", []),
            )
            self.schedule = schedule_of(actor_of(self._request), written)
        except Misconfigured as fault:
            self._show(fault)
        return given

    def save(self) -> bool:
        """Keep the schedule; show what is wrong with it, and return whether it is kept."""
        assert self.schedule is not None  # noqa: S101 - for the type: the form is valid
        asker = asker_of(self._request)
        try:
            if self._is_known:
                operations.change(asker, self._known.name, self.schedule)
            else:
                operations.add(asker, self.schedule)
        except Misconfigured as fault:
            self._show(fault)
            return False
        return True

    def _show(self, fault: Misconfigured) -> None:
        for problem in fault.problems:
            self.add_error(*self._place(problem))

    def _place(self, problem: Problem) -> tuple[str | None, str]:
        told = f"{problem.what}: {problem.reason}" + (f" ({problem.help})" if problem.help else "")
        if "schedule's name" in problem.what and "name" in self.fields:
            return "name", problem.reason
        found = _NAMED.match(problem.what)
        field = _FIELDS.get(found[1], "") if found else ""
        if field:
            return field, f"{beside_field(problem)}: {problem.reason}" + (f" ({problem.help})" if problem.help else "")
        if "recipient" in problem.what:
            return "recipients", told
        return None, told


def _initial(known: WrittenSchedule) -> dict[str, Any]:
    return {
        "name": known.name,
        "report": known.report,
        "words": "\n".join(f"{name}={text}" for name, text in known.words.items()),
        "when": known.when,
        "zone": known.zone or site_zone().key,
        "destination": known.destination,
        "recipients": "\n".join(known.recipients),
        "departments": "\n".join(f"{path} = {address}" for path, address in known.departments.items()),
        "attached": known.files,
        "link": known.link,
        "only_if": known.only_if,
    }


def _report_choices() -> list[tuple[str, str]]:
    found = [(slug, str(each.document["title"])) for slug, each in reports(own_reports()).items()]
    beside = [
        (QuestionKind.EXPLORE.value, "A breakdown of the explorer"),
        (QuestionKind.PHONE_BILL.value, "A phone bill"),
    ]
    return [*sorted(found, key=lambda each: each[1]), *beside]


def _pairs(text: str, label: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise Misconfigured(Problem(f"{label}: a line must be NAME=VALUE", f"got {line[:60]!r}"))
        pairs[name.strip()] = value.strip()
    return pairs
