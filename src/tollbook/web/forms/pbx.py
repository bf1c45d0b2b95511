"""Asks for a PBX: its name, its clock, and what its source and its dialect declare, nothing else.

Faults are found where every shell finds them (`engine.check`) and shown beside the field they name. A secret is never
sent back to the browser; left empty, the one that is kept stays.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any
from zoneinfo import available_timezones

import msgspec
from django import forms

from tollbook.dialects.known import layouts
from tollbook.engine.check import problems_of, source_options
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Problem
from tollbook.plugins import Setting
from tollbook.web.api.pbxs import Change, take_credentials

_PREFIX = "set-"
_NAMED = re.compile(r"^'([\w-]+)'|^unknown option '([\w-]+)'")
_INITIALS = frozenset(("url", "tls", "ca"))
KEPT = "kept as it is unless you write a new one"


def zones() -> list[str]:
    """Return the time zones to choose from, by name."""
    places = (zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [*sorted(places), "UTC"]


def _label(name: str) -> str:
    words = " ".join(word.upper() if word in _INITIALS else word for word in name.split("-"))
    return words[:1].upper() + words[1:]


def _field(name: str, setting: Setting, kept: str) -> forms.Field:
    texts: dict[str, Any] = {
        "label": _label(name),
        "required": False,  # said by the check, in the same words as the command line
        "help_text": setting.help[:1].upper() + setting.help[1:] + ".",
    }
    attributes = {"autocomplete": "off", "spellcheck": "false", "placeholder": setting.example}
    if setting.kind.choices:
        choices = [(choice, choice) for choice in setting.kind.choices]
        return forms.ChoiceField(choices=choices, initial=kept or setting.default, **texts)
    if setting.secret:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "placeholder": KEPT if kept else ""})
        return forms.CharField(widget=widget, strip=False, **texts)
    return forms.CharField(widget=forms.TextInput(attrs=attributes), initial=kept or setting.default, **texts)


class PbxForm(forms.Form):
    """A PBX of one dialect and one kind of source, new or known already (`known`)."""

    name = forms.CharField(
        label="Name",
        help_text="Small letters, digits and hyphens. Calls are kept under it for good, so it cannot be changed later.",
        required=False,
        widget=forms.TextInput(
            attrs={"placeholder": "front-desk", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    timezone = forms.CharField(
        label="Time zone",
        help_text="The zone that the PBX's own clock is set to.",
        required=False,
        widget=forms.TextInput(attrs={"list": "zones", "placeholder": "Europe/London", "autocomplete": "off"}),
    )

    def __init__(self, pbx: Pbx, data: Any = None, *, taken: frozenset[str] = frozenset()) -> None:  # noqa: ANN401 - request.POST
        """Make the form for `pbx`; without a name it is a new one."""
        super().__init__(data, initial={"timezone": pbx.timezone}, label_suffix="")
        self.pbx = self._before = pbx
        self._taken = taken
        self._settings: dict[str, Setting] = {each.name: each.setting for each in source_options(pbx.source)}
        self._first = frozenset(takewhile(lambda name: not self._settings[name].default, self._settings))
        for name, setting in self._settings.items():
            self.fields[_PREFIX + name] = _field(name, setting, pbx.settings.get(name, ""))
        for name, option in layouts()[pbx.dialect].option.items():
            help_text = f"{option.help[:1].upper()}{option.help[1:]}. {option.form.capitalize()}."
            self.fields[_PREFIX + name] = forms.CharField(
                label=_label(name),
                required=False,
                help_text=help_text,
                initial=pbx.settings.get(name, ""),
                widget=forms.TextInput(attrs={"placeholder": option.example, "autocomplete": "off"}),
            )
        if pbx.name:
            del self.fields["name"]

    def asked_first(self) -> list[forms.BoundField]:
        """Return what most PBXs need: the options declared before the first that has a default; and any at fault."""
        return [field for field in self if self._is_first(field)]

    def asked_rarely(self) -> list[forms.BoundField]:
        """Return the fields whose default serves nearly everybody."""
        return [field for field in self if not self._is_first(field)]

    def _is_first(self, field: forms.BoundField) -> bool:
        name = field.name.removeprefix(_PREFIX)
        return name == field.name or name in self._first or bool(field.errors)

    def clean(self) -> dict[str, Any]:
        """Make the PBX of what was written, and show every fault that the engine's check finds."""
        given = self.cleaned_data
        self.pbx = msgspec.structs.replace(
            self.pbx,
            name=self.pbx.name or given.get("name", "").strip(),
            timezone=given.get("timezone", "").strip(),
            settings=take_credentials(self._texts(given)),
        )
        for problem in problems_of(self.pbx):
            self._show(problem)
        if self.pbx.name in self._taken:
            self.add_error("name", "There is a PBX of this name already.")
        return given

    def change(self) -> Change:
        """Return what the form changes: settings taken away are named, those kept are not."""
        gone = dict.fromkeys(self._before.settings.keys() - self.pbx.settings.keys())
        return Change(timezone=self.pbx.timezone, settings={**self.pbx.settings, **gone})

    def _texts(self, given: dict[str, Any]) -> dict[str, str]:
        """Return the settings that were written; one that says the default need not be kept."""
        texts = dict(self.pbx.settings)
        for field, value in given.items():
            name = field.removeprefix(_PREFIX)
            if field == name:
                continue
            setting = self._settings.get(name)
            if setting is not None and setting.secret and not value:
                continue
            texts.pop(name, None)
            if value and not (setting is not None and value == setting.default):
                texts[name] = value
        return texts

    def _show(self, problem: Problem) -> None:
        found = _NAMED.match(problem.what)
        named = next(filter(None, found.groups()), "") if found else ""
        field = {"timezone": "timezone"}.get(named, _PREFIX + named)
        if "PBX's name" in problem.what and "name" in self.fields:
            self.add_error("name", problem.reason)
        elif field in self.fields:
            help_text = f" ({problem.help})" if field == "timezone" else ""
            self.add_error(field, problem.what.partition("' ")[2].capitalize() + help_text)
        else:
            self.add_error(None, f"{problem.what}: {problem.reason}")
