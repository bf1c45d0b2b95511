"""Keeps a site's own formats: a folder each, and beside it what it was before, so that a change can be taken back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tollbook.dialects.known import FILE, layouts
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.layout.schema import SCHEMA_LINE
from tollbook.dialects.layout.written import written
from tollbook.engine.format_schema import lay_schema
from tollbook.engine.runtime import engine
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.pbxs.delivered import delivered_problems

SAMPLE = "sample.txt"
FORMER = "dialect.former.toml"


def folder_of(slug: str) -> Path:
    """Return the folder of one of the site's own formats; it has `_` where the slug has `-`, unless made otherwise."""
    own = engine().site.path / "dialects"
    return own / slug if (own / slug).is_dir() else own / slug.replace("-", "_")


def check_name(slug: str) -> None:
    """Raise `Misconfigured` for a name that no format of the site can have."""
    if not NAME.fullmatch(slug):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        raise Misconfigured(Problem(f"{slug!r} cannot be a format's name", reason, help="for example 'warehouse-pbx'"))
    if slug in layouts():
        reason = "a format of that name comes with Tollbook"
        raise Misconfigured(Problem(f"the name {slug!r} is taken", reason, help=f"for example 'my-{slug}'"))


def keep(slug: str, layout: Layout, sample: str) -> None:
    """Write a format and the sample it was made from; what stood there is replaced at once or not at all.

    Raises `Misconfigured` for a name that no format can have, and for settings that no source knows.
    """
    check_name(slug)
    faults = delivered_faults(slug, layout)
    if faults:
        raise Misconfigured(*faults)
    folder = folder_of(slug)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _replace(folder / SAMPLE, sample)
    if before := text_of(slug):
        _replace(folder / FORMER, before)
    lay_schema(folder.parent)
    _replace(folder / FILE, SCHEMA_LINE + written(layout, "Made in Tollbook's workbench; change it there, or here."))


def delivered_faults(slug: str, layout: Layout) -> list[Problem]:
    """Return what no source knows of the settings that PBXs are delivered with."""
    return delivered_problems(layout, f"format {slug or 'new'}", folder_of(slug) if slug else None)


def text_of(slug: str) -> str:
    """Return the text of a format of the site's own; nothing where there is none."""
    path = folder_of(slug) / FILE
    return path.read_text("utf-8") if path.is_file() else ""


def former_text_of(slug: str) -> str:
    """Return the text that a format had before it was kept the last time."""
    path = folder_of(slug) / FORMER
    return path.read_text("utf-8") if path.is_file() else ""


def sample_of(slug: str) -> str:
    """Return the sample that a format was made from."""
    path = folder_of(slug) / SAMPLE
    return path.read_text("utf-8") if path.is_file() else ""


def put_back(slug: str, text: str) -> None:
    """Give a format the text it had."""
    _replace(folder_of(slug) / FILE, text)


def discard(slug: str) -> None:
    """Take a format away that was never in use."""
    shutil.rmtree(folder_of(slug), ignore_errors=True)


def remove(slug: str) -> None:
    """Take a format away; raises `Misconfigured` while a PBX uses it."""
    check_name(slug)
    users = [pbx.name for pbx in engine().pbxs().values() if pbx.dialect == slug]
    if users:
        reason = f"{', '.join(users)} writes it"
        raise Misconfigured(Problem(f"the format {slug!r} is in use", reason, help="give the PBX another format first"))
    discard(slug)


def _replace(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
