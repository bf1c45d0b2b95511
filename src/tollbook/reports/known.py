"""The reports there are: those of the catalogue, and those in a site's own folder."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.plugins import folders
from tollbook.reports.computing import MODULE
from tollbook.reports.definition import FILE, QUERY, Report

CATALOGUE = "tollbook.reports.catalogue"
_LARGEST = 256 * 1024


def read_report(slug: str, folder: Traversable, *, is_own: bool = False) -> Report:
    """Return the report of a folder; raises `Misconfigured` where its files cannot be read."""
    place = f"{slug}/{FILE}"
    try:
        text = folder.joinpath(FILE).read_text("utf-8")
        if len(text) > _LARGEST:
            raise Misconfigured(Problem("the report is too large", f"it has {len(text)} characters", place))
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise Misconfigured(Problem(f"the report {slug} cannot be read", str(fault), place)) from None
    query = folder.joinpath(QUERY)
    if is_own and query.is_file():
        help_ = "say it with rows, measures and filter; see the guide on reports"
        raise Misconfigured(
            Problem("SQL of one's own is not taken", "it could read more than calls", f"{slug}/{QUERY}", help_)
        )
    has_module = not is_own and folder.joinpath(MODULE).is_file()
    module = f"{CATALOGUE}.{slug.replace('-', '_')}.{MODULE.removesuffix('.py')}" if has_module else ""
    report = Report(slug, document, query.read_text("utf-8") if query.is_file() else "", module, is_own)
    try:
        report.filled(report.settings({}))
    except msgspec.ValidationError as fault:
        raise Misconfigured(Problem(f"the report {slug} cannot be read", str(fault), place)) from None
    return report


@cache
def _catalogue() -> dict[str, Report]:
    return {
        slug: read_report(slug, folder)
        for name, folder in sorted(folders(CATALOGUE).items())
        for slug in [name.replace("_", "-")]
    }


def reports(own: Path | None = None) -> dict[str, Report]:
    """Return the reports by slug: those of the catalogue, then a site's own; one that is at fault is left out."""
    found = dict(_catalogue())
    for folder in sorted(own.iterdir()) if own and own.is_dir() else ():
        if folder.joinpath(FILE).is_file() and folder.name not in found:
            try:
                found[folder.name] = read_report(folder.name, folder, is_own=True)
            except Misconfigured:
                continue
    return found


def report(slug: str, own: Path | None = None) -> Report:
    """Return a report by slug; raises `NotThere`."""
    found = reports(own)
    if slug in found:
        return found[slug]
    if own and own.joinpath(slug, FILE).is_file() and slug.isidentifier():
        return read_report(slug, own / slug, is_own=True)
    raise NotThere(Problem(f"no report is called {slug[:60]!r}", "there is none", help=nearest(slug, found)))
