"""The dialects there are: those of the catalogue, and those of a site's own folder, read again when they change."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from pathlib import Path

import msgspec

from tollbook.dialects.cases import Dialect
from tollbook.dialects.layout import Layout, read_layout
from tollbook.dialects.reader import Reader
from tollbook.model.limits import FORMAT_FILE
from tollbook.model.pbx import NAME, Pbx
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import folders, read_toml

CATALOGUE = "tollbook.dialects.catalogue"
FILE = "dialect.toml"


@cache
def layouts() -> dict[str, Layout]:
    """Return every layout that comes with Tollbook by slug: its folder's name with hyphens."""
    found = {name.replace("_", "-"): folder for name, folder in folders(CATALOGUE).items()}
    return {slug: read_layout(slug, read_toml(folder, FILE)) for slug, folder in found.items()}


def catalogue() -> list[Dialect]:
    """Return the dialects that come with Tollbook, with their folders, by slug."""
    places = folders(CATALOGUE)
    return [Dialect(slug, layout, Path(str(places[slug.replace("-", "_")]))) for slug, layout in layouts().items()]


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
        if slug in layouts():
            return layouts()[slug]
        mine = self._mine().get(slug)
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
        return slug not in layouts() and slug in self._mine()

    def _mine(self) -> dict[str, _Own]:
        if self.own is None or not self.own.is_dir():
            return {}
        found: dict[str, _Own] = {}
        for path in sorted(self.own.glob(f"*/{FILE}")):
            slug = path.parent.name.replace("_", "-")
            changed = path.stat().st_mtime_ns
            known = self._read.get(slug)
            found[slug] = known if known and known.changed_ns == changed else _read_own(slug, path, changed)
        self._read = found
        return found


def _read_own(slug: str, path: Path, changed_ns: int) -> _Own:
    try:
        return _Own(path.parent, changed_ns, _own_layout(slug, path), [])
    except Misconfigured as fault:
        return _Own(path.parent, changed_ns, None, list(fault.problems))


def _own_layout(slug: str, path: Path) -> Layout:
    where = f"{path.parent.name}/{FILE}"
    if not NAME.fullmatch(slug):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        raise Misconfigured(Problem(f"{slug!r} cannot be a dialect's name", reason, where, "rename its folder"))
    if slug in layouts():
        reason = "a dialect of that name comes with Tollbook"
        raise Misconfigured(Problem(f"the name {slug!r} is taken", reason, where, "rename the folder"))
    try:
        if path.stat().st_size > FORMAT_FILE:
            raise Misconfigured(Problem("the layout is too large", f"more than {FORMAT_FILE} bytes", where))
        return read_layout(slug, tomllib.loads(path.read_text("utf-8")), trusted=False)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise Misconfigured(Problem("the layout cannot be read", str(fault), where)) from fault
