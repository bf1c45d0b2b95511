"""Takes a format from a file that anybody may have made, once its own cases come to what they say.

Nothing in the file is executed: it is data, whose patterns run on RE2. The folder is laid where no format is looked
for, checked there, and put in place by one rename, so that a kill leaves the former folder or the new one.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
from filelock import FileLock

from tollbook.dialects.known import Catalogue, layouts
from tollbook.engine.format_schema import lay_schema
from tollbook.engine.jobs import HeavyJob, JobFailed, JobLimits, Jobs
from tollbook.engine.sharing.checking_shared import SharedVerdict, judged_alone, judged_among_others
from tollbook.engine.sharing.fictitious import lay
from tollbook.engine.sharing.parcel import Parcel, called, unpacked
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sharing_limits import SHARED_CASES_S, SHARED_CHECK_S

STAGE = ".adding"
"""Where folders are laid first, within that of the site's own formats. No format is looked for two folders down."""
_SHOWN = 200
_EXCHANGE, _HERE = 2, -100
CHECKING = Jobs(at_once=1)
"""Where formats are checked: a process that a format holds up is ended, and harms nothing else."""


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
    parcel = called(parcel, choices.slug or parcel.slug)
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
    slug = parcel.slug
    lay(parcel, folder)
    told = _elsewhere(slug, SHARED_CASES_S, judged_alone, str(folder))
    if not choices.even_so:
        _elsewhere(slug, SHARED_CHECK_S, judged_among_others, str(folder), str(catalogue.own or ""))
    return AddedFormat(
        slug=slug, title=told.title, certainty=told.certainty, cases=told.cases, calls=told.calls, asks=told.asks
    )


def _elsewhere(slug: str, time_s: float, judge: Callable[..., SharedVerdict], *arguments: str) -> SharedVerdict:
    """Judge a format in a process that is ended where it takes too long; raises `Misconfigured` with what is wrong."""
    try:
        verdict = CHECKING.run(judge, slug, *arguments, wanted=HeavyJob(limits=JobLimits(time_s=time_s)))
    except JobFailed as fault:
        hint = "ask whoever made it for one with shorter cases and simpler patterns"
        raise Misconfigured(Problem("the format cannot be checked", str(fault)[:_SHOWN], slug, hint)) from fault
    if verdict.problems:
        raise Misconfigured(*verdict.problems)
    return verdict


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
