"""Finds the formats that can be simulated: folders with a `simulate.toml`, in the catalogue or in a site's own.

The files are read as data; the dialects' code is not imported, so that it cannot be what it is tested with.
"""

import tomllib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from tollbook.simulator.formats.description import BadFormat, Description, read_description
from tollbook.simulator.formats.writing import Writer

FILE, LAYOUT = "simulate.toml", "dialect.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedFormat:
    """A format's folder, by its dialect's slug."""

    slug: str
    folder: Traversable

    @property
    def where(self) -> str:
        """How its file is named to a person."""
        return f"{self.folder.name}/{FILE}"

    def exists(self) -> bool:
        """Say whether the folder says how calls are written."""
        return (self.folder / FILE).is_file()

    def description(self) -> Description:
        """What its `simulate.toml` says.

        Raises:
            BadFormat: it cannot be used.
        """
        return read_description(_text(self.folder / FILE, self.where), self.where)

    def writer(self) -> Writer:
        """What writes calls in this format.

        Raises:
            BadFormat: its `simulate.toml` cannot be used.
        """
        return Writer(self.description(), self.where)

    def title(self) -> str:
        """What the dialect calls itself."""
        return str(self._layout().get("title", ""))

    def transports(self) -> tuple[str, ...]:
        """The kinds of source its records usually arrive by, the most usual first."""
        return self._texts("transport")

    def models(self) -> tuple[str, ...]:
        """The PBXs that write so."""
        return self._texts("models")

    def _texts(self, key: str) -> tuple[str, ...]:
        found = self._layout().get(key, [])
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def _layout(self) -> dict[str, object]:
        where = f"{self.folder.name}/{LAYOUT}"
        if not (self.folder / LAYOUT).is_file():
            return {}
        try:
            return tomllib.loads(_text(self.folder / LAYOUT, where))
        except tomllib.TOMLDecodeError as fault:
            raise BadFormat("the layout is no TOML", str(fault), where) from None


def found_in(own: Path | None = None) -> dict[str, SimulatedFormat]:
    """Every format of the catalogue, and of a folder of one's own, by slug."""
    roots: list[Traversable] = [resources.files("tollbook") / "dialects" / "catalogue"]
    if own is not None:
        if not own.is_dir():
            raise BadFormat(f"there is no folder {str(own)!r}", "it is to hold folders of dialects", "--folder")
        roots.append(own)
    places = [place for root in roots for place in root.iterdir() if place.is_dir() and (place / FILE).is_file()]
    found = {place.name.replace("_", "-"): place for place in places}
    return {slug: SimulatedFormat(slug=slug, folder=found[slug]) for slug in sorted(found)}


def find(slug: str, own: Path | None = None) -> SimulatedFormat:
    """The format of one slug.

    Raises:
        BadFormat: there is none.
    """
    there = found_in(own)
    if slug not in there:
        raise BadFormat(f"{slug!r} cannot be simulated", f"there are: {', '.join(there) or 'none'}", FILE)
    return there[slug]


def _text(file: Traversable, where: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadFormat("the file cannot be read", str(fault), where) from None
