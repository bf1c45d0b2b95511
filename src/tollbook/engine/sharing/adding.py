"""Takes a format from a file that anybody may have made, once its own cases come to what they say.

Nothing in the file is executed: it is data, whose patterns run on RE2. The folder is laid where no format is looked
for, checked there, and put in place by one rename, so that a kill leaves the former folder or the new one.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec
from filelock import FileLock

from tollbook.clock import monotonic_s
from tollbook.dialects.authoring.auditing import CHECKS, Audited, claims
from tollbook.dialects.authoring.cases import FILE, RECEIVED, Dialect
from tollbook.dialects.known import Catalogue, layouts
from tollbook.dialects.layout.layout import Layout, read_layout
from tollbook.engine.format_schema import lay_schema
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.engine.sharing.fictitious import laid
from tollbook.engine.sharing.parcel import Parcel, unpacked
from tollbook.model.document import read_document
from tollbook.model.pbx import NAME, zone_problems
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sharing_limits import SHARED_CHECK_S
from tollbook.plugins import unknown_settings
from tollbook.site.pbxs.checks import choice_problems
from tollbook.sources.rest_poll.own_provider import addresses_of, provider_in

STAGE = ".adding"
"""Where folders are laid first, within that of the site's own formats. No format is looked for two folders down."""
_CHECKS = ("sizes", "expected", "one outcome", "one record")
_MOST, _SHOWN = 20, 200
_EXCHANGE, _HERE = 2, -100
_OURS = ("timezone", "received", "arrives")


class AddingChoices(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody decides who adds a format.

    `slug` is another name for it, `replace` puts it in the place of one of that name, and `even_so` takes it though it
    reads lines of another format, as a variant of that one does.
    """

    slug: str = ""
    replace: bool = False
    even_so: bool = False


class AddedFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A format that was added: its slug and title, its cases, the calls in them, and whether it replaced another.

    `asks` are the addresses at which a provider in it is asked: a PBX's secrets are sent there.
    """

    slug: str
    title: str
    certainty: str
    cases: int
    calls: int
    replaced: bool = False
    asks: list[str] = []


_FORMER = ".former"
"""Ends the name of a folder that another is about to replace, where the two cannot be exchanged at once."""


def add(catalogue: Catalogue, own: Path, data: bytes, choices: AddingChoices) -> AddedFormat:
    """Add the format in a file to a site's own; raises `Misconfigured` with what is wrong, and nothing is changed."""
    parcel = unpacked(data)
    parcel = Parcel(choices.slug or parcel.slug, parcel.files)
    _check_slug(parcel.slug)
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    stage = own / STAGE
    stage.mkdir(exist_ok=True, mode=0o700)
    with FileLock(stage / "lock"):
        _clear(stage)
        place = _place(own, parcel.slug)
        if place.exists() and not choices.replace:
            hint = "add it with --replace, or under another name with --as NAME"
            raise Misconfigured(Problem(f"there is a format {parcel.slug!r}", "nothing is written over", help=hint))
        folder = stage / secrets.token_hex(8) / place.name
        try:
            added = _checked(catalogue, parcel, folder, choices)
            replaced = _put(folder, place)
        finally:
            _clear(stage)
        lay_schema(own)
    return msgspec.structs.replace(added, replaced=replaced)


def _check_slug(slug: str) -> None:
    if not NAME.fullmatch(slug):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        raise Misconfigured(Problem(f"{slug!r} cannot be a format's name", reason, help="for example 'warehouse-pbx'"))
    if slug in layouts():
        reason = "a format of that name comes with Tollbook"
        raise Misconfigured(Problem(f"the name {slug!r} is taken", reason, help="add it under another name: --as NAME"))


def _place(own: Path, slug: str) -> Path:
    """Return the folder of a format; it has `_` where the slug has `-`, unless made otherwise."""
    return own / slug if (own / slug).is_dir() else own / slug.replace("-", "_")


def _clear(stage: Path) -> None:
    """Remove what was laid and is not in place, maybe by a process that was killed; put back what that took away."""
    for each in stage.iterdir():
        if each.is_dir():
            for former in each.glob(f"*{_FORMER}"):
                place = stage.parent / former.name.removesuffix(_FORMER)
                if not place.exists():
                    former.rename(place)
            shutil.rmtree(each, ignore_errors=True)


def _checked(catalogue: Catalogue, parcel: Parcel, folder: Path, choices: AddingChoices) -> AddedFormat:
    """Lay a format's folder, and return what it is when nothing is wrong with it."""
    with _as_problems(parcel.slug):
        dialect = laid(parcel, _layout(parcel), folder)
        _raise(_settings(dialect))
        provider = provider_in(folder)
        audited = Audited(dialect, CUTTERS)
        calls = sum(len(reading.calls) for reading in audited.readings)
        _raise(_faults(audited, calls))
        if not choices.even_so:
            _raise(_claimed(audited, catalogue))
    told = dialect.layout
    cases = len(audited.cases)
    asks = addresses_of(provider) if provider else []
    return AddedFormat(
        slug=parcel.slug, title=told.title, certainty=told.certainty, cases=cases, calls=calls, asks=asks
    )


def _layout(parcel: Parcel) -> Layout:
    where = f"{parcel.slug}/dialect.toml"
    try:
        text = parcel.files["dialect.toml"].decode()
    except UnicodeDecodeError as fault:
        raise Misconfigured(Problem("the layout cannot be read", str(fault), where)) from fault
    return read_layout(parcel.slug, read_document(text, where), trusted=False)


@contextmanager
def _as_problems(slug: str) -> Iterator[None]:
    """Refuse a format over which anything of ours stumbles: what anybody wrote stops nothing else."""
    try:
        yield
    except Misconfigured:
        raise
    except Exception as fault:
        reason = f"{type(fault).__name__}: {fault}"[:_SHOWN]
        raise Misconfigured(Problem("the format cannot be checked", reason, slug)) from fault


def _raise(problems: Iterable[Problem]) -> None:
    found = [*islice(problems, _MOST)]
    if found:
        raise Misconfigured(*found)


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
    begun = monotonic_s()
    for other in catalogue.dialects():
        if other.slug == audited.dialect.slug:
            continue
        if monotonic_s() - begun > SHARED_CHECK_S:
            reason = f"comparing it with other formats takes more than {SHARED_CHECK_S} seconds"
            yield Problem("the format is too large to be checked", reason, help="ask for one with shorter cases")
            return
        what = next(claims(audited, [Audited(other, CUTTERS)]), "")
        if what:
            hint = f"maybe {other.slug} reads your PBX already; a variant of it is added with --even-so"
            yield Problem(f"it shares lines with the format {other.slug!r}", what, audited.dialect.slug, hint)


def _put(folder: Path, place: Path) -> bool:
    """Put a folder in place at once; say whether it replaced another."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)
    replaced = place.exists()
    if replaced:
        _exchange(folder, place)
    else:
        folder.rename(place)
    _sync(place.parent)
    return replaced


def _exchange(one: Path, two: Path) -> None:
    """Exchange two folders, so that each is there at every moment."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call and call(_HERE, os.fsencode(one), _HERE, os.fsencode(two), _EXCHANGE) == 0:
        return
    # A file system that cannot exchange: for a moment there is neither, and the former one is back if that fails.
    former = one.with_name(one.name + _FORMER)
    two.rename(former)
    try:
        one.rename(two)
    except OSError:
        former.rename(two)
        raise


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
