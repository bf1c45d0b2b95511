"""Asks for an alert: what its kind declares, office hours, which calls, and whom it tells.

Faults are found where every shell finds them, and shown beside the field they name.
"""

from __future__ import annotations

import re
from typing import Any

from django import forms

from tollbook.alerts import known
from tollbook.alerts.contract import AlertKind
from tollbook.model.alert import AlertRule
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import declared
from tollbook.site.alerts.checks import ALERT_WORDS
from tollbook.site.alerts.operations import AlertChange, GivenAlert
from tollbook.site.destinations import operations as destinations
from tollbook.store.filters import WORDS
from tollbook.web.pbxs.form import label_of, option_field
from tollbook.web.problems import beside_field

_SET, _WHERE = "set-", "where-"
_NAMED = re.compile(r"^'([\w-]+)'")
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_BESIDE = {"digest": "digest_m", "throttle": "throttle_m", "history-days": "history_days"}
_OF_STATE = ("pbx",)
"""The filter words that alerts about the state of the site take."""
_WHENS = (
    ("always", "Calls of any time"),
    ("outside", "Only calls outside office hours"),
    ("inside", "Only calls within office hours"),
)


def _text(label: str, help_text: str = "", longest: int = 300) -> forms.CharField:
    widget = forms.TextInput(attrs=_PLAIN)
    return forms.CharField(label=label, required=False, max_length=longest, help_text=help_text, widget=widget)


def _whole(label: str, help_text: str, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=most, help_text=help_text)


class AlertForm(forms.Form):
    """An alert of a kind, new or known already."""

    use_required_attribute = False
    name = _text("Name", "Small letters, digits and hyphens. It cannot be changed later.", 40)
    when = forms.ChoiceField(label="Which calls", choices=_WHENS)
    hours = _text("Office hours", "By the clock of the PBX: mon-fri 08:00-18:00. Several are separated by commas.")
    holidays = _text("Holidays", "A country or a part of it, DE-BY: its holidays are outside office hours.", 20)
    deliveries = forms.CharField(
        label="Tell",
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 3, **_PLAIN}),
    )
    digest_m = _whole("Minutes to collect hits", "So long hits are collected for one message; 0 tells at once.", 10_080)
    throttle_m = _whole("Minutes between messages", "At least. What is found meanwhile stands in the next one.", 10_080)
    history_days = _whole("Days of history first", "It is quiet before a PBX has so many days of calls.", 365)

    def __init__(self, kind: str, rule: AlertRule | None, data: Any = None) -> None:  # noqa: ANN401 - request.POST
        self.kind, self.rule = kind, rule
        self.found: AlertKind = known.find(kind)
        super().__init__(data, initial=_initial(self.found, rule), label_suffix="")
        self._settings = {each.name: each.setting for each in declared(self.found.options)}
        settings, words = (rule.settings, rule.words) if rule else ({}, {})
        for name, setting in self._settings.items():
            self.fields[_SET + name] = option_field(name, setting, settings.get(name, ""))
        for name in _OF_STATE if self.found.needs else ALERT_WORDS:
            help_text = WORDS[name].help[:1].upper() + WORDS[name].help[1:] + "."
            self.fields[_WHERE + name] = _text(f"Only {label_of(name).lower()}", help_text, 1000)
            self.fields[_WHERE + name].initial = words.get(name, "")
        self.fields["deliveries"].help_text = _about_deliveries()
        if rule:
            del self.fields["name"]

    def first_ones(self) -> list[forms.BoundField]:
        """Return what is asked first: the name, and what the kind declares."""
        return [field for field in self if field.name == "name" or field.name.startswith(_SET)]

    def times(self) -> list[forms.BoundField]:
        """Return what is asked of the time of calls."""
        return [self[name] for name in ("when", "hours", "holidays")]

    def telling(self) -> list[forms.BoundField]:
        """Return what is asked of messages."""
        return [self[name] for name in ("deliveries", "digest_m", "throttle_m", "history_days")]

    def words(self) -> list[forms.BoundField]:
        """Return the filter."""
        return [field for field in self if field.name.startswith(_WHERE)]

    @property
    def has_words(self) -> bool:
        """Whether the filter says something."""
        return any(field.value() for field in self.words())

    def given(self) -> GivenAlert:
        """Return the alert that was written down."""
        told = self.cleaned_data
        return GivenAlert(
            name=told.get("name", "").strip() or (self.rule.name if self.rule else ""),
            kind=self.kind,
            settings=self._texts(_SET),
            words=self._texts(_WHERE),
            deliveries=tuple(line.strip() for line in told["deliveries"].splitlines() if line.strip()),
            **{name: told[name] for name in ("hours", "when", "holidays", "digest_m", "throttle_m", "history_days")},
        )

    def change(self, before: AlertRule) -> AlertChange:
        """Return what was written down as a change of a known alert."""
        given = self.given()
        settings: dict[str, str | None] = {**dict.fromkeys(before.settings), **given.settings}
        words: dict[str, str | None] = {**dict.fromkeys(before.words), **given.words}
        same = ("hours", "when", "holidays", "digest_m", "throttle_m", "history_days", "deliveries")
        return AlertChange(settings=settings, words=words, **{name: getattr(given, name) for name in same})

    def _texts(self, begin: str) -> dict[str, str]:
        """Return what was written in fields that begin so; a default need not be kept."""
        found = {}
        for name, text in self.cleaned_data.items():
            short = name.removeprefix(begin)
            default = self._settings[short].default if begin == _SET and short in self._settings else ""
            if name.startswith(begin) and text.strip() and text.strip() != default:
                found[short] = text.strip()
        return found

    def show(self, fault: Misconfigured) -> None:
        """Show what is wrong, at the fields that it is about."""
        for problem in fault.problems:
            self._show(problem)

    def _show(self, problem: Problem) -> None:
        named = _NAMED.match(problem.what)
        name = named[1] if named else ""
        places = (name, _BESIDE.get(name, ""), _SET + name, _WHERE + name)
        field = next((each for each in places if each in self.fields), None)
        if field is None and any(word in problem.what for word in ("destination", "recipient")):
            field = "deliveries"
        told = beside_field(problem) if field else f"{problem.what}: {problem.reason}"
        self.add_error(field, f"{told[:1].upper()}{told[1:]}")


def _initial(kind: AlertKind, rule: AlertRule | None) -> dict[str, Any]:
    if rule is None:
        return {"when": "always", "digest_m": 0, "throttle_m": 0 if kind.at_once else 60, "history_days": 0}
    names = ("when", "hours", "holidays", "digest_m", "throttle_m", "history_days")
    return {name: getattr(rule, name) for name in names} | {"deliveries": "\n".join(rule.deliveries)}


def _about_deliveries() -> str:
    names = [each.name for each in destinations.every()]
    if not names:
        return "There is no destination for messages yet; hits are listed on the page Alerts all the same."
    return f"A destination a line, with the address of a mail: office:anna@example.org. There is {', '.join(names)}."
