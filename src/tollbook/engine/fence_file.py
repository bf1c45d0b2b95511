"""Reads `tollbook.toml`, written on the machine alone: the fence, an updater, where calls and settings are."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tollbook.model.fence import FILE, Fence
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import read_options, unknown_settings
from tollbook.sinks.clickhouse.options import Options

if TYPE_CHECKING:
    from tollbook.sinks.sql.options import Options as SqlOptions

SAMPLE = """\
## What settings may reach on this machine and in its network, whoever changes them in the browser, over the API or
## with a command. Start Tollbook again after a change. `##` explains, `#` shows a default.

[allow]
## Folders that PBXs are read from and sinks write to, with all that is below them; a single file will do, too.
## The closest name decides: add "/run/media" beside "/" for a folder of the system that is kept out by default.
## Kept out: /boot, /dev, /etc, /proc, /run, /sys and what is hidden; always, the folder of this site.
# folders = ["/"]

## Programs that a PBX's records may be taken from, each by its full path. Its arguments are chosen by who sets up the
## PBX, so name no program that runs others, such as sh, env or python.
# programs = []

## Networks that PBXs and sinks may be in. Kept out by default: link-local ones and the addresses where a cloud keeps
## a machine's credentials (169.254.0.0/16 and others), multicast. They are let in by naming them.
# networks = ["0.0.0.0/0", "::/0"]

[update]
## The program that is run when the centre of this site wants a newer Tollbook: its full path, for example
## "/usr/local/sbin/update-tollbook". The version is its only argument. Empty: the centre only sees what runs here.
# command = ""

## A centre for many places: the ClickHouse that their sinks write to (see `tollbook guide many-sites`). Not on a site
## that has PBXs of its own.
# [store]
# url = "clickhouse://192.0.2.20/calls"
# username = "tollbook-reads"
# password-file = "/var/lib/tollbook/clickhouse.password"

## The PostgreSQL database that has the settings, instead of the file site.sqlite (see `tollbook guide many-sites`).
# [settings]
# url = "postgresql://192.0.2.30/tollbook"
# username = "tollbook"
# password-file = "/var/lib/tollbook/postgresql.password"
"""
_UPDATER = "/usr/local/sbin/update-tollbook"
_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")


class _Page:
    """The file's text, to say where in it something stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = path.read_text("utf-8").splitlines()

    def where(self, name: str, text: str = "") -> str:
        """Return the place of a setting, or of a text that it holds, with its line."""
        for sought in ([rf"[\"']{re.escape(text)}[\"']"] if text else []) + [rf"^\s*\[?{re.escape(name)}(?![\w-])"]:
            for number, line in enumerate(self.lines, 1):
                if re.search(sought, line) and not line.lstrip().startswith("#"):
                    return self.at(number)
        return str(self.path)

    def at(self, number: int) -> str:
        """Return a line's place, and the line."""
        line = self.lines[number - 1] if number <= len(self.lines) else ""
        return f"{self.path}:{number}\n  | {line}"


def read_fence(site: Path) -> Fence:
    """Return the fence around a site; raises `Misconfigured` with everything that is wrong in its file."""
    real = os.path.realpath(site)
    path = site / FILE
    if not path.exists():
        return Fence(site=real)
    page = _read(path)
    document = _parsed(page)
    allow, problems = _allow(document, page)
    values: dict[str, Any] = {"site": real}
    for name, read in _READ.items():
        if name in allow:
            values[name] = _each(name, allow[name], (page, read, problems))
    values["updater"], of_update = _updater(document.get("update", {}), page)
    if problems + of_update:
        raise Misconfigured(*problems, *of_update)
    return Fence(**values)


def _updater(update: object, page: _Page) -> tuple[str, list[Problem]]:
    """Return the program of [update], and what is wrong with it."""
    where, help_ = page.where("update"), f'write [update] and below it command = "{_UPDATER}"'
    if not isinstance(update, dict):
        return "", [Problem("'update' must be a table", f"got {update!r}", where, help_)]
    unknown = [
        Problem(f"unknown setting {name!r}", f"nothing in {FILE} is called so", page.where(name), help_)
        for name in update
        if name != "command"
    ]
    command = update.get("command", "")
    if command and not (isinstance(command, str) and Path(command).is_absolute()):
        reason, where = f"got {command!r}", page.where("command")
        return "", [*unknown, Problem("'command' must be the full path of one program", reason, where, help_)]
    return command, unknown


def read_store(site: Path) -> Options | None:
    """Return which ClickHouse has the calls, None where the site's own store has; raises `Misconfigured`."""
    told = _table(site / FILE, "store", "clickhouse://192.0.2.20/calls", _STORE)
    return read_options(Options, *told) if told else None


def read_settings(site: Path) -> SqlOptions | None:
    """Return which PostgreSQL has the settings, None where `site.sqlite` has; raises `Misconfigured`."""
    return settings_in(site / FILE)


def settings_in(path: Path) -> SqlOptions | None:
    """Return the same of a file."""
    told = _table(path, "settings", "postgresql://192.0.2.30/tollbook", _SETTINGS)
    if not told:
        return None
    from tollbook.sinks.sql.options import Options as SqlOptions

    options, where = read_options(SqlOptions, *told), told[1]
    if options.backend != "postgresql":
        help_ = "write postgresql://host/name, or leave [settings] out, and site.sqlite has them"
        raise Misconfigured(Problem("settings are kept in PostgreSQL or in a file", "it is another", where, help_))
    if options.password_file and not Path(options.password_file).is_absolute():
        raise Misconfigured(Problem("'password-file' must be a full path", "it does not begin with /", where))
    return options


def _table(path: Path, name: str, example: str, known: tuple[str, ...]) -> tuple[dict[str, str], str] | None:
    """Return what stands in a table about a database, and where; None where there is none."""
    if not path.exists():
        return None
    page = _read(path)
    told = _parsed(page).get(name)
    if told is None:
        return None
    where = page.where(name)
    settings = {"url": told} if isinstance(told, str) else told
    if not isinstance(settings, dict) or not all(isinstance(each, str) for each in settings.values()):
        help_ = f'{name} = "{example}", or [{name}] with url, username and password-file'
        raise Misconfigured(Problem(f"'{name}' must be an address, or a table of texts", f"got {told!r}", where, help_))
    problems = unknown_settings(set(known), settings, where)
    if problems:
        raise Misconfigured(*problems)
    return settings, where


def _read(path: Path) -> _Page:
    try:
        return _Page(path)
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or "it is not UTF-8"
        help_ = "let Tollbook's user read it, or remove it, which leaves the defaults"
        raise Misconfigured(Problem(f"{FILE} cannot be read", reason, str(path), help_)) from None


def _parsed(page: _Page) -> dict[str, Any]:
    try:
        return tomllib.loads("\n".join(page.lines) + "\n")
    except tomllib.TOMLDecodeError as fault:
        found = _POSITION.search(str(fault))
        number = int(found[1]) if found and found[1] else len(page.lines)
        reason = _POSITION.sub("", str(fault))
        help_ = "texts stand in quotation marks, lists in [ ], as in the sample that `tollbook guide fence` shows"
        raise Misconfigured(Problem(f"{FILE} is no TOML", reason, page.at(number), help_)) from None


def _allow(document: dict[str, Any], page: _Page) -> tuple[dict[str, Any], list[Problem]]:
    allow = document.get("allow", {})
    document = {name: value for name, value in document.items() if name not in ("store", "settings")}
    if not isinstance(allow, dict):
        where = page.where("allow")
        return {}, [Problem("'allow' must be a table", f"got {allow!r}", where, "write [allow] on a line of its own")]
    hint = f"known are [allow] with {', '.join(_READ)}, [update] with command, [store] and [settings]"
    unknown = [name for name in document if name not in ("allow", "update")] + [
        name for name in allow if name not in _READ
    ]
    return allow, [
        Problem(f"unknown setting {name!r}", f"nothing in {FILE} is called so", page.where(name), hint)
        for name in unknown
    ]


_Read = Callable[[str], Any]


def _each(name: str, texts: Any, by: tuple[_Page, _Read, list[Problem]]) -> tuple[Any, ...]:  # noqa: ANN401 - TOML's
    """Return the values of a list; what is wrong is added to the problems."""
    page, read, problems = by
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        help_ = f'{name} = ["{_EXAMPLES[name]}"]'
        problems.append(Problem(f"'{name}' must be a list of texts", f"got {texts!r}", page.where(name), help_))
        return ()
    values = []
    for text in texts:
        try:
            values.append(read(text))
        except ValueError as fault:
            help_ = f"for example {_EXAMPLES[name]}"
            problems.append(Problem(f"'{name}' must hold {fault}", f"got {text!r}", page.where(name, text), help_))
    return tuple(values)


def _folder(text: str) -> str:
    if not Path(text).is_absolute():
        raise ValueError("full paths, beginning with /")
    return os.path.realpath(text)


def _program(text: str) -> str:
    if not Path(text).is_absolute():
        raise ValueError("full paths, beginning with /")
    return os.path.normpath(text)


def _network(text: str) -> Any:  # noqa: ANN401 - the module has no name for both kinds
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError("networks or addresses, as numbers") from None


_SETTINGS = ("url", "username", "password-file", "tls", "ca-file", "timeout")
_STORE = ("url", "username", "password-file", "table", "tls", "ca-file", "timeout")
_READ: dict[str, _Read] = {"folders": _folder, "programs": _program, "networks": _network}
_EXAMPLES = {"folders": "/srv/pbx", "programs": "/usr/local/bin/read-pbx", "networks": "192.0.2.0/24"}
