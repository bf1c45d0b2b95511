"""Asks for a sink: its name, what its kind declares, its columns, and which calls it is handed.

Faults are found where every shell finds them and shown beside the field they name. A secret is never sent back to the
browser; left empty, the one that is kept stays.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django import forms

from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.health import Tested
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import Sink
from tollbook.plugins import Setting, declared
from tollbook.sinks import known
from tollbook.site.credentials import take_credentials
from tollbook.site.sinks import operations
from tollbook.site.sinks.checks import problems_of
from tollbook.store.filters import WORDS
from tollbook.web.pbxs.form import label_of, option_field
from tollbook.web.problems import beside_field

_SET, _ONLY = "set-", "only-"
_NAMED = re.compile(r"^'([\w-]+)'")


class SinkForm(forms.Form):
    """A sink of one kind, new or known already. `save` keeps it."""

    name = forms.CharField(
        label="Name (required)",
        required=False,
        help_text="Small letters, digits and hyphens. It cannot be changed later.",
        widget=forms.TextInput(attrs={"placeholder": "warehouse", "autocomplete": "off", "autocapitalize": "none"}),
    )
    columns = forms.CharField(
        label="Columns",
        required=False,
        help_text="tollbook: our names. agg: the names that users of the AGG logger know. Or columns of your own, "
        "one a line, such as CALL_TIME = started_local; the field id has to be among them.",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def __init__(self, sink: Sink, data: Any = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, initial={"columns": sink.columns}, label_suffix="")
        self.sink = self._before = sink
        self._settings: dict[str, Setting] = {each.name: each.setting for each in declared(known.options_of(sink.kind))}
        for name, setting in self._settings.items():
            self.fields[_SET + name] = option_field(name, setting, sink.settings.get(name, ""))
        for name, word in WORDS.items():
            if word.rare and name not in sink.filter:
                continue
            self.fields[_ONLY + name] = forms.CharField(
                label=f"Only {label_of(name).lower()}",
                required=False,
                help_text=word.help[:1].upper() + word.help[1:] + ".",
                initial=sink.filter.get(name, ""),
            )
        if sink.name:
            del self.fields["name"]

    def asked_first(self) -> list[forms.BoundField]:
        """Return what is asked of everybody, and whatever is at fault."""
        return [field for field in self if self._is_first(field)]

    def asked_rarely(self) -> list[forms.BoundField]:
        """Return the options whose default serves nearly everybody."""
        return [field for field in self if not self._is_first(field) and not field.name.startswith(_ONLY)]

    def filters(self) -> list[forms.BoundField]:
        """Return the filter."""
        return [field for field in self if field.name.startswith(_ONLY) and not field.errors]

    def _is_first(self, field: forms.BoundField) -> bool:
        setting = self._settings.get(field.name.removeprefix(_SET))
        plain = not field.name.startswith(_ONLY) and (setting is None or not setting.advanced)
        return plain or bool(field.errors)

    def clean(self) -> dict[str, Any]:
        """Make the sink of what was written, and show every fault."""
        given = self.cleaned_data
        self.sink = msgspec.structs.replace(
            self.sink,
            name=self.sink.name or given.get("name", "").strip(),
            columns=given.get("columns", "").strip() or "tollbook",
            settings=take_credentials(self._texts(given)),
            filter={name: text for name in WORDS if (text := given.get(_ONLY + name, "").strip())},
        )
        for problem in problems_of(self.sink):
            self._show(problem)
        return given

    def test(self) -> Tested:
        """Reach the other side with what was written, and say what was found; nothing is written or kept."""
        try:
            return operations.try_out(self.sink, engine().sinks.try_out)
        except Misconfigured as fault:
            return Tested(well=False, message=str(fault))

    def save(self, actor: Actor) -> bool:
        """Keep the sink; show what the other side or the columns have against it, and return whether it is kept."""
        try:
            if self._before.name:
                operations.edit(actor, self.sink.name, self._change(), engine().sinks.misfits)
            else:
                operations.add(actor, self.sink, engine().sinks.misfits)
        except Misconfigured as fault:
            for problem in fault.problems:
                self._show(problem)
            return False
        return True

    def _change(self) -> operations.SinkChange:
        before, now = self._before, self.sink
        gone: dict[str, str | None] = dict.fromkeys(before.settings.keys() - now.settings.keys())
        lifted: dict[str, str | None] = dict.fromkeys(before.filter.keys() - now.filter.keys())
        return operations.SinkChange(
            columns=now.columns,
            settings={**now.settings, **gone},
            filter={**now.filter, **lifted},
        )

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
        only = _ONLY + found.group(1) if found else ""
        place = next((each for each in (field, only) if each in self.fields), None)
        if "sink's name" in problem.what and "name" in self.fields:
            self.add_error("name", problem.reason)
        elif place:
            self.add_error(place, beside_field(problem))
        else:
            self.add_error(None, f"{problem.what}: {problem.reason}" + (f" ({problem.help})" if problem.help else ""))
