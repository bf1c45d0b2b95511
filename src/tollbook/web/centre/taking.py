"""Takes over the set-up that the centre hands down, whole or not at all.

A bundle may hold formats, tariffs and which calls they price, dial plans, and the directory, and nothing else: no PBX,
no sink, nobody who signs in. What belongs to a PBX that this site has not is left out. What was handed down before and
is no more is taken away; what this site has of its own is left alone.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import tomllib
import zlib
from collections.abc import Callable, Mapping

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.page_limits import BUNDLE, BUNDLE_TEXTS
from tollbook.model.place import BundlePiece, BundleTexts, WantedPiece
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.numbering.plans import PlanSettings
from tollbook.site.audit import operations as audit
from tollbook.site.directory import importing
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.places import taken
from tollbook.web.centre import gone
from tollbook.web.centre.link import Centre, CentreLink
from tollbook.web.config import applying, costs, texts
from tollbook.web.places.bundles import PLANS

_MOST_PIECES = 1000
_PARTS: dict[str, Callable[[str], bool]] = {
    "formats": lambda name: bool(texts.slug_of(name)),
    "tariffs": lambda name: name == costs.RULES or costs.is_of_tariff(name),
    "plans": lambda name: name == PLANS,
    "directory": lambda name: name in (texts.DIRECTORY, texts.PHONE_BOOK),
}


def fetch(centre: Centre, digest: str) -> BundleTexts:
    """Fetch the bundle of a digest piece by piece; raises `Unavailable` for one that is not it, or has changed."""
    packed, number, pieces = b"", 0, 1
    while number < pieces:
        piece = centre.ask("bundle", WantedPiece(number=number), BundlePiece)
        if piece.bundle != digest:
            raise Unavailable("the set-up of the centre has just changed; it is asked for again")
        packed, number, pieces = packed + piece.data, number + 1, min(piece.pieces, _MOST_PIECES)
        if len(packed) > BUNDLE:
            raise Unavailable("what the centre hands down is too large", permanent=True)
    content = _unpacked(packed)
    if hashlib.sha256(content).hexdigest() != digest:
        raise Unavailable("what the centre hands down has come damaged; it is asked for again")
    try:
        return msgspec.json.decode(content, type=BundleTexts)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Misconfigured(Problem("what the centre hands down cannot be read", str(fault)[:200])) from fault


def _unpacked(packed: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            content = file.read(BUNDLE_TEXTS + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise Unavailable("what the centre hands down has come damaged; it is asked for again") from fault
    if len(content) > BUNDLE_TEXTS:
        raise Unavailable("what the centre hands down is too large", permanent=True)
    return content


def take(link: CentreLink, digest: str, bundle: BundleTexts) -> None:
    """Make the site what a bundle says; raises `Misconfigured`, and has then changed nothing."""
    actor = Actor(kind="program", name="centre", address=link.url)
    _check(bundle)
    files, before = _of_here(bundle.files), taken.texts()
    with transaction.atomic():
        taken.note(digest, bundle)
        gone.remove(actor, before, bundle)
        for name, plan in _plans(files.pop(PLANS, "")).items():
            if pbxs.find(name).plan != plan:
                pbxs.set_plan(actor, name, plan)
        told = applying.apply(actor, files, dry_run=False)
        changes = {f"{each.what} {each.name}"[:80]: ["", each.becomes] for each in told.changes[:50]}
        audit.record(actor, "centre.take", link.url, changes)
    gone.remove_formats(before, bundle)


def _check(bundle: BundleTexts) -> None:
    problems = [
        Problem(f"{name[:100]!r} is handed down", "it is none of the parts that a centre may hand down")
        for name in bundle.files
        if not any(_PARTS[part](name) for part in bundle.parts if part in _PARTS)
    ]
    if problems:
        raise Misconfigured(*problems[:5])


def _of_here(files: Mapping[str, str]) -> dict[str, str]:
    """Return the texts without what belongs to PBXs that this site has not."""
    known = {each.name for each in pbxs.every()}
    found = dict(files)
    if text := files.get(texts.DIRECTORY):
        rows = (row for row in csv.DictReader(io.StringIO(text)) if not row.get("pbx") or row["pbx"] in known)
        found[texts.DIRECTORY] = texts.table(importing.COLUMNS, rows)
    if text := files.get(costs.RULES):
        given = costs.converted(costs.RULES, texts.document(costs.RULES, text).get("rule", []), list[costs.WrittenRule])
        found[costs.RULES] = costs.rules_text(each for each in given if not each.pbx or each.pbx in known)
    return {name: text for name, text in found.items() if text}


def _plans(text: str) -> dict[str, PlanSettings]:
    here = {each.name for each in pbxs.every() if not each.removed}
    try:
        given = msgspec.convert(tomllib.loads(text), dict[str, PlanSettings])
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as fault:
        raise Misconfigured(Problem(f"{PLANS} cannot be read", str(fault)[:200], PLANS)) from fault
    return {name: plan for name, plan in given.items() if name in here}
