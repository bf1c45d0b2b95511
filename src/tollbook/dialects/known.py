"""The dialects there are: those of the catalogue, and those of a site's own folder, read again when they change."""

from __future__ import annotations

import difflib
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from tollbook.dialects.authoring.cases import Dialect
from tollbook.dialects.layout.document import read_file
from tollbook.dialects.layout.layout import Layout, read_layout
from tollbook.dialects.reading.reader import Reader
from tollbook.model.limits import SITE_FORMATS
from tollbook.model.pbx import NAME, Pbx
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import folders, read_toml

CATALOGUE = "tollbook.dialects.catalogue"
FILE = "dialect.toml"
_SHOWN = 200
"""Characters of a fault that a reason quotes."""


@cache
def _places() -> dict[str, Traversable]:
    """Return the folder of each dialect that comes with Tollbook by slug: the folder's name with hyphens."""
    return {name.replace("_", "-"): folder for name, folder in folders(CATALOGUE).items()}


@cache
def _layout(slug: str) -> Layout:
    """Return one layout that comes with Tollbook. Checking all of them takes longer than most commands do."""
    return read_layout(slug, read_toml(_places()[slug], FILE))


def layouts() -> dict[str, Layout]:
    """Return every layout that comes with Tollbook by slug."""
    return {slug: _layout(slug) for slug in _places()}


def catalogue() -> list[Dialect]:
    """Return the dialects that come with Tollbook, with their folders, by slug."""
    return [Dialect(slug, _layout(slug), Path(str(folder))) for slug, folder in _places().items()]


class _Own(msgspec.Struct, frozen=True):
    """One of a site's own dialects as it was read: when its file was changed, and the layout or what is wrong."""

    folder: Path
    changed_ns: int
    layout: Layout | None
    problems: list[Problem]


class Catalogue:
    """The dialects a site can use. A folder put into `own` is found at once, and read again when its file changes."""

    def __init__(self, own: Path | None = None) -> None:
        self.own = own
        self._read: dict[str, _Own] = {}

    def layouts(self) -> dict[str, Layout]:
        """Return every layout by slug, the site's own behind those that come with Tollbook."""
        mine = {slug: own.layout for slug, own in self._mine().items() if own.layout}
        return {**layouts(), **mine}

    def problems(self) -> list[Problem]:
        """Return what is wrong with the site's own dialects."""
        return [problem for own in self._mine().values() for problem in own.problems]

    def layout_of(self, slug: str) -> Layout:
        """Return one layout; raises `Misconfigured` for a slug that there is not, or whose file cannot be used."""
        if slug in _places():
            return _layout(slug)
        mine = self._same(slug) or self._mine().get(slug)
        if mine and mine.layout:
            return mine.layout
        if mine:
            raise Misconfigured(*mine.problems)
        reason = "neither the catalogue nor the site's own folder of dialects has it"
        close = difflib.get_close_matches(slug, self.layouts(), 1)
        hint = f"did you mean {close[0]!r}?" if close else "`tollbook dialect list` names them all"
        raise Misconfigured(Problem(f"no dialect is called {slug!r}", reason, help=hint))

    def reader_for(self, pbx: Pbx) -> Reader:
        """Return the reader of a PBX's records."""
        return Reader(self.layout_of(pbx.dialect), pbx)

    def dialects(self) -> list[Dialect]:
        """Return every dialect that can be used, with its folder, by slug."""
        mine = [Dialect(slug, own.layout, own.folder) for slug, own in self._mine().items() if own.layout]
        return sorted([*catalogue(), *mine], key=lambda each: each.slug)

    def is_own(self, slug: str) -> bool:
        """Say whether a dialect is one of the site's own."""
        return slug not in _places() and slug in self._mine()

    def _mine(self) -> dict[str, _Own]:
        if self.own is None or not self.own.is_dir():
            return {}
        found: dict[str, _Own] = {}
        for number, path in enumerate(sorted(self.own.glob(f"*/{FILE}"))):
            slug = path.parent.name.replace("_", "-")
            changed = _changed_ns(path)
            known = self._read.get(slug)
            there = known is not None and known.changed_ns == changed
            found[slug] = known if known and there else _read_own(slug, path, changed, number)
        self._read = found
        return found

    def _same(self, slug: str) -> _Own | None:
        """Return one of the site's own as it was read, where its file has not changed: no other is looked at."""
        known = self._read.get(slug)
        return known if known and known.changed_ns == _changed_ns(known.folder / FILE) else None


def _changed_ns(path: Path) -> int:
    """Return when a file was changed; 0 where nothing can be said of it."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read_own(slug: str, path: Path, changed_ns: int, number: int) -> _Own:
    if number >= SITE_FORMATS:
        problem = Problem("the site has too many formats", f"the most is {SITE_FORMATS}", slug)
        return _Own(path.parent, changed_ns, None, [problem])
    try:
        return _Own(path.parent, changed_ns, _own_layout(slug, path), [])
    except Misconfigured as fault:
        return _Own(path.parent, changed_ns, None, list(fault.problems))
    except Exception as fault:  # noqa: BLE001 - whatever it is, it stops this format alone
        reason = f"{type(fault).__name__}: {fault}"[:_SHOWN]
        return _Own(path.parent, changed_ns, None, [Problem("the layout cannot be used", reason, slug)])


def _own_layout(slug: str, path: Path) -> Layout:
    where = f"{path.parent.name}/{FILE}"
    if not NAME.fullmatch(slug):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        raise Misconfigured(Problem(f"{slug!r} cannot be a dialect's name", reason, where, "rename its folder"))
    if slug in _places():
        reason = "a dialect of that name comes with Tollbook"
        raise Misconfigured(Problem(f"the name {slug!r} is taken", reason, where, "rename the folder"))
    return read_layout(slug, read_file(path, where), trusted=False)
