"""The set-up of a site as texts: PBXs, sinks, directory, formats, tariffs and what else costs, who is told of what.

Wallboards are part of it without what opens them, people are not.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
import tomli_w

from tollbook.dialects.known import FILE
from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import Sink
from tollbook.site.directory import importing, phone_book_import
from tollbook.site.pbxs import checks as pbx_checks
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.sinks import checks as sink_checks
from tollbook.site.sinks import operations as sinks
from tollbook.web.config import (
    alerts,
    costs,
    destinations,
    missed_calls,
    monthly_charges,
    retention,
    roles,
    schedules,
    wallboards,
)

PBXS, SINKS, DIRECTORY, PHONE_BOOK, DIALECTS = "pbxs.toml", "sinks.toml", "directory.csv", "phone-book.csv", "dialects"
LARGEST = 64 << 20
"""Bytes of all texts together."""
Thing = TypeVar("Thing", Pbx, Sink)


def written(actor: Actor, *, secrets: bool) -> dict[str, str]:
    """Return the set-up by file name, as somebody may see it; without passwords unless `secrets` are asked for."""
    kept = [pbx for pbx in pbxs.every() if not pbx.removed]
    texts = {
        PBXS: _toml({each.name: _told(each, set() if secrets else pbx_checks.secret_names(each)) for each in kept}),
        SINKS: _toml(
            {each.name: _told(each, set() if secrets else sink_checks.secret_names(each)) for each in sinks.every()},
        ),
        **directory(),
    }
    texts |= costs.written() | monthly_charges.written() | wallboards.written() | missed_calls.written()
    texts |= roles.written() | destinations.written(secrets=secrets) | schedules.written(actor)
    texts |= alerts.written() | retention.written() | formats()
    return {name: text for name, text in texts.items() if text}


def directory() -> dict[str, str]:
    """Return the directory and the phone book by file name; what there is none of is empty."""
    return {
        DIRECTORY: table(importing.COLUMNS, importing.exported()),
        PHONE_BOOK: table(phone_book_import.COLUMNS, phone_book_import.exported(private=True)),
    }


def read(kind: type[Thing], name: str, text: str) -> list[Thing]:
    """Return the PBXs or sinks that a text describes; raises `Misconfigured` with what is wrong and where."""
    try:
        return [msgspec.convert({"name": key, **values}, kind) for key, values in document(name, text).items()]
    except (msgspec.ValidationError, TypeError) as fault:
        raise _unreadable(name, fault) from fault


def document(name: str, text: str) -> dict[str, Any]:
    """Return a text as a document of TOML; raises `Misconfigured` with what is wrong and where."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise _unreadable(name, fault) from fault


def _unreadable(name: str, fault: Exception) -> Misconfigured:
    help_ = "`tollbook config export` shows how it is written"
    return Misconfigured(Problem(f"{name} cannot be read", str(fault), name, help_))


def slug_of(name: str) -> str:
    """Return the format that a file is the text of; nothing for any other file."""
    folder, _, rest = name.partition("/")
    slug, _, file = rest.partition("/")
    return slug if folder == DIALECTS and file == FILE else ""


def _told(thing: Thing, secret: set[str]) -> dict[str, Any]:
    values = msgspec.to_builtins(thing)
    values["settings"] = {name: text for name, text in thing.settings.items() if name not in secret}
    return {
        name: value for name, value in values.items() if name not in ("name", "removed") and value not in ({}, False)
    }


def _toml(document: Mapping[str, Any]) -> str:
    return tomli_w.dumps(dict(document)) if document else ""


def table(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows as a table of a set-up; nothing where there are none."""
    found = list(rows)
    if not found:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def formats() -> dict[str, str]:
    """Return the formats of the site's own by file name."""
    own = engine().site.path / "dialects"
    files = sorted(own.glob(f"*/{FILE}")) if own.is_dir() else []
    return {f"{DIALECTS}/{file.parent.name}/{FILE}": file.read_text("utf-8") for file in files}
