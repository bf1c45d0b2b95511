"""Judges a format that anybody may have made, in a process of its own: by its own cases, and among the others.

Its patterns run on RE2 and its sizes are bounded, and yet a thousand rules over a megabyte of lines can take minutes or
hours: `adding` ends the process then. What is found comes back as values; nothing here writes anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec

from tollbook.dialects.authoring.auditing import CHECKS, Audited, claims
from tollbook.dialects.authoring.cases import FILE, RECEIVED, Dialect
from tollbook.dialects.known import Catalogue
from tollbook.dialects.layout.document import read_file
from tollbook.dialects.layout.layout import read_layout
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.pbx import zone_problems
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import unknown_settings
from tollbook.site.pbxs.checks import choice_problems
from tollbook.sources.rest_poll.own_provider import addresses_of, provider_in

_CHECKS = ("sizes", "expected", "one outcome", "one record")
_MOST, _SHOWN = 20, 200
_OURS = ("timezone", "received", "arrives")


class SharedVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a format, or what it is: title, certainty, cases, calls, and where its provider is asked."""

    problems: list[Problem] = []
    title: str = ""
    certainty: str = ""
    cases: int = 0
    calls: int = 0
    asks: list[str] = []


def judged_alone(slug: str, folder: str) -> SharedVerdict:
    """Judge a format by its layout, its provider, and its own cases with their settings."""
    try:
        dialect = _dialect(slug, Path(folder))
        settings = [*islice(_settings(dialect), _MOST)]
        if settings:
            return SharedVerdict(problems=settings)
        provider = provider_in(dialect.folder)
        audited = Audited(dialect, CUTTERS)
        calls = sum(len(reading.calls) for reading in audited.readings)
        told = dialect.layout
        return SharedVerdict(
            problems=[*islice(_faults(audited, calls), _MOST)],
            title=told.title,
            certainty=told.certainty,
            cases=len(audited.cases),
            calls=calls,
            asks=addresses_of(provider) if provider else [],
        )
    except Misconfigured as fault:
        return SharedVerdict(problems=list(fault.problems))


def judged_among_others(slug: str, folder: str, own: str) -> SharedVerdict:
    """Judge a format by which others share a line with it; `own` is the folder of a site's own, or nothing."""
    audited = Audited(_dialect(slug, Path(folder)), CUTTERS)
    catalogue = Catalogue(Path(own) if own else None)
    return SharedVerdict(problems=[*islice(_claimed(audited, catalogue), _MOST)])


def _dialect(slug: str, folder: Path) -> Dialect:
    document = read_file(folder / "dialect.toml", f"{slug}/dialect.toml")
    return Dialect(slug, read_layout(slug, document, trusted=False), folder)


def _settings(dialect: Dialect) -> Iterator[Problem]:
    """Yield what is wrong with the settings of cases, which decide how these are read."""
    known = dialect.layout.option
    for case in dialect.cases(CUTTERS):
        where, given = f"cases/{case.name}.settings.toml", case.settings
        wrong = sorted(name for name, text in given.items() if type(text) is not str)
        yield from (Problem(f"{name!r} is no text", "a setting is written between quotes", where) for name in wrong)
        texts = {name: text for name, text in given.items() if name not in wrong}
        yield from unknown_settings({*known, *_OURS}, texts, where)
        yield from zone_problems(texts.get("timezone", "UTC"))
        for name, option in known.items():
            yield from choice_problems(name, option, texts, where)
        if texts.get("arrives", FILE) not in CUTTERS:
            yield Problem("'arrives' cannot be used", f"it is one of: {', '.join(CUTTERS)}", where)
        yield from _moment(texts.get("received", RECEIVED), where)


def _moment(text: str, where: str) -> Iterator[Problem]:
    try:
        datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        yield Problem("'received' must be a time such as 2026-03-02T12:00:00Z", f"got {text[:_SHOWN]!r}", where)


def _faults(audited: Audited, calls: int) -> Iterator[Problem]:
    where = audited.dialect.slug
    if not calls:
        hint = "ask whoever made it for one with cases: `tollbook dialect test` says what is missing"
        yield Problem("no case of the format has a call", "so nobody can see whether it reads any", where, hint)
    hint = "ask whoever made it to run `tollbook dialect test` and share it again"
    for name in _CHECKS:
        for what in CHECKS[name](audited):
            yield Problem("the format's own cases say otherwise", what, where, hint)


def _claimed(audited: Audited, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield which other formats share a line with this one: a PBX's lines could be read by either."""
    for other in catalogue.dialects():
        if other.slug == audited.dialect.slug:
            continue
        what = next(claims(audited, [Audited(other, CUTTERS)]), "")
        if what:
            hint = f"maybe {other.slug} reads your PBX already; a variant of it is added with --even-so"
            yield Problem(f"it shares lines with the format {other.slug!r}", what, audited.dialect.slug, hint)
