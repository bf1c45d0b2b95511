"""Finds catalogue folders and kinds of plug-ins, and reads options that are declared once.

A plug-in's options are a frozen struct whose fields are annotated with a `Setting`. From that one declaration come
validation, `--help`, the web form and the reference page. Option names are the field names with hyphens.
"""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module, resources
from importlib.resources.abc import Traversable
from typing import Any, Generic, TypeVar

import msgspec

from tollbook.model.fence import Reach
from tollbook.model.problem import Misconfigured, Problem


class Kind(msgspec.Struct, frozen=True):
    """A kind of option: how its text is read (raises ValueError with what it expects), and how a form asks for it.

    `own` gives further choices that a site has, by its folder.
    """

    read: Callable[[str], Any]
    form: str = "text"
    choices: tuple[str, ...] = ()
    own: Callable[[str], list[str]] | None = None

    def offered(self, site: str) -> list[str]:
        """Return what a form offers to choose from at a site; nothing where anything can be written."""
        return [*self.choices, *(self.own(site) if self.own else [])]


class Alias(msgspec.Struct, frozen=True):
    """A name that an option had before; `values` has those that are written otherwise now, by how they were.

    An option whose values alone are written otherwise has an alias of its own name.
    """

    name: str
    values: dict[str, str] = {}


class Setting(msgspec.Struct, frozen=True):
    """What an option means to the person who sets it.

    `needs` names another option, and the values of it without which this one means nothing. An `advanced` option is
    one whose default serves nearly everybody. `reach` says what of the machine or the network it names, if it does.
    `was` has the names that it had before: settings that use them are read, and kept under the name of today.
    """

    help: str
    kind: Kind
    default: str = ""
    example: str = ""
    required: bool = False
    secret: bool = False
    needs: tuple[str, tuple[str, ...]] | None = None
    advanced: bool = False
    reach: Reach | None = None
    was: tuple[Alias, ...] = ()


class Declared(msgspec.Struct, frozen=True):
    """One option with its name, as forms, help and the reference show it."""

    name: str
    setting: Setting

    @property
    def former_names(self) -> tuple[str, ...]:
        """The names that it had before."""
        return tuple(alias.name for alias in self.setting.was if alias.name != self.name)


_CREDENTIALS = re.compile(r"//[^/\s]*@")
"""Name and password within an address, which no message may repeat."""
Options = TypeVar("Options", bound=msgspec.Struct)
Plugin = TypeVar("Plugin", bound=msgspec.Struct)
Text = TypeVar("Text", str, str | None)
"""A setting's value, or none where it is to be taken away."""


def _without_secrets(text: str) -> str:
    """Return a text as a message may repeat it.

    >>> _without_secrets("https://name:word@pbx.example/cdr?key=word"), _without_secrets("when?")
    ('https://…@pbx.example/cdr?…', 'when?')
    """
    masked = _CREDENTIALS.sub("//…@", text)
    address, mark, query = masked.partition("?")
    return f"{address}{mark}…" if query and "://" in address else masked


def _text(text: str) -> str:
    return text


_DAY_S = 86_400.0


def _seconds(low: float, high: float) -> Callable[[str], float]:
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": _DAY_S}

    def read(text: str) -> float:
        number = text.strip().rstrip("dhms").strip()
        unit = text.strip()[len(number) :].strip() or "s"
        try:
            value = float(number) * units[unit]
        except (ValueError, KeyError):
            raise ValueError("a time such as 30s, 5m or 1h") from None
        if not low <= value <= high:
            raise ValueError(f"between {low:g}s and " + (f"{high / _DAY_S:g}d" if high > _DAY_S else f"{high:g}s"))
        return value

    return read


def _choice(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return text

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"a whole number between {low} and {high}")
        return int(text)

    return read


TEXT = Kind(_text)
PASSWORD = Kind(_text, "password")
WORDS = Kind(lambda text: tuple(word.strip() for word in text.split(",") if word.strip()))


def seconds(low: float, high: float) -> Kind:
    """Return the kind for a duration between two numbers of seconds, written `30s`, `5m`, `1h` or a bare number."""
    return Kind(_seconds(low, high))


def whole(low: int, high: int) -> Kind:
    """Return the kind for a whole number within limits."""
    return Kind(_whole(low, high), "number")


def choice(*names: str) -> Kind:
    """Return the kind for one word out of a few."""
    return Kind(_choice(*names), "choice", names)


def declared(options: type[msgspec.Struct]) -> Iterator[Declared]:
    """Yield every option of a struct in the order it is declared."""
    hints = typing.get_type_hints(options, include_extras=True)
    for field in options.__struct_fields__:
        setting = next(note for note in hints[field].__metadata__ if isinstance(note, Setting))
        yield Declared(field.replace("_", "-"), setting)


def _renamings(options: type[msgspec.Struct], settings: Mapping[str, Text]) -> Iterator[tuple[str, Alias]]:
    """Yield the name of today and the alias for every setting that is written as it was before."""
    for each in declared(options):
        for alias in each.setting.was:
            if alias.name in settings and (alias.name != each.name or settings[alias.name] in alias.values):
                yield each.name, alias


def renamed(options: type[msgspec.Struct], settings: Mapping[str, Text]) -> dict[str, Text]:
    """Return settings as they are written today; where one is given under its former name too, the new name counts."""
    today = dict(settings)
    for name, alias in _renamings(options, settings):
        value = today.pop(alias.name)
        today.setdefault(name, alias.values.get(value or "", value))
    return today


def former_names(options: type[msgspec.Struct], settings: Mapping[str, Text]) -> list[str]:
    """Say of every setting that is written as it was before how it is written today."""
    said = []
    for name, alias in _renamings(options, settings):
        was = settings[alias.name]
        now = alias.values.get(was or "")
        said.append(f"'{alias.name}={was}' is '{name}={now}' today" if now else f"'{alias.name}' is '{name}' today")
    return said


def read_options(options: type[Options], settings: dict[str, str], where: str) -> Options:
    """Return the options set by `settings`, with defaults for the rest; raises `Misconfigured` with every fault."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    settings = renamed(options, settings)
    for each in declared(options):
        text = settings.get(each.name, "") or each.setting.default
        if not text and each.setting.required:
            hint = f"--set {each.name}={each.setting.example}"
            problems.append(Problem(f"'{each.name}' is missing", each.setting.help, where, hint))
            continue
        try:
            values[each.name.replace("-", "_")] = each.setting.kind.read(text)
        except ValueError as fault:
            shown = "what was given" if each.setting.secret else f"got {_without_secrets(text)!r}"
            expected = f"'{each.name}' must be {fault}"
            problems.append(Problem(expected, shown, where, each.setting.help))
    if problems:
        raise Misconfigured(*problems)
    return options(**values)


def unknown_settings(known: set[str], settings: dict[str, str], where: str) -> list[Problem]:
    """Return a problem for every setting that no option has."""
    import difflib

    def nearest(name: str) -> str:
        close = difflib.get_close_matches(name, known, 1)
        return f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(sorted(known))}"

    return [
        Problem(f"unknown option '{name}'", f"nothing of that name can be set: {where}", help=nearest(name))
        for name in settings
        if name not in known
    ]


def folders(package: str) -> dict[str, Traversable]:
    """Return the plug-in folders of a package by name."""
    root = resources.files(package)
    found = (each for each in root.iterdir() if each.is_dir() and not each.name.startswith(("_", ".")))
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def read_toml(folder: Traversable, name: str) -> dict[str, Any]:
    """Return a catalogue folder's TOML file as a document."""
    return tomllib.loads(folder.joinpath(name).read_text("utf-8"))


class Kinds(Generic[Plugin]):
    """The kinds of a plug-in: the folders of a package, each of which holds one value that says all about it."""

    def __init__(self, package: str, value: type[Plugin], noun: str, meaning: str) -> None:
        self._package, self._value, self._noun, self._meaning = package, value, noun, meaning

    @cache  # noqa: B019 - there is one for sources and one for sinks, as long as the process lasts
    def names(self) -> list[str]:
        """Return the kinds there are by name."""
        return [name for name, folder in folders(self._package).items() if folder.joinpath("__init__.py").is_file()]

    def find(self, name: str) -> Plugin:
        """Return a kind; raises `Misconfigured` where there is none of that name, or it cannot be used here."""
        name = name.replace("-", "_")
        if name not in self.names():
            reason, hint = f"known are: {', '.join(self.names())}", f"a {self._noun} is {self._meaning}"
            raise Misconfigured(Problem(f"no {self._noun} is called {name!r}", reason, help=hint))
        try:
            found = getattr(import_module(f"{self._package}.{name}"), self._noun.upper())
        except Exception as fault:  # a package of others that is missing or broken may raise anything as it is imported
            reason = f"{type(fault).__name__} as its package was loaded: {fault}"
            hint = f"install Tollbook again, with what the {self._noun} needs; others go on"
            raise Misconfigured(
                Problem(f"{self._noun}s of kind {name!r} cannot be used here", reason, help=hint),
            ) from fault
        assert isinstance(found, self._value)  # noqa: S101 - for the type; it is a fault of the program otherwise
        return found
