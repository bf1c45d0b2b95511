"""The reports there are: those of the catalogue, and those in a site's own folder."""

from __future__ import annotations

import re
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
RESERVED = frozenset(("chart", "explore", "files", "save", "sql", "words"))
"""What stands in addresses where the names of reports do."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_LARGEST = 256 * 1024


def read_report(slug: str, folder: Traversable, *, is_own: bool = False) -> Report:
    """Return the report of a folder; raises `Misconfigured` where its files cannot be read."""
    place = f"{slug}/{FILE}"
    try:
        text = folder.joinpath(FILE).read_text("utf-8")
        if len(text) > _LARGEST:
            raise Misconfigured(Problem("the report is too large", f"it has {len(text)} characters", place))
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as fault:
        raise Misconfigured(Problem(f"the report {slug} cannot be read", str(fault), place)) from None
    has_module = not is_own and folder.joinpath(MODULE).is_file()
    module = f"{CATALOGUE}.{slug.replace('-', '_')}.{MODULE.removesuffix('.py')}" if has_module else ""
    report = Report(slug, document, _query(slug, folder), module, is_own)
    try:
        report.filled(report.settings({}))
    except msgspec.ValidationError as fault:
        raise Misconfigured(Problem(f"the report {slug} cannot be read", str(fault), place)) from None
    return report


def _query(slug: str, folder: Traversable) -> str:
    """Return the SQL of a report; what is wrong in it is found when it is asked, or by `own_sql.check_sql`."""
    file, place = folder.joinpath(QUERY), f"{slug}/{QUERY}"
    if not file.is_file():
        return ""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise Misconfigured(Problem(f"the SQL of {slug} cannot be read", str(fault), place)) from None
    if not text.strip():
        help_ = "write a SELECT, or remove the file"
        raise Misconfigured(Problem(f"the SQL of {slug} is empty", "nothing stands in the file", place, help_))
    return text


@cache
def _catalogue() -> dict[str, Report]:
    return {
        slug: read_report(slug, folder)
        for name, folder in sorted(folders(CATALOGUE).items())
        for slug in [name.replace("_", "-")]
    }


def reports(own: Path | None = None) -> dict[str, Report]:
    """Return the reports by slug: those of the catalogue, then a site's own; `faulty` has those that are at fault."""
    return {**_catalogue(), **_own(own)[0]}


def faulty(own: Path | None) -> dict[str, tuple[Problem, ...]]:
    """Return what is wrong with a site's own reports, by the names of their folders; those in order are left out."""
    return _own(own)[1]


def report(slug: str, own: Path | None = None) -> Report:
    """Return a report by slug; raises `NotThere`, and `Misconfigured` with every fault of one that cannot be used."""
    found, faults = _own(own)
    known = {**_catalogue(), **found}
    if slug in known:
        return known[slug]
    if slug in faults:
        raise Misconfigured(*faults[slug])
    raise NotThere(
        Problem(f"no report is called {slug[:60]!r}", "there is none", help=nearest(slug, {*known, *faults}))
    )


def read_own(folder: Path) -> Report:
    """Return a report of one's own; raises `Misconfigured` with every fault, whatever its parameters are set to."""
    check_name(folder.name)
    found = read_report(folder.name, folder, is_own=True)
    faults: dict[Problem, None] = {}
    for name, parameter in found.parameters.items():
        for choice in parameter.choices:
            try:
                found.filled(found.settings({name: choice}))
            except Misconfigured as fault:
                faults |= dict.fromkeys(fault.problems)
    if faults:
        raise Misconfigured(*faults)
    return found


def check_name(slug: str) -> None:
    """Raise `Misconfigured` for a name that no report of one's own can have."""
    if not _NAME.fullmatch(slug):
        reason = "a name has letters, digits and hyphens, 80 at most, and begins with a letter or digit"
        help_ = "give the folder another name, such as night-shift"
        raise Misconfigured(Problem(f"{slug[:90]!r} cannot be a report's name", reason, slug[:90], help_))
    if slug in RESERVED:
        help_ = f"give the folder another name, such as my-{slug}"
        raise Misconfigured(Problem(f"no report can be called {slug!r}", "a page has this address", slug, help_))
    if slug in _catalogue():
        help_ = f"give the folder another name, such as my-{slug}"
        raise Misconfigured(
            Problem(f"the name {slug!r} is taken", "a report that comes with Tollbook has it", slug, help_)
        )


def _own(folder: Path | None) -> tuple[dict[str, Report], dict[str, tuple[Problem, ...]]]:
    """Return a site's own reports, and what is wrong with the others."""
    found: dict[str, Report] = {}
    faults: dict[str, tuple[Problem, ...]] = {}
    for each in sorted(folder.iterdir()) if folder and folder.is_dir() else ():
        if each.is_dir() and not each.name.startswith("."):
            try:
                found[each.name] = read_own(each)
            except Misconfigured as fault:
                faults[each.name] = fault.problems
    return found, faults
