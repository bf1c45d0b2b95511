"""Asks for a dial plan: a field for each setting that is declared, with what it does to the PBX's own numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tollbook.model.problem import Misconfigured, Problem
from tollbook.numbering.examples import Example
from tollbook.numbering.places import country_names
from tollbook.numbering.plan import DialPlan
from tollbook.numbering.plans import EVERY_LINE, PlanSettings, read_plans
from tollbook.plugins import Setting, declared
from tollbook.web.pbxs.form import option_field
from tollbook.web.plans.meaning import meaning
from tollbook.web.plans.words import title_of
from tollbook.web.problems import beside_field

_SETTINGS = {each.name: each.setting for each in declared(DialPlan)}
_PREFIX = "set-"
_NAMED = re.compile(r"^'([\w-]+)'")
_INHERITED = "as for all lines"


class PlanForm(forms.Form):
    """The settings of all lines of a PBX, or of a trunk group: there an empty field stands for that of all lines."""

    def __init__(
        self,
        plan: PlanSettings,
        group: str,
        data: Any = None,  # noqa: ANN401 - request.POST
        *,
        examples: Mapping[str, Example | None],
    ) -> None:
        super().__init__(data, label_suffix="")
        self._before, self._group = plan, group
        for name, setting in _SETTINGS.items():
            of_all = plan.get(EVERY_LINE, {}).get(name, "") if group else None
            field = _field(name, setting, plan.get(group, {}).get(name, ""), of_all)
            if name in examples and (examples[name] or name != "extensions"):
                field.help_text = format_html("{} {}", field.help_text, _told(examples[name]))
            self.fields[_PREFIX + name] = field

    def asked_first(self) -> list[forms.BoundField]:
        """Return what every plan says, and whatever is at fault or set."""
        return [field for field in self if self._is_first(field)]

    def asked_rarely(self) -> list[forms.BoundField]:
        """Return the fields whose default serves nearly every PBX."""
        return [field for field in self if not self._is_first(field)]

    def _is_first(self, field: forms.BoundField) -> bool:
        return not _SETTINGS[field.name.removeprefix(_PREFIX)].advanced or bool(field.errors)

    @property
    def plan(self) -> PlanSettings:
        """The plans of the PBX with what was written."""
        texts = {name: text for name in _SETTINGS if (text := self._text(name))}
        return {**{group: each for group, each in self._before.items() if group != self._group}, self._group: texts}

    def clean(self) -> dict[str, Any]:
        """Show every fault that the plans have."""
        try:
            read_plans(self.plan, "dial plan")
        except Misconfigured as fault:
            self.show(fault)
        return self.cleaned_data

    def show(self, fault: Misconfigured) -> None:
        """Show what is wrong, beside the fields that it is about."""
        for problem in fault.problems:
            self._show(problem)

    def _text(self, name: str) -> str:
        text = str(self.cleaned_data.get(_PREFIX + name, "")).strip()
        return "" if text == _SETTINGS[name].default and not self._group else text

    def _show(self, problem: Problem) -> None:
        found = _NAMED.match(problem.what)
        field = _PREFIX + found[1] if found else ""
        if field in self.fields and field not in self.errors:
            self.add_error(field, beside_field(problem))
        elif field not in self.fields:
            self.add_error(None, f"{problem.what}: {problem.reason}")


def _field(name: str, setting: Setting, kept: str, of_all: str | None) -> forms.Field:
    """Return what asks for a setting; `of_all` is that of all lines, where those of a trunk group are asked for."""
    field = option_field(name, setting, kept)
    field.label = title_of(name)
    choices = _choices(name, setting)
    inherited = f"{_INHERITED}: {dict(choices).get(of_all, of_all)}" if of_all else _INHERITED
    if choices:
        empty = [("", inherited if of_all is not None else "—")] if of_all is not None or name == "country" else []
        initial = kept if empty else kept or setting.default
        return forms.ChoiceField(
            label=field.label,
            required=False,  # said by the check, in the same words as the command line
            choices=[*empty, *choices],
            initial=initial,
            help_text=field.help_text.replace(", by its two letters", ""),
        )
    if of_all is not None:
        field.widget.attrs["placeholder"] = inherited
    return field


def _choices(name: str, setting: Setting) -> list[tuple[str, str]]:
    if name == "country":
        return sorted(country_names().items(), key=lambda each: each[1])
    return [(each, each) for each in setting.kind.choices]


def _told(example: Example | None) -> SafeString:
    if example is None:
        return format_html('<span class="example">{}</span>', "No number of this PBX needs it.")
    told = meaning(example.number).told
    return format_html('<span class="example">Here: <code>{}</code> is {}.</span>', example.shown, told)
