"""Compares the texts of a set-up with what a site has, and makes the site so: what they do not name is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from typing import Any

import msgspec
from django.db import transaction

from tollbook.dialects.layout.layout import read_layout
from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.sink import Sink
from tollbook.numbering.plan import NO_PLAN
from tollbook.site.audit import operations as audit
from tollbook.site.directory import importing, phone_book_import
from tollbook.site.directory.spreadsheet import ImportPreview
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
    texts,
    wallboards,
)
from tollbook.web.formats import keeping

_PARTS = (roles, monthly_charges, wallboards, missed_calls, destinations, schedules, alerts, retention)
"""What has a file each, in the order in which one needs the other: alerts and schedules send to destinations."""
_KNOWN = (
    *(texts.PBXS, texts.SINKS, texts.DIRECTORY, texts.PHONE_BOOK),
    *(costs.RULES, costs.BUDGETS, *(each.FILE for each in _PARTS)),
)
_ROWS = importing.Strictness()


class ConfigChange(msgspec.Struct, frozen=True):
    """What becomes of one thing: `add`, `change` or `same`, and what differs as `[before, after]` by field."""

    what: str
    name: str
    becomes: str
    differs: dict[str, list[str]] = {}


class ConfigResult(msgspec.Struct, frozen=True):
    """What a set-up would change, or has changed, and how many things of it are as they are already."""

    applied: bool
    changes: list[ConfigChange]
    same: int


def apply(actor: Actor, files: Mapping[str, str], *, dry_run: bool) -> ConfigResult:
    """Make the site what texts say, whole or not at all; with `dry_run` only say what would change.

    Raises `Misconfigured` with the faults of the first file that has some. A secret that a text leaves out stays.
    """
    _check_names(files)
    with ExitStack() as undo:  # what is written into files is no part of the transaction
        with transaction.atomic():
            changes = [*_formats(files, undo, dry_run=dry_run), *_each(actor, files, undo, dry_run=dry_run)]
            transaction.set_rollback(dry_run)
        undo.pop_all()
    told = [each for each in changes if each.becomes != "same"]
    return ConfigResult(not dry_run, told, len(changes) - len(told))


def _check_names(files: Mapping[str, str]) -> None:
    problems = [
        Problem(f"{name!r} is no part of a set-up", "it is not known", name, nearest(name, _KNOWN))
        for name in files
        if name not in _KNOWN and not texts.slug_of(name) and not costs.is_of_tariff(name)
    ]
    if problems:
        raise Misconfigured(*problems)


def _each(actor: Actor, files: Mapping[str, str], undo: ExitStack, *, dry_run: bool) -> Iterator[ConfigChange]:
    for pbx in texts.read(Pbx, texts.PBXS, files.get(texts.PBXS, "")):
        yield _pbx(actor, pbx, dry_run=dry_run)
    for sink in texts.read(Sink, texts.SINKS, files.get(texts.SINKS, "")):
        yield _sink(actor, sink)
    if text := files.get(texts.DIRECTORY):
        yield _table(texts.DIRECTORY, importing.apply(actor, text.encode(), _ROWS))
    if text := files.get(texts.PHONE_BOOK):
        made = phone_book_import.apply(actor, text.encode(), NO_PLAN, leave_out=False)
        yield _table(texts.PHONE_BOOK, made)
    documents = {name: texts.document(name, files.get(name, "")) for name in (costs.RULES, costs.BUDGETS)}
    of_costs = costs.apply(actor, files, documents, None if dry_run else undo)
    for each in chain(of_costs, *(part.apply(actor, _document(files, part.FILE)) for part in _PARTS)):
        yield ConfigChange(each.what, each.name, each.becomes, each.differs)


def _document(files: Mapping[str, str], name: str) -> dict[str, Any]:
    return texts.document(name, files.get(name, ""))


def _pbx(actor: Actor, wanted: Pbx, *, dry_run: bool) -> ConfigChange:
    bounds = engine().bounds
    before = next((each for each in pbxs.every() if each.name == wanted.name and not each.removed), None)
    secret = pbx_checks.secret_names(wanted)
    if before is None:
        if not dry_run or wanted.dialect in bounds.catalogue.layouts():  # else it comes with the same texts
            pbxs.add(actor, msgspec.structs.replace(wanted, plan={}), bounds)
            pbxs.set_plan(actor, wanted.name, wanted.plan)
        return _change("PBX", None, wanted, secret)
    wanted = msgspec.structs.replace(wanted, settings={**_secrets(before, secret), **wanted.settings})
    told = _change("PBX", before, wanted, secret)
    if told.becomes == "change":
        gone: dict[str, str | None] = dict.fromkeys(before.settings.keys() - wanted.settings.keys())
        change = pbxs.PbxChange(
            dialect=wanted.dialect,
            source=wanted.source,
            timezone=wanted.timezone,
            paused=wanted.paused,
            settings={**gone, **wanted.settings},
        )
        pbxs.edit(actor, wanted.name, change, bounds)
        if before.plan != wanted.plan:
            pbxs.set_plan(actor, wanted.name, wanted.plan)
    return told


def _sink(actor: Actor, wanted: Sink) -> ConfigChange:
    before = next((each for each in sinks.every() if each.name == wanted.name), None)
    secret = sink_checks.secret_names(wanted)
    misfits = engine().sinks.misfits
    if before is None:
        sinks.add(actor, wanted, misfits)
        return _change("sink", None, wanted, secret)
    wanted = msgspec.structs.replace(wanted, settings={**_secrets(before, secret), **wanted.settings})
    told = _change("sink", before, wanted, secret)
    if told.becomes == "change":
        if before.kind != wanted.kind:
            reason = f"it is of kind {before.kind}"
            raise Misconfigured(Problem(f"{wanted.name} cannot become {wanted.kind}", reason, help="remove it first"))
        change = sinks.SinkChange(
            columns=wanted.columns,
            settings={**dict.fromkeys(before.settings.keys() - wanted.settings.keys()), **wanted.settings},
            filter={**dict.fromkeys(before.filter.keys() - wanted.filter.keys()), **wanted.filter},
        )
        sinks.edit(actor, wanted.name, change, misfits)
        if before.paused != wanted.paused:
            sinks.pause(actor, wanted.name, paused=wanted.paused)
    return told


def _secrets(thing: Pbx | Sink, secret: set[str]) -> dict[str, str]:
    return {name: text for name, text in thing.settings.items() if name in secret}


def _change(what: str, before: Pbx | Sink | None, after: Pbx | Sink, secret: set[str]) -> ConfigChange:
    was: dict[str, Any] = msgspec.to_builtins(before) if before else {}
    differs = audit.differences(was, msgspec.to_builtins(after), secret)
    return ConfigChange(what, after.name, "add" if before is None else "change" if differs else "same", differs)


def _table(name: str, made: ImportPreview) -> ConfigChange:
    """Return what a table changes; raises `Misconfigured` with each fault of it."""
    if made.faults:
        raise Misconfigured(
            *(Problem(each.what, each.reason, f"{name}, line {each.line}", each.help) for each in made.faults[:50]),
        )
    counts = {"new": made.new, "changed": made.changed, "ended": made.ended}
    differs = {word: ["", str(count)] for word, count in counts.items() if count}
    return ConfigChange("table", name, "change" if differs else "same", differs)


def _formats(files: Mapping[str, str], undo: ExitStack, *, dry_run: bool) -> Iterator[ConfigChange]:
    for name, text in files.items():
        slug = texts.slug_of(name).replace("_", "-")
        if not slug:
            continue
        keeping.check_name(slug)
        read_layout(slug, texts.document(name, text), trusted=False)
        before = keeping.text_of(slug)
        becomes = "same" if before == text else "change" if before else "add"
        if becomes != "same" and not dry_run:
            if before:
                undo.callback(keeping.put_back, slug, before)
            else:
                undo.callback(keeping.discard, slug)
            keeping.folder_of(slug).mkdir(parents=True, exist_ok=True, mode=0o700)
            keeping.put_back(slug, text)
        yield ConfigChange("format", slug, becomes)
