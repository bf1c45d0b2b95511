"""Asks for a destination: its name, and what its kind declares.

A secret is never sent back to the browser; left empty, the one that is kept stays.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django import forms

from tollbook.delivery import known
from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.health import Tested
from tollbook.model.message import MessageDestination
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import Setting, declared
from tollbook.site.destinations import operations
from tollbook.site.destinations.checks import problems_of
from tollbook.site.reaching import is_out_of_reach
from tollbook.web.pbxs.form import option_field
from tollbook.web.problems import beside_field

_SET = "set-"
_NAMED = re.compile(r"^'([\w-]+)'")


class DestinationForm(forms.Form):
    """A destination of one kind, new or known already. `save` keeps it."""

    name = forms.CharField(
        label="Name (required)",
        required=False,
        help_text="Small letters, digits and hyphens. It cannot be changed later.",
        widget=forms.TextInput(attrs={"placeholder": "office-mail", "autocomplete": "off", "autocapitalize": "none"}),
    )
    recipient = forms.CharField(
        label="Send a test message to",
        required=False,
        help_text="For the test alone. Empty: the server is only asked whether it would take a mail.",
        max_length=300,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, destination: MessageDestination, data: Any = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, label_suffix="")
        kind = known.find(destination.kind)
        self.destination = self._before = destination
        self._settings: dict[str, Setting] = {each.name: each.setting for each in declared(kind.options)}
        for name, setting in self._settings.items():
            self.fields[_SET + name] = option_field(name, setting, destination.settings.get(name, ""))
        if destination.name:
            del self.fields["name"]
        if not kind.addressed:
            del self.fields["recipient"]

    def asked_first(self) -> list[forms.BoundField]:
        """Return what is asked of everybody, and whatever is at fault."""
        return [field for field in self if self._is_first(field) and field.name != "recipient"]

    def asked_rarely(self) -> list[forms.BoundField]:
        """Return the options whose default serves nearly everybody."""
        return [field for field in self if not self._is_first(field)]

    def _is_first(self, field: forms.BoundField) -> bool:
        setting = self._settings.get(field.name.removeprefix(_SET))
        return setting is None or not setting.advanced or bool(field.errors)

    def clean(self) -> dict[str, Any]:
        """Make the destination of what was written, and show every fault."""
        given = self.cleaned_data
        self.destination = msgspec.structs.replace(
            self.destination,
            name=self.destination.name or given.get("name", "").strip(),
            settings=self._texts(given),
        )
        for problem in problems_of(self.destination):
            self._show(problem)
        return given

    def test(self) -> Tested:
        """Reach the other side with what was written, and keep nothing."""
        outbox = engine().outbox
        try:
            given = operations.checked(self.destination, outbox.in_reach)
            return outbox.try_out(given, self.cleaned_data.get("recipient", "").strip())
        except Misconfigured as fault:
            return Tested(well=False, message=str(fault))

    def save(self, actor: Actor) -> bool:
        """Keep the destination; show what is wrong with it, and return whether it is kept."""
        reach = engine().outbox.in_reach
        try:
            if self._before.name:
                gone: dict[str, str | None] = dict.fromkeys(
                    self._before.settings.keys() - self.destination.settings.keys(),
                )
                operations.edit(actor, self.destination.name, {**self.destination.settings, **gone}, reach)
            else:
                operations.add(actor, self.destination, reach)
        except Misconfigured as fault:
            for problem in fault.problems:
                self._show(problem)
            return False
        return True

    def _texts(self, given: dict[str, Any]) -> dict[str, str]:
        """Return the settings that were written; one that says the default need not be kept."""
        texts = dict(self._before.settings)
        for name, setting in self._settings.items():
            value = given.get(_SET + name, "")
            if setting.secret and not value:
                continue
            texts.pop(name, None)
            if value and value != setting.default:
                texts[name] = value
        return texts

    def _show(self, problem: Problem) -> None:
        found = _NAMED.match(problem.what)
        field = _SET + found.group(1) if found else ""
        if "destination's name" in problem.what and "name" in self.fields:
            self.add_error("name", problem.reason)
        elif field in self.fields:
            why = f": {problem.reason}; {problem.help}" if is_out_of_reach(problem) else ""
            self.add_error(field, beside_field(problem) + why)
        else:
            self.add_error(None, f"{problem.what}: {problem.reason}" + (f" ({problem.help})" if problem.help else ""))
