"""Takes away what a centre handed down before and hands down no more: of a part that it still hands down, and no other.

A tariff's versions stay: prices are dated, and calls are priced by those of their day. What they price ends.
"""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import msgspec

from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.place import BundleTexts
from tollbook.model.pricing import TariffRule
from tollbook.model.problem import Misconfigured
from tollbook.site.directory import operations as directory
from tollbook.site.directory.assignments import assignments, remove_assignment
from tollbook.site.directory.importing import COLUMNS
from tollbook.site.directory.spreadsheet import as_cells
from tollbook.site.tariffs import operations as tariffs
from tollbook.web.config import costs, texts
from tollbook.web.formats import keeping

_KEY = ("kind", "value", "pbx", "from")
Keys = set[tuple[str, ...]]


def remove(actor: Actor, before: BundleTexts, after: BundleTexts) -> None:
    """Remove what was in the directory and which calls tariffs price, where it is handed down no more."""
    if "directory" in after.parts:
        _remove_assignments(actor, _keys(before, texts.DIRECTORY, _KEY) - _keys(after, texts.DIRECTORY, _KEY))
        _remove_numbers(
            actor, _keys(before, texts.PHONE_BOOK, ("number",)) - _keys(after, texts.PHONE_BOOK, ("number",))
        )
    if "tariffs" in after.parts:
        ended = [each for each in _rules(before) if each not in _rules(after)]
        for rule in tariffs.rules():
            if msgspec.structs.replace(rule, id=tariffs.NEW) in ended:
                tariffs.unassign(actor, engine().tariffs, rule.id)


def remove_formats(before: BundleTexts, after: BundleTexts) -> None:
    """Remove formats that are handed down no more; one that a PBX uses stays."""
    if "formats" not in after.parts:
        return
    for name in before.files.keys() - after.files.keys():
        if slug := texts.slug_of(name):
            with suppress(Misconfigured):
                keeping.remove(slug.replace("_", "-"))


def _keys(bundle: BundleTexts, file: str, columns: tuple[str, ...]) -> Keys:
    rows = csv.DictReader(io.StringIO(bundle.files.get(file, "")))
    return {tuple(row.get(name) or "" for name in columns) for row in rows}


def _remove_assignments(actor: Actor, keys: Keys) -> None:
    for each in list(assignments()) if keys else ():
        cells = as_cells(each, COLUMNS)
        if tuple(cells[name] for name in _KEY) in keys:
            remove_assignment(actor, each.id)


def _remove_numbers(actor: Actor, keys: Keys) -> None:
    for each in list(directory.phone_book()) if keys else ():
        if (each.number,) in keys:
            directory.remove_number(actor, each.id)


def _rules(bundle: BundleTexts) -> list[TariffRule]:
    given = texts.document(costs.RULES, bundle.files.get(costs.RULES, "")).get("rule", [])
    return [
        TariffRule(id=tariffs.NEW, **{name: getattr(each, name) for name in costs.WrittenRule.__struct_fields__})
        for each in costs.converted(costs.RULES, given, list[costs.WrittenRule])
    ]
