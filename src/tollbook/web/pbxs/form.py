"""Asks for a PBX: its name, its clock, and what its source and its dialect declare, nothing else.

Faults are found where every shell finds them (`site.pbxs.checks`) and shown beside the field they name. No secret is
sent back to the browser; left empty, the one that is kept stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import available_timezones

import msgspec
from django import forms

from tollbook.engine.runtime import engine
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Problem
from tollbook.plugins import Setting
from tollbook.site.credentials import take_credentials
from tollbook.site.pbxs.checks import problems_of, source_options
from tollbook.site.pbxs.operations import PbxChange
from tollbook.site.reaching import is_out_of_reach
from tollbook.sources.known import renamed
from tollbook.web.problems import beside_field

_PREFIX = "set-"
_NAMED = re.compile(r"^'([\w-]+)'|^unknown option '([\w-]+)'")
_INITIALS = frozenset(("url", "tls", "ca", "tcp", "udp", "ip"))
KEPT = "kept as it is unless you write a new one"


def zones() -> list[str]:
    """Return the time zones to choose from, by name."""
    places = (zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [*sorted(places), "UTC"]


def label_of(name: str) -> str:
    """Return what a form calls an option.

    >>> label_of("ca-file")
    'CA file'
    """
    words = " ".join(word.upper() if word in _INITIALS else word for word in name.split("-"))
    return words[:1].upper() + words[1:]


def option_field(name: str, setting: Setting, kept: str, delivered: str = "") -> forms.Field:
    """Return what asks for an option; a secret that is kept is not sent back to the browser.

    `delivered` is what PBXs have there as they are delivered, which everybody may know.
    """
    texts: dict[str, Any] = {
        "label": label_of(name) + (" (required)" if setting.required else ""),
        "required": False,  # said by the check, in the same words as the command line
        "help_text": setting.help[:1].upper() + setting.help[1:] + ".",
    }
    if setting.reach:
        texts["help_text"] += f" {engine().site.fence.told(setting.reach)}"
    attributes = {"autocomplete": "off", "spellcheck": "false", "placeholder": setting.example}
    shown = kept or delivered or setting.default
    offered = setting.kind.offered(str(engine().site.path))
    if offered:
        gone = [kept] if kept and setting.kind.own and kept not in offered else []  # its file is not there any more
        choices = [(choice, choice) for choice in [*offered, *gone]]
        return forms.ChoiceField(choices=choices, initial=shown, **texts)
    if setting.secret:
        hint = KEPT if kept else f"empty: {delivered}, as delivered" if delivered else ""
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "placeholder": hint})
        return forms.CharField(widget=widget, strip=False, **texts)
    return forms.CharField(widget=forms.TextInput(attrs=attributes), initial=shown, **texts)


def _in_order(settings: dict[str, Setting]) -> Iterator[str]:
    """Yield the options as they are declared, those that are required first, each right after the one it needs."""
    needing: dict[str, list[str]] = {}
    for name, setting in sorted(settings.items(), key=lambda each: not each[1].required):
        needed = setting.needs[0] if setting.needs and setting.needs[0] in settings else ""
        needing.setdefault(needed, []).append(name)

    def below(name: str) -> Iterator[str]:
        for each in needing.get(name, ()):
            yield each
            yield from below(each)

    return below("")


class OptionField(msgspec.Struct, frozen=True, kw_only=True):
    """A field, with the field it needs and the values of that without which it means nothing."""

    field: forms.BoundField
    needs: str = ""
    values: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """When it means something, for whoever sees it at all times."""
        most, _, last = ", ".join(self.values).rpartition(", ")
        values = f"{most} or {last}" if most else last
        return f"Only where {label_of(self.needs.removeprefix(_PREFIX))} is {values}." if self.needs else ""


def _today(source: str, data: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Return what was posted by a page, which may be of an earlier version, under the names that options have today."""
    if data is None:
        return None
    settings = {name.removeprefix(_PREFIX): text for name, text in data.items() if name.startswith(_PREFIX)}
    today = {_PREFIX + name: text for name, text in renamed(source, settings).items()}
    return {name: text for name, text in data.items() if not name.startswith(_PREFIX)} | today


class PbxForm(forms.Form):
    """A PBX of one dialect and one kind of source, new or known already (`known`)."""

    name = forms.CharField(
        label="Name (required)",
        help_text="Small letters, digits and hyphens. Calls are kept under it for good, so it cannot be changed later.",
        required=False,
        widget=forms.TextInput(
            attrs={"placeholder": "front-desk", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
        ),
    )
    timezone = forms.CharField(
        label="Time zone (required)",
        help_text="The zone that the PBX's own clock is set to.",
        required=False,
        widget=forms.TextInput(attrs={"list": "zones", "placeholder": "Europe/London", "autocomplete": "off"}),
    )

    def __init__(self, pbx: Pbx, data: Any = None, *, taken: frozenset[str] = frozenset()) -> None:  # noqa: ANN401 - request.POST
        """Make the form for `pbx`; without a name it is a new one."""
        super().__init__(_today(pbx.source, data), initial={"timezone": pbx.timezone}, label_suffix="")
        self.pbx = self._before = pbx
        self._taken = taken
        layout = engine().catalogue.layout_of(pbx.dialect)
        self._settings: dict[str, Setting] = {each.name: each.setting for each in source_options(pbx.source)}
        delivered = {} if pbx.name else layout.delivered.get(pbx.source, {})
        # A format of somebody's own may name what no option is.
        self._delivered = {name: text for name, text in delivered.items() if name in self._settings}
        for name in _in_order(self._settings):
            kept, usual = pbx.settings.get(name, ""), self._delivered.get(name, "")
            self.fields[_PREFIX + name] = option_field(name, self._settings[name], kept, usual)
        for name, option in layout.option.items():
            help_text = f"{option.help[:1].upper()}{option.help[1:]}. {option.form.capitalize()}."
            self.fields[_PREFIX + name] = forms.CharField(
                label=label_of(name),
                required=False,
                help_text=help_text,
                initial=pbx.settings.get(name, ""),
                widget=forms.TextInput(attrs={"placeholder": option.example, "autocomplete": "off"}),
            )
        if pbx.name:
            del self.fields["name"]

    def asked_first(self) -> list[OptionField]:
        """Return what is asked of everybody, and whatever is at fault."""
        return [self._asked(field) for field in self if self._is_first(field)]

    def asked_rarely(self) -> list[OptionField]:
        """Return the fields whose default serves nearly everybody."""
        return [self._asked(field) for field in self if not self._is_first(field)]

    def _asked(self, field: forms.BoundField) -> OptionField:
        setting = self._settings.get(field.name.removeprefix(_PREFIX))
        if setting is None or setting.needs is None or _PREFIX + setting.needs[0] not in self.fields:
            return OptionField(field=field)
        needed, values = setting.needs
        return OptionField(field=field, needs=_PREFIX + needed, values=values)

    def _is_first(self, field: forms.BoundField) -> bool:
        name = field.name.removeprefix(_PREFIX)
        setting = self._settings.get(name)
        return name == field.name or bool(setting and not setting.advanced) or bool(field.errors)

    def clean(self) -> dict[str, Any]:
        """Make the PBX of what was written, and show every fault that the engine's check finds."""
        given = self.cleaned_data
        self.pbx = msgspec.structs.replace(
            self.pbx,
            name=self.pbx.name or given.get("name", "").strip(),
            timezone=given.get("timezone", "").strip(),
            settings=take_credentials(self._texts(given)),
        )
        for problem in problems_of(self.pbx, engine().bounds):
            self._show(problem)
        if self.pbx.name in self._taken:
            self.add_error("name", "There is a PBX of this name already.")
        return given

    def change(self) -> PbxChange:
        """Return what the form changes: settings taken away are named, those kept are not."""
        gone = dict.fromkeys(self._before.settings.keys() - self.pbx.settings.keys())
        return PbxChange(timezone=self.pbx.timezone, settings={**self.pbx.settings, **gone})

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
        return texts | self._secrets_as_delivered(texts)

    def _secrets_as_delivered(self, texts: dict[str, str]) -> dict[str, str]:
        """Return the secrets that were left empty, of a PBX whose other settings are as it was delivered."""
        secrets = {name for name in self._delivered if self._settings[name].secret}
        others = {name: text for name, text in self._delivered.items() if name not in secrets}
        if any(texts.get(name, self._settings[name].default) != text for name, text in others.items()):
            return {}
        return {name: self._delivered[name] for name in secrets - texts.keys()}

    def _show(self, problem: Problem) -> None:
        found = _NAMED.match(problem.what)
        named = next(filter(None, found.groups()), "") if found else ""
        field = {"timezone": "timezone"}.get(named, _PREFIX + named)
        if "PBX's name" in problem.what and "name" in self.fields:
            self.add_error("name", problem.reason)
        elif field in self.fields:
            help_text = f" ({problem.help})" if field == "timezone" else ""
            why = f": {problem.reason}; {problem.help}" if is_out_of_reach(problem) else ""
            self.add_error(field, beside_field(problem) + help_text + why)
        else:
            self.add_error(None, f"{problem.what}: {problem.reason}")
